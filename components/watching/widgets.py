"""Widgets of a CloudWatch dashboard, and how rows of them fill its grid.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import pulumi

from components.metrics import SECONDS_PER_MINUTE, Math, Series

COLUMNS = 24
GRAPH_HEIGHT = 6
HEADING_HEIGHT = 1
_ID = re.compile(r"\b[a-z][a-z0-9]*\b")  # functions of metric math are in capitals

Members = dict[str, Any]


class Widget(Protocol):
    """What a row is made of."""

    @property
    def height(self) -> int:
        """Rows of the grid that it takes."""
        ...

    def members(self, region: pulumi.Input[str]) -> Members:
        """Return its type and properties."""
        ...


class Line(NamedTuple):
    """One line of a graph."""

    label: str
    watched: Series | Math

    divisor: int = 1
    """What a value is divided by to be in the unit that people read."""

    on_the_right: bool = False
    """Whether the right axis is its own."""


class Threshold(NamedTuple):
    """Where an alarm goes off, as a line across the graph."""

    label: str
    value: pulumi.Input[float]


@dataclass(frozen=True)
class Text:
    """Words, in Markdown."""

    markdown: pulumi.Input[str]
    height: int = HEADING_HEIGHT

    def members(self, region: pulumi.Input[str]) -> Members:  # noqa: ARG002 - as every widget
        """Return its type and properties."""
        return {"type": "text", "properties": {"markdown": self.markdown}}


@dataclass(frozen=True)
class AlarmStates:
    """The state of every alarm."""

    alarm_arns: Sequence[pulumi.Input[str]]
    height: int = 3

    def members(self, region: pulumi.Input[str]) -> Members:  # noqa: ARG002 - as every widget
        """Return its type and properties."""
        return {"type": "alarm", "properties": {"title": "Alarms", "alarms": [*self.alarm_arns]}}


@dataclass(frozen=True)
class LogTable:
    """The newest lines of a log that a query finds."""

    title: str
    log_group_name: pulumi.Input[str]
    query: str
    height: int = GRAPH_HEIGHT

    def members(self, region: pulumi.Input[str]) -> Members:
        """Return its type and properties."""
        query = pulumi.Output.format("SOURCE '{}' | {}", self.log_group_name, self.query)
        shown = {"title": self.title, "view": "table", "query": query, "region": region}
        return {"type": "log", "properties": shown}


@dataclass(frozen=True)
class Graph:
    """Lines over time."""

    title: str
    unit: str
    lines: Sequence[Line]
    thresholds: Sequence[Threshold] = ()
    right_unit: str = ""
    height: int = GRAPH_HEIGHT

    def members(self, region: pulumi.Input[str]) -> Members:
        """Return its type and properties."""
        rows = [row for number, line in enumerate(self.lines) for row in _rows(line, number)]
        axes = {"left": _axis(self.unit)}
        if self.right_unit:
            axes["right"] = _axis(self.right_unit)
        shown: Members = {
            "title": self.title,
            "view": "timeSeries",
            "stacked": False,
            "period": SECONDS_PER_MINUTE,
            "region": region,
            "metrics": rows,
            "yAxis": axes,
        }
        if self.thresholds:
            drawn = [{"label": line.label, "value": line.value} for line in self.thresholds]
            shown["annotations"] = {"horizontal": drawn}
        return {"type": "metric", "properties": shown}


Row = Sequence[Widget]


def lay_out(rows: Sequence[Row], region: pulumi.Input[str]) -> list[Members]:
    """Put rows under each other; the widgets of one share its width."""
    placed: list[Members] = []
    y = 0
    for row in rows:
        width = COLUMNS // len(row)
        for column, widget in enumerate(row):
            place = {"x": column * width, "y": y, "width": width, "height": widget.height}
            placed.append({**place, **widget.members(region)})
        y += max(widget.height for widget in row)
    return placed


def _axis(unit: str) -> Members:
    return {"label": unit, "min": 0, "showUnits": False}


def _rows(line: Line, number: int) -> Iterator[list[Any]]:
    """Yield what a graph lists for a line: the metrics, hidden if only an expression over them is drawn."""
    shown: Members = {"label": line.label, **({"yAxis": "right"} if line.on_the_right else {})}
    if isinstance(line.watched, Series) and line.divisor == 1:
        yield _metric(line.watched, shown)
        return
    math = line.watched
    if isinstance(math, Series):
        math = Math("m", line.label, {"m": math})
    new_ids = {query_id: f"{query_id}x{number}" for query_id in (*math.series, *math.steps)}
    for query_id, series in math.series.items():
        yield _metric(series, {"id": new_ids[query_id], "visible": False})
    for query_id, step in math.steps.items():
        yield [{"expression": _renamed(step, new_ids), "id": new_ids[query_id], "visible": False}]
    expression = _renamed(math.expression, new_ids)
    if line.divisor != 1:
        expression = f"({expression})/{line.divisor}"
    yield [{"expression": expression, "id": f"line{number}", **shown}]


def _metric(series: Series, options: Members) -> list[Any]:
    metric = series.metric
    named = [part for dimension in metric.dimensions.items() for part in dimension]
    return [metric.namespace, metric.name, *named, {"stat": series.statistic, **options}]


def _renamed(expression: str, new_ids: Mapping[str, str]) -> str:
    """Two lines of a graph may have the same ids in their expressions."""
    return _ID.sub(lambda found: new_ids.get(found[0], found[0]), expression)
