"""Prices of SageMaker hosting in the documents of AWS's price list, and what they change in `prices.json`.

The attributes are those that Infracost's and fetch_prices.py's sources filter by (`data/README.md`); no answer of AWS
itself was at hand.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from catalog.refresh.changes import Change
from catalog.refresh.errors import RefreshError
from catalog.refresh.json_layout import render

_MIB_PER_GIB = 1024
_LARGEST_MOVE = 0.5  # a price that moves by more deserves a human look
_ROW_PER_LINE = {"hosting_usd_per_hour", "serverless_usd_per_second", "rates"}
_BY_MEMORY = {
    "serverless": re.compile(r"ServerlessInf:Mem-(\d+)GB"),
    "provisioned-second": re.compile(r"ProvisionedConcurrency:Usage-(\d+)GB"),
    "provisioned-use-second": re.compile(r"ProvisionedConcurrency:Mem-(\d+)GB"),
}


@dataclass
class RegionPrices:
    """What the price list has for one Region."""

    region: str
    published: str = ""
    """When: `2026-09-22`."""
    hosting: dict[str, float] = field(default_factory=dict[str, float])
    """US dollars an hour by instance type."""
    serverless: dict[str, float] = field(default_factory=dict[str, float])
    """US dollars a second by memory in MB."""
    rates: dict[str, tuple[str, float]] = field(default_factory=dict[str, tuple[str, float]])
    """Unit and US dollars by item."""


def read_prices(region: str, documents: Iterable[str]) -> RegionPrices:
    """Read the products that `GetProducts` lists for AmazonSageMaker in a Region, each a JSON text.

    Raises:
        RefreshError: one is no product, or there is no price of a hosting instance among them.
    """
    found = RegionPrices(region)
    for document in documents:
        try:
            _read(json.loads(document), found)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RefreshError(
                f"the price list holds what is not understood: {document[:120]}"
            ) from error
    if not found.hosting:
        raise RefreshError(f"the price list has no hosting instance for {region}")
    return found


def plan_prices(
    tables: dict[str, Any], found: RegionPrices, today: str
) -> tuple[list[Change], str]:
    """What a Region's prices change, and the new text of the file."""
    changes = list(_changes(tables, found))
    region, source = found.region, f"price-list-api-{found.region}"
    hosting: dict[str, dict[str, float | None]] = {
        name: {**usd, region: found.hosting.get(name)}
        for name, usd in tables["hosting_usd_per_hour"].items()
    }
    renewed = [
        {"item": item, "region": region, "source": source, "unit": unit, "usd": usd}
        for item, (unit, usd) in found.rates.items()
    ]
    kept = [
        row for row in tables["rates"] if row["region"] != region or row["item"] not in found.rates
    ]
    known = sum(usd[region] is not None for usd in hosting.values())
    coverage = {**tables["_about"]["coverage"], region: f"{known} of {len(hosting)}"}
    new = {
        **tables,
        "_about": {**tables["_about"], "coverage": coverage, "generated": today},
        "hosting_usd_per_hour": hosting,
        "listings": {**tables["listings"], region: source},
        "rates": sorted([*kept, *renewed], key=lambda row: (row["item"], row["region"])),
        "serverless_usd_per_second": {
            **tables["serverless_usd_per_second"],
            **({region: found.serverless} if found.serverless else {}),
        },
        "sources": {
            **tables["sources"],
            source: {
                "date": found.published,
                "note": f"GetProducts of AmazonSageMaker in {region}, asked on {today}",
                "url": "https://api.pricing.us-east-1.amazonaws.com",
            },
        },
    }
    return changes, render(new, row_per_line=_ROW_PER_LINE)


def _read(document: dict[str, Any], found: RegionPrices) -> None:
    attributes: dict[str, str] = document["product"]["attributes"]
    if attributes.get("regionCode", found.region) != found.region:
        return
    priced = _on_demand(document)
    if priced is None:
        return
    unit, usd = priced
    found.published = max(found.published, document.get("publicationDate", "")[:10])
    if attributes.get("component") == "Hosting":
        name = attributes.get("instanceName") or attributes.get("instanceType", "")
        name = name.removesuffix("-Hosting")
        if name.startswith("ml.") and unit.lower().startswith("hr"):
            found.hosting[name] = usd
        return
    usage = attributes.get("usagetype", "")
    if usage.endswith("Host:VolumeUsage.gp2"):
        found.rates["hosting-storage"] = ("GB-month", usd)
    elif usage.endswith("Data-Bytes-In") and attributes.get("operation") == "Invoke-Endpoint":
        found.rates["hosting-data"] = ("GB", usd)
    else:
        _read_serverless(usage, usd, found)


def _read_serverless(usage: str, usd: float, found: RegionPrices) -> None:
    for item, pattern in _BY_MEMORY.items():
        match = pattern.search(usage)
        if match is None or match.end() != len(usage):
            continue
        memory = str(int(match[1]) * _MIB_PER_GIB)
        if item == "serverless":
            found.serverless[memory] = usd
        else:
            found.rates[f"{item}-{memory}"] = ("second", usd)


def _on_demand(document: dict[str, Any]) -> tuple[str, float] | None:
    """Unit and price; None if it has none above 0, such as a free tier's."""
    for term in document["terms"].get("OnDemand", {}).values():
        for dimension in term["priceDimensions"].values():
            usd = float(dimension["pricePerUnit"].get("USD", 0))
            if usd > 0:
                return dimension["unit"], usd
    return None


def _changes(tables: dict[str, Any], found: RegionPrices) -> Iterator[Change]:
    region = found.region
    before = {n: usd.get(region) for n, usd in tables["hosting_usd_per_hour"].items()}
    for name, old in sorted(before.items()):
        yield from _change(f"{name} in {region}", old, found.hosting.get(name))
    serverless: dict[str, float] = tables["serverless_usd_per_second"].get(region, {})
    for memory, usd in sorted(found.serverless.items()):
        yield from _change(f"{memory} MB in {region}", serverless.get(memory), usd)
    rates = {row["item"]: row["usd"] for row in tables["rates"] if row["region"] == region}
    for item, (_, usd) in sorted(found.rates.items()):
        yield from _change(f"{item} in {region}", rates.get(item), usd)


def _change(what: str, old: float | None, new: float | None) -> Iterator[Change]:
    if old == new:
        return
    if old is None:
        yield Change(f"{what}: {new:g} USD, not known before", needs_acceptance=False)
    elif new is None:
        yield Change(f"{what}: no longer listed, {old:g} USD before", needs_acceptance=True)
    else:
        has_jumped = abs(new - old) > _LARGEST_MOVE * old
        yield Change(f"{what}: {new:g} USD, {old:g} before", needs_acceptance=has_jumped)
