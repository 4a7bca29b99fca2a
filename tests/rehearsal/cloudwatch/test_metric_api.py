"""Metrics as a stranger puts and reads them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.rehearsal.tenant import Tenant, refusal, unique

NOW = datetime.now(UTC)
SPAN: dict[str, Any] = {
    "StartTime": NOW - timedelta(hours=2),
    "EndTime": NOW + timedelta(hours=1),
}
DAY = 86400


class Metrics:
    """One namespace of the test's own."""

    def __init__(self, tenant: Tenant) -> None:
        self.client = tenant.client("cloudwatch")
        self.namespace = unique("namespace")

    def put(self, name: str, **members: Any) -> None:
        datum = {"MetricName": name, **members}
        self.client.put_metric_data(Namespace=self.namespace, MetricData=[datum])

    def statistics(self, name: str, period: int = DAY, **members: Any) -> list[dict[str, Any]]:
        asked = {**SPAN, "Namespace": self.namespace, "MetricName": name, "Period": period}
        return self.client.get_metric_statistics(**asked, **members)["Datapoints"]

    def data(self, *queries: dict[str, Any], **more: Any) -> dict[str, dict[str, Any]]:
        answer = self.client.get_metric_data(MetricDataQueries=list(queries), **SPAN, **more)
        return {each["Id"]: each for each in answer["MetricDataResults"]}

    def query(
        self, query_id: str, name: str, stat: str, period: int = DAY, **more: Any
    ) -> dict[str, Any]:
        metric = {"Namespace": self.namespace, "MetricName": name}
        return {
            "Id": query_id,
            "MetricStat": {"Metric": metric, "Period": period, "Stat": stat},
            **more,
        }


@pytest.fixture
def metrics(tenant: Tenant) -> Metrics:
    return Metrics(tenant)


