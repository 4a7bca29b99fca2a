"""What AWS asks on demand, from `data/prices.json`: each price with its source and date, or none where it is not known."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypedDict, cast

DATA = Path(__file__).parent / "data" / "prices.json"

Rate = Literal[
    "alarm-composite",
    "alarm-metric",
    "alarm-metric-high-resolution",
    "custom-metric",
    "dashboard",
    "function-gb-second",
    "function-request",
    "hosting-data",
    "hosting-storage",
    "http-api-request",
    "log-gb",
    "log-storage",
    "object-put",
    "object-storage",
    "queue-request",
    "topic-publish",
    "vpc-endpoint-hour",
]
"""What is billed around an endpoint; what each is for is in `data/README.md`."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit costs."""

    usd: float
    """US dollars, above 0, without tax or discount."""

    unit: str
    """Such as `instance-hour`."""

    source: str
    """Address of what says so."""

    date: str
    """When it said so, or was read: `2026-09-22`, or as much of it as is known."""


class _RateRow(TypedDict):
    item: str
    region: str
    source: str
    unit: str
    usd: float


class _Source(TypedDict):
    date: str
    url: str


class _Tables(TypedDict):
    hosting_usd_per_hour: dict[str, dict[str, float | None]]
    listings: dict[str, str]
    rates: list[_RateRow]
    serverless_usd_per_second: dict[str, dict[str, float]]
    sources: dict[str, _Source]


def instance_hour(instance_type: str, region: str) -> Price | None:
    """An hour of one hosting instance; None is not known, and never free."""
    usd = _tables()["hosting_usd_per_hour"].get(instance_type, {}).get(region)
    return None if usd is None else _listed(usd, "instance-hour", region)


def serverless_second(memory_mib: int, region: str) -> Price | None:
    """A second of a request at a serverless endpoint, by its memory; None is not known, and never free."""
    usd = _tables()["serverless_usd_per_second"].get(region, {}).get(str(memory_mib))
    return None if usd is None else _listed(usd, "second", region)


def provisioned_second(memory_mib: int, region: str, *, in_use: bool) -> Price | None:
    """A second of provisioned concurrency: kept warm, or on top of that in use by a request."""
    kind = "provisioned-use-second" if in_use else "provisioned-second"
    return _rate(f"{kind}-{memory_mib}", region)


def rate(item: Rate, region: str) -> Price | None:
    """What a unit of `item` costs in a Region; None is not known, and never free."""
    return _rate(item, region)


def priced_instance_types(region: str) -> tuple[str, ...]:
    """The hosting instance types whose price is known in a Region, sorted."""
    rows = _tables()["hosting_usd_per_hour"]
    return tuple(sorted(name for name, usd in rows.items() if usd.get(region) is not None))


def _listed(usd: float, unit: str, region: str) -> Price:
    return _price(usd, unit, _tables()["listings"][region])


def _rate(item: str, region: str) -> Price | None:
    row = _rates().get((item, region))
    return None if row is None else _price(row["usd"], row["unit"], row["source"])


def _price(usd: float, unit: str, source: str) -> Price:
    told = _tables()["sources"][source]
    return Price(usd, unit, told["url"], told["date"])


@cache
def _rates() -> dict[tuple[str, str], _RateRow]:
    return {(row["item"], row["region"]): row for row in _tables()["rates"]}


@cache
def _tables() -> _Tables:
    return cast("_Tables", json.loads(DATA.read_bytes()))
