"""What the API says of metrics: from our store, and not from moto's list of single values.

moto reads all values there are for each question, has neither percentiles nor metric math, and takes a metric
with more dimensions for the one with fewer.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterValue, ValidationError
from moto.cloudwatch.models import CloudWatchBackend, MetricDatumBase
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from rehearsal.account.cloudwatch.distribution import Distribution, percentile_of
from rehearsal.account.cloudwatch.metric_math import MathError, evaluate
from rehearsal.account.cloudwatch.metric_store import MetricKey, MetricStore, metrics_in

Members = dict[str, Any]
_OF_BUCKETS = "AWS/S3"  # moto makes these up as it is asked
_SIMPLE = {"Sum", "Average", "Minimum", "Maximum", "SampleCount"}
_DEFAULT_PERIOD_SECONDS = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_statistics_of_buckets = CloudWatchBackend.get_metric_statistics


def answer_from_store() -> None:
    """Replace moto's own operations on metrics, for the whole process."""
    CloudWatchBackend.put_metric_data = _put_metric_data
    CloudWatchBackend.get_filtered_metrics = _get_filtered_metrics
    CloudWatchBackend.get_metric_data = _get_metric_data
    CloudWatchResponse.get_metric_statistics = _get_metric_statistics


def _put_metric_data(self: CloudWatchBackend, namespace: str, metric_data: list[Members]) -> None:
    for number, datum in enumerate(metric_data, start=1):
        self._validate_parameters_put_metric_data(datum, number)  # pyright: ignore[reportPrivateUsage] - moto's own checks, kept
    store = metrics_in(self.region_name)
    for datum in metric_data:
        store.put(
            _key(namespace, datum["MetricName"], datum.get("Dimensions", [])),
            lambda values, datum=datum: _take(values, datum),
            datum.get("Unit"),
            _aware(datum["Timestamp"]) if datum.get("Timestamp") else None,
        )


def _take(values: Distribution, datum: Members) -> None:
    if several := datum.get("Values"):
        counts = datum.get("Counts") or [1] * len(several)
        for value, count in zip(several, counts, strict=True):
            values.add(float(value), float(count))
    elif summary := datum.get("StatisticValues"):
        numbers = (summary[name] for name in ("SampleCount", "Sum", "Minimum", "Maximum"))
        values.add_summary(*map(float, numbers))
    else:
        values.add(float(datum.get("Value", 0)))


def _get_filtered_metrics(
    self: CloudWatchBackend, metric_name: str, namespace: str, dimensions: list[Members]
) -> list[MetricDatumBase]:
    wanted = [(each["Name"], each.get("Value")) for each in dimensions or []]
    found: list[Any] = [
        MetricDatumBase(
            key.namespace,
            key.name,
            [{"Name": name, "Value": value} for name, value in sorted(key.dimensions)],
            timestamp=None,
        )
        for key in metrics_in(self.region_name).known()
        if namespace in {None, key.namespace}
        and metric_name in {None, key.name}
        and all(_has(key, name, value) for name, value in wanted)
    ]
    made_up: Iterable[Any] = self.aws_metric_data
    return [*found, *(each for each in made_up if each.filter(namespace, metric_name, dimensions))]


def _has(key: MetricKey, name: str, value: str | None) -> bool:
    return any(own == name and value in {None, has} for own, has in key.dimensions)


def _get_metric_statistics(self: CloudWatchResponse) -> ActionResult:
    asked: Members = self._get_params()  # pyright: ignore[reportPrivateUsage] - as every operation of moto's
    extended = asked.get("ExtendedStatistics", [])
    simple = asked.get("Statistics", [])
    if not simple and not extended:
        raise InvalidParameterValue("Must specify either Statistics or ExtendedStatistics")
    for statistic in extended:
        if percentile_of(statistic) is None:
            raise InvalidParameterValue(
                f"The value {statistic} for parameter ExtendedStatistics is not supported."
            )
    start, end = _aware(asked["StartTime"]), _aware(asked["EndTime"])
    if start >= end:
        raise InvalidParameterValue(
            "The parameter StartTime must be less than the parameter EndTime."
        )
    namespace, name, period = asked["Namespace"], asked["MetricName"], int(asked["Period"])
    dimensions, unit = asked.get("Dimensions", []), asked.get("Unit")
    if namespace == _OF_BUCKETS:
        points: Any = _statistics_of_buckets(
            self.cloudwatch_backend,
            *(namespace, name, asked["StartTime"], asked["EndTime"], period, simple),
            dimensions,
            unit,
        )
        return ActionResult({"Label": name, "Datapoints": points})
    key = _key(namespace, name, dimensions)
    periods = _periods(metrics_in(self.region), key, start, end, period, unit)
    points = [
        {
            "Timestamp": at,
            "Unit": has or "None",
            **{each: values.statistic(each) for each in simple if each in _SIMPLE},
            **({"ExtendedStatistics": _percentiles(values, extended)} if extended else {}),
        }
        for at, has, values in periods
    ]
    return ActionResult({"Label": name, "Datapoints": points})