def by(**dimensions: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


@pytest.mark.fact("§10 extended_statistic p99/p90 are percentiles of the values")
def test_statistics_and_percentiles_are_of_all_values(metrics: Metrics) -> None:
    for value in range(1, 11):
        metrics.put("Latency", Value=value, Unit="Milliseconds")
    metrics.put("Latency", Values=[100, 200], Counts=[1, 2], Unit="Milliseconds")

    (simple,) = metrics.statistics(
        "Latency", Statistics=["Sum", "Average", "Minimum", "Maximum", "SampleCount"]
    )
    (extended,) = metrics.statistics("Latency", ExtendedStatistics=["p50", "p99"])

    assert (simple["Sum"], simple["SampleCount"], simple["Unit"]) == (555, 13, "Milliseconds")
    assert (simple["Minimum"], simple["Maximum"]) == (1, 200)
    assert simple["Average"] == pytest.approx(555 / 13)
    assert extended["ExtendedStatistics"] == {"p50": 7, "p99": 200}


def test_summaries_and_values_come_to_one_sum(metrics: Metrics) -> None:
    summary = {"SampleCount": 4, "Sum": 10, "Minimum": 0, "Maximum": 7}
    metrics.put("Load", StatisticValues=summary)
    metrics.put("Load", Value=3)

    (point,) = metrics.statistics("Load", Statistics=["Sum", "SampleCount"])

    assert (point["Sum"], point["SampleCount"]) == (13, 5)


@pytest.mark.fact("§10 a metric is asked for by all of its dimensions")
def test_a_metric_with_other_dimensions_is_another_metric(metrics: Metrics) -> None:
    metrics.put("Load", Value=1)
    metrics.put("Load", Value=2, Dimensions=by(Endpoint="e"))
    metrics.put("Load", Value=4, Dimensions=by(Variant="v", Endpoint="e"))

    def total(**dimensions: str) -> list[float]:
        found = metrics.statistics("Load", Statistics=["Sum"], Dimensions=by(**dimensions))
        return [point["Sum"] for point in found]

    assert [total(), total(Endpoint="e"), total(Endpoint="e", Variant="v")] == [[1], [2], [4]]
    assert total(Variant="v") == []


def test_values_belong_to_the_period_that_they_are_stamped_with(metrics: Metrics) -> None:
    hour = (NOW - timedelta(hours=1)).replace(minute=30, second=0, microsecond=0)
    for minutes, value in ((0, 1), (1, 2), (6, 4)):
        metrics.put("Load", Value=value, Timestamp=hour + timedelta(minutes=minutes))

    points = metrics.statistics("Load", period=300, Statistics=["Sum"])

    times = [(point["Timestamp"] - hour) / timedelta(minutes=1) for point in points]
    assert list(zip(times, [point["Sum"] for point in points], strict=True)) == [(0, 3), (5, 4)]


def test_data_can_be_had_by_query_and_in_either_order(metrics: Metrics) -> None:
    hour = (NOW - timedelta(hours=1)).replace(minute=30, second=0, microsecond=0)
    metrics.put("Load", Value=2, Timestamp=hour)
    metrics.put("Load", Value=6, Timestamp=hour + timedelta(minutes=1))

    ascending = metrics.data(metrics.query("load", "Load", "Sum", 60), ScanBy="TimestampAscending")[
        "load"
    ]
    descending = metrics.data(metrics.query("load", "Load", "p99", 60))["load"]

    assert (ascending["Values"], descending["Values"]) == ([2, 6], [6, 2])
    assert ascending["Timestamps"][0] == hour
    assert (ascending["Label"], ascending["StatusCode"]) == ("Load", "Complete")


@pytest.mark.fact("§10 metric math: IF(i>0,100*e/i,0)")
def test_math_is_done_on_what_the_queries_found(metrics: Metrics) -> None:
    metrics.put("Errors", Values=[1, 0, 0, 0])
    metrics.put("Calls", Value=4)

    found = metrics.data(
        metrics.query("e", "Errors", "Sum", ReturnData=False),
        metrics.query("i", "Calls", "Sum", ReturnData=False),
        {"Id": "share", "Expression": "IF(i>0,100*e/i,0)", "Label": "%"},
    )

    assert list(found) == ["share"]
    assert (max(found["share"]["Values"]), found["share"]["Label"]) == (25, "%")


def test_what_cannot_be_asked_is_refused(metrics: Metrics) -> None:
    backwards = {"StartTime": NOW, "EndTime": NOW}
    asked: dict[str, Any] = {"Namespace": "n", "MetricName": "m", "Period": 60}
    client = metrics.client

    for action, message in (
        (lambda: metrics.data({"Id": "x", "Expression": "y + 1"}), "nothing is y"),
        (
            lambda: client.get_metric_data(
                MetricDataQueries=[metrics.query("x", "m", "Sum")], **backwards
            ),
            "The parameter EndTime must be greater than StartTime.",
        ),
        (
            lambda: client.get_metric_statistics(**asked, **backwards, Statistics=["Sum"]),
            "The parameter StartTime must be less than the parameter EndTime.",
        ),
        (lambda: metrics.statistics("m"), "Must specify either Statistics or ExtendedStatistics"),
        (
            lambda: metrics.statistics("m", ExtendedStatistics=["q9"]),
            "The value q9 for parameter ExtendedStatistics is not supported.",
        ),
        (
            lambda: metrics.put("m", Values=[1], Counts=[1, 2]),
            "must be of the same size",
        ),
    ):
        assert message in refusal(action)[1]


def test_each_metric_is_listed_once_with_its_dimensions(metrics: Metrics) -> None:
    for _ in range(3):
        metrics.put("Load", Value=1, Dimensions=by(Endpoint="e"))
        metrics.put("Other", Value=1, Dimensions=by(Endpoint="f"))

    def listed(**members: Any) -> list[Any]:
        found = metrics.client.list_metrics(Namespace=metrics.namespace, **members)["Metrics"]
        return sorted((each["MetricName"], each["Dimensions"]) for each in found)

    load, other = ("Load", by(Endpoint="e")), ("Other", by(Endpoint="f"))
    assert listed() == [load, other]
    assert listed(MetricName="Load") == [load]
    assert listed(Dimensions=[{"Name": "Endpoint"}]) == [load, other]
    assert listed(Dimensions=by(Endpoint="f")) == [other]
    assert listed(Dimensions=by(Nobody="f")) == []
