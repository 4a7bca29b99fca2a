"""Metrics out of log lines in the embedded metric format, as CloudWatch takes them from every log group.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html (copy
of 2026). A line that breaks the specification is a line of the log and nothing else.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from botocore.loaders import Loader
from moto.logs.models import LogStream

from rehearsal.account.cloudwatch.metric_store import MetricKey, metrics_in

_MARK = '"_aws"'  # most lines are not even parsed
_MAX_METRICS = 100
_MAX_DIMENSIONS = 30
_MAX_VALUES = 100
_MAX_TEXT = 255
_put_log_events = LogStream.put_log_events


@dataclass(frozen=True)
class Embedded:
    """The values of one metric in one line."""

    key: MetricKey
    values: tuple[float, ...]
    unit: str
    at: datetime


def extract_metrics() -> None:
    """Look at all that is put into log streams, for the whole process."""

    def put_log_events(self: LogStream, log_events: list[dict[str, Any]]) -> str:
        token = _put_log_events(self, log_events)
        for event in log_events:
            for metric in embedded_in(event["message"]):
                for value in metric.values:
                    metrics_in(self.region).put(
                        metric.key,
                        lambda taken, value=value: taken.add(value),
                        metric.unit,
                        metric.at,
                    )
        return token

    LogStream.put_log_events = put_log_events


def embedded_in(line: str) -> list[Embedded]:
    """Return the metrics of a line; none if it is not in the format."""
    if _MARK not in line:
        return []
    try:
        document = json.loads(line)
        told = document["_aws"]
        at = datetime.fromtimestamp(told["Timestamp"] / 1000, UTC)
        return [
            metric
            for directive in told["CloudWatchMetrics"]
            for metric in _of_directive(directive, document, at)
        ]
    except (ValueError, LookupError, TypeError, OverflowError, OSError, RecursionError):
        return []


def _of_directive(directive: Any, document: Any, at: datetime) -> Iterator[Embedded]:
    """Yield what one directive asks for.

    Raises:
        ValueError, LookupError, TypeError: it breaks the specification.
    """
    namespace, definitions = _text(directive["Namespace"]), directive["Metrics"]
    _check(len(definitions) <= _MAX_METRICS)
    for names in directive["Dimensions"]:
        _check(isinstance(names, list) and len(names) <= _MAX_DIMENSIONS)
        dimensions = [(_text(name), _text(document[name])) for name in names]
        for definition in definitions:
            name = _text(definition["Name"])
            unit = definition.get("Unit", "None")
            _check(unit in _units())
            target = document[name]
            values = target if isinstance(target, list) else [target]
            _check(len(values) <= _MAX_VALUES and all(_is_number(each) for each in values))
            key = MetricKey.of(namespace, name, dimensions)
            yield Embedded(key, tuple(map(float, values)), unit, at)


def _text(value: Any) -> str:
    _check(isinstance(value, str) and 1 <= len(value) <= _MAX_TEXT)
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value - value == 0


def _check(is_so: bool) -> None:  # noqa: FBT001 - the one thing it is about
    if not is_so:
        raise ValueError("not in the embedded metric format")


@cache
def _units() -> list[str]:
    model = Loader().load_service_model("cloudwatch", "service-2")
    return model["shapes"]["StandardUnit"]["enum"]
