"""What AWS publishes to CloudWatch for endpoints and functions, from `data/metrics.json`.

An alarm on a metric that does not exist, or with other dimensions than it is published with, never
sees a value and never goes off.
"""

import json
from functools import cache
from pathlib import Path
from typing import TypedDict, cast

from catalog.errors import CatalogError

_DATA = Path(__file__).parent / "data" / "metrics.json"


class _Row(TypedDict):
    dimensions: list[list[str]]
    high_resolution: bool
    metric: str
    namespace: str
    source: str
    unit: str | None


def published_dimensions(namespace: str, metric: str) -> tuple[tuple[str, ...], ...]:
    """The sets of dimensions that a metric is published with; empty: AWS publishes no such metric."""
    row = _rows().get((namespace, metric))
    return () if row is None else tuple(tuple(names) for names in row["dimensions"])


def unit(namespace: str, metric: str) -> str | None:
    """The unit as CloudWatch spells it: `Microseconds`, `Percent`; None when AWS names none.

    `None`, the text, is a unit too: it is CloudWatch's for plain counts.

    Raises:
        CatalogError: AWS publishes no such metric.
    """
    return _row(namespace, metric)["unit"]


def is_high_resolution(namespace: str, metric: str) -> bool:
    """Whether a metric has a value every 10 seconds, rather than every minute.

    Raises:
        CatalogError: AWS publishes no such metric.
    """
    return _row(namespace, metric)["high_resolution"]


def published_metrics() -> tuple[tuple[str, str], ...]:
    """Namespace and name of every metric of the catalog, sorted."""
    return tuple(sorted(_rows()))


def _row(namespace: str, metric: str) -> _Row:
    row = _rows().get((namespace, metric))
    if row is None:
        raise CatalogError(f"AWS publishes no metric {metric} in the namespace {namespace}")
    return row


@cache
def _rows() -> dict[tuple[str, str], _Row]:
    rows = cast("list[_Row]", json.loads(_DATA.read_bytes())["metrics"])
    return {(row["namespace"], row["metric"]): row for row in rows}