def _percentiles(values: Distribution, names: list[str]) -> Members:
    found = {name: values.statistic(name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _get_metric_data(
    self: CloudWatchBackend,
    queries: list[Members],
    start_time: datetime,
    end_time: datetime,
    scan_by: str = "TimestampAscending",
) -> list[Members]:
    start, end = _aware(start_time), _aware(end_time)
    if start >= end:
        raise ValidationError("The parameter EndTime must be greater than StartTime.")
    store = metrics_in(self.region_name)
    of_metrics = {q["Id"]: q["MetricStat"] for q in queries if "MetricStat" in q}
    own_periods = [int(stat["Period"]) for stat in of_metrics.values()]
    asked_for = [int(q["Period"]) for q in queries if q.get("Period")]
    period = max(own_periods or asked_for or [_DEFAULT_PERIOD_SECONDS])
    times = list(_starts(start, end, period))
    known: dict[str, list[float | None]] = {
        name: _on(times, store, stat, period, end) for name, stat in of_metrics.items()
    }
    answers: list[Members] = []
    for query in queries:
        if "MetricStat" not in query:
            try:
                known[query["Id"]] = evaluate(query["Expression"], known, len(times))
            except MathError as wrong:
                raise ValidationError(str(wrong)) from wrong
        if query.get("ReturnData", True):
            answers.append(_result(query, times, known[query["Id"]], scan_by))
    return answers


def _on(
    times: list[datetime], store: MetricStore, stat: Members, period: int, end: datetime
) -> list[float | None]:
    metric = stat["Metric"]
    key = _key(metric["Namespace"], metric["MetricName"], metric.get("Dimensions", []))
    found = {
        at: values.statistic(stat["Stat"])
        for at, _, values in _periods(store, key, times[0], end, period, stat.get("Unit"))
    }
    return [found.get(at) for at in times]


def _result(
    query: Members, times: list[datetime], values: list[float | None], scan_by: str
) -> Members:
    points = [(at, value) for at, value in zip(times, values, strict=True) if value is not None]
    if scan_by == "TimestampDescending":
        points.reverse()
    metric = query.get("MetricStat", {}).get("Metric", {})
    return {
        "id": query["Id"],
        "label": query.get("Label") or metric.get("MetricName") or query["Id"],
        "values": [value for _, value in points],
        "timestamps": [at for at, _ in points],
        "status_code": "Complete",
    }


def _periods(
    store: MetricStore,
    key: MetricKey,
    start: datetime,
    end: datetime,
    period: int,
    unit: str | None,
) -> list[tuple[datetime, str | None, Distribution]]:
    """Return the periods that have values, each with its begin, unit and values."""
    found: dict[datetime, tuple[str | None, Distribution]] = {}
    for at, has, values in store.between(key, _floor(start, period), end, unit):
        _, merged = found.setdefault(_floor(at, period), (has, Distribution()))
        merged.merge(values)
    return [(at, has, values) for at, (has, values) in sorted(found.items(), key=lambda i: i[0])]


def _starts(start: datetime, end: datetime, period: int) -> Iterator[datetime]:
    at = _floor(start, period)
    while at < end:
        yield at
        at += timedelta(seconds=period)


def _floor(at: datetime, period: int) -> datetime:
    whole = timedelta(seconds=period)
    return _EPOCH + (at - _EPOCH) // whole * whole


def _key(namespace: str, name: str, dimensions: list[Members]) -> MetricKey:
    return MetricKey.of(namespace, name, ((each["Name"], each["Value"]) for each in dimensions))


def _aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
