"""Requests, failures and latency of the last hour, from the metrics that a stack's mode publishes.

Which there are and with which dimensions: `catalog/data/metrics.json`. A test holds the table against it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from operations.deployment import Deployment
from operations.status.endpoint_state import EndpointState, Mode

WINDOW = timedelta(hours=1)
_ENDPOINT = "AWS/SageMaker"
_FUNCTION = "AWS/Lambda"
_MINUTE_SECONDS = 60
_HOUR_SECONDS = 3600
_MICROSECONDS_PER_MILLISECOND = 1000


class Metric(NamedTuple):
    """One figure: what it is called here, where CloudWatch has it, and how its values are put together."""

    figure: str
    namespace: str
    name: str
    statistic: str
    dimensions: tuple[str, ...]


_VARIANT = ("EndpointName", "VariantName")
_COMPONENT = ("InferenceComponentName",)
_LATENCY = ("latency_average_ms", "Average"), ("latency_p99_ms", "p99")


def _requests(dimensions: tuple[str, ...]) -> tuple[Metric, ...]:
    return (
        Metric("requests", _ENDPOINT, "Invocations", "Sum", dimensions),
        Metric("errors_4xx", _ENDPOINT, "Invocation4XXErrors", "Sum", dimensions),
        Metric("errors_5xx", _ENDPOINT, "Invocation5XXErrors", "Sum", dimensions),
        *(Metric(figure, _ENDPOINT, "ModelLatency", stat, dimensions) for figure, stat in _LATENCY),
    )


METRICS: Mapping[Mode, tuple[Metric, ...]] = {
    "realtime": _requests(_VARIANT),
    "serverless": _requests(_VARIANT),
    "scale-to-zero": (
        *_requests(_COMPONENT),
        Metric("without_capacity", _ENDPOINT, "NoCapacityInvocationFailures", "Sum", _COMPONENT),
    ),
    # No Invocations here: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
    "async": (
        Metric("requests", _ENDPOINT, "InvocationsProcesssed", "Sum", _VARIANT),
        Metric("errors_5xx", _ENDPOINT, "InvocationFailures", "Sum", _VARIANT),
        Metric("backlog", _ENDPOINT, "ApproximateBacklogSize", "Maximum", ("EndpointName",)),
        *(Metric(figure, _ENDPOINT, "ModelLatency", stat, _VARIANT) for figure, stat in _LATENCY),
    ),
}
FUNCTION_METRICS = (
    Metric("function_invocations", _FUNCTION, "Invocations", "Sum", ("FunctionName",)),
    Metric("function_errors", _FUNCTION, "Errors", "Sum", ("FunctionName",)),
    Metric("function_throttles", _FUNCTION, "Throttles", "Sum", ("FunctionName",)),
)


@dataclass(frozen=True)
class Traffic:
    """Figures of an hour by their name; one that nothing was published for is not there."""

    since: datetime
    figures: Mapping[str, float]


def look_at_traffic(deployment: Deployment, endpoint: EndpointState | None) -> Traffic:
    """Return what callers asked in the last hour, and what came of it."""
    until = datetime.now(UTC)
    since = until - WINDOW
    asked = list(_asked(deployment, endpoint))
    queries = [_query(f"m{number}", *each) for number, each in enumerate(asked)]
    pages = (
        deployment.client("cloudwatch")
        .get_paginator("get_metric_data")
        .paginate(MetricDataQueries=queries, StartTime=since, EndTime=until)
    )
    values: dict[str, list[float]] = {}
    for page in pages:
        for result in page["MetricDataResults"]:
            metric, _ = asked[int(result["Id"][1:])]
            values.setdefault(metric.figure, []).extend(result["Values"])
    by_figure = {metric.figure: metric for metric, _ in asked}
    return Traffic(
        since, {name: _together(by_figure[name], each) for name, each in values.items() if each}
    )


def _asked(
    deployment: Deployment, endpoint: EndpointState | None
) -> Iterator[tuple[Metric, Mapping[str, str]]]:
    known = {"EndpointName": deployment.endpoint_name, "FunctionName": deployment.function_name}
    for metric in FUNCTION_METRICS:
        yield metric, {name: known[name] for name in metric.dimensions}
    if endpoint is None:
        return
    if endpoint.component:
        known["InferenceComponentName"] = endpoint.component.name
    for metric in METRICS[endpoint.mode]:
        for variant in endpoint.variants if "VariantName" in metric.dimensions else (None,):
            named = {**known, **({"VariantName": variant.name} if variant else {})}
            if {*metric.dimensions} <= named.keys():
                yield metric, {name: named[name] for name in metric.dimensions}


def _query(query_id: str, metric: Metric, dimensions: Mapping[str, str]) -> dict[str, Any]:
    return {
        "Id": query_id,
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [
                    {"Name": name, "Value": value} for name, value in dimensions.items()
                ],
            },
            # Counts add up over any periods; the others do not, and are asked for once.
            "Period": _MINUTE_SECONDS if metric.statistic == "Sum" else _HOUR_SECONDS,
            "Stat": metric.statistic,
        },
    }


def _together(metric: Metric, values: list[float]) -> float:
    """One figure of the values of several periods and variants: all counted, or the worst."""
    whole = sum(values) if metric.statistic == "Sum" else max(values)
    return whole / _MICROSECONDS_PER_MILLISECOND if metric.name == "ModelLatency" else whole
