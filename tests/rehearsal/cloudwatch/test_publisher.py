"""What SageMaker, Lambda and SQS tell of themselves can be read from CloudWatch."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rehearsal.account.cloudwatch import metrics
from rehearsal.account.cloudwatch.metric_store import (
    MINUTES_KEPT_WHOLE,
    MetricKey,
    MetricStore,
)
from rehearsal.account.cloudwatch.metrics import Observation
from tests.rehearsal.tenant import Tenant, poll, unique

MODEL = """
def model_fn(model_dir): return "a model"
def transform_fn(model, body, content_type, accept):
    if "fail" in body: raise ValueError("as asked")
    return body
"""
KEY = MetricKey.of("n", "m", [("Endpoint", "e")])


def statistics(
    tenant: Tenant, namespace: str, name: str, statistic: str, **dimensions: str
) -> dict[str, Any] | None:
    """The one datapoint of the last hour, as soon as there is one."""
    now = datetime.now(UTC)
    points = tenant.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=86400,
        Statistics=[statistic],
    )["Datapoints"]
    return points[0] if points else None


@pytest.mark.fact(
    "§10 AWS/SageMaker publishes Invocations (Sum), ModelLatency and OverheadLatency in microseconds, "
    "InvocationModelErrors, by EndpointName and VariantName"
)
def test_an_endpoints_requests_are_published_by_endpoint_and_variant(tenant: Tenant) -> None:
    endpoint = tenant.serve({"code/inference.py": MODEL})
    runtime = tenant.client("sagemaker-runtime")
    for word in ("one", "two"):
        assert tenant.ask(endpoint, word) == word
    with pytest.raises(runtime.exceptions.ModelError):
        tenant.ask(endpoint, "fail")

    def of_variant(name: str, statistic: str) -> Any:
        dimensions = {"EndpointName": endpoint, "VariantName": "v0"}
        return statistics(tenant, "AWS/SageMaker", name, statistic, **dimensions)

    def all_three() -> Any:
        found = of_variant("Invocations", "Sum")
        return found if found and found["Sum"] == 3 else None

    assert poll(all_three, "three invocations are published")["Unit"] == "Count"
    assert of_variant("InvocationModelErrors", "Sum")["Sum"] == 1
    latency = of_variant("ModelLatency", "Average")
    assert latency["Unit"] == "Microseconds"
    assert 100 < latency["Average"] < 10_000_000


@pytest.mark.fact("§10 AWS/Lambda publishes Invocations, Errors and Duration in ms by FunctionName")
def test_a_functions_runs_are_published_by_function(tenant: Tenant) -> None:
    function = tenant.function("def handler(event, context): return 1 / event['by']\n")
    tenant.call(function, {"by": 1})
    tenant.call(function, {"by": 0})

    def of_function(name: str) -> Any:
        return statistics(tenant, "AWS/Lambda", name, "Sum", FunctionName=function)

    def both() -> Any:
        found = of_function("Invocations")
        return found if found and found["Sum"] == 2 else None

    poll(both, "two invocations are published")
    assert of_function("Errors")["Sum"] == 1
    assert of_function("Duration")["Unit"] == "Milliseconds"


def test_a_queues_length_and_age_are_published(tenant: Tenant) -> None:
    sqs, name = tenant.client("sqs"), unique("queue")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    for _ in range(2):
        sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)

    def of_queue(metric: str, statistic: str = "Maximum") -> Any:
        return statistics(tenant, "AWS/SQS", metric, statistic, QueueName=name)

    def is_received() -> Any:
        found = of_queue("ApproximateNumberOfMessagesNotVisible")
        return found if found and found["Maximum"] == 1 else None

    assert poll(is_received, "one message is in flight")["Unit"] == "Count"
    assert of_queue("ApproximateNumberOfMessagesVisible", "Minimum")["Minimum"] == 1
    assert of_queue("ApproximateNumberOfMessagesDelayed")["Maximum"] == 0
    assert of_queue("ApproximateAgeOfOldestMessage")["Unit"] == "Seconds"
    sqs.purge_queue(QueueUrl=url)
    poll(
        lambda: of_queue("ApproximateNumberOfMessagesVisible", "Minimum")["Minimum"] == 0,
        "the empty queue is told of too",
    )


def test_what_is_old_is_merged_and_not_lost() -> None:
    store = MetricStore()
    minutes = 3 * MINUTES_KEPT_WHOLE
    for _ in range(minutes):
        store.put(KEY, lambda values: values.add(1))
        store.begin_minute()

    start, end = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1)
    slots = list(store.between(KEY, start, end))
    assert len(slots) <= MINUTES_KEPT_WHOLE + 70
    assert sum(values.count for _, _, values in slots) == minutes
    assert store.over(KEY, minutes - 1, MINUTES_KEPT_WHOLE - 60).count == MINUTES_KEPT_WHOLE - 60


def test_what_is_stamped_a_minute_ago_belongs_to_a_minute_ago() -> None:
    store = MetricStore()
    for _ in range(10):
        store.begin_minute()
    now = datetime.now(UTC)

    for minutes, value in ((0, 1.0), (2.5, 4.0), (1, 2.0), (2, 8.0)):
        at = now - timedelta(minutes=minutes)
        store.put(KEY, lambda values, value=value: values.add(value), at=at)

    sums = [store.over(KEY, minute, 1).statistic("Sum") for minute in (7, 8, 9, 10)]
    assert sums == [None, 12, 2, 1]
    assert store.over(KEY, 10, 2).statistic("Sum") == 3
    assert store.newest(KEY) == 10


def test_a_source_that_fails_keeps_nobody_else_from_telling(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = Observation("eu-west-1", "n", "m", {}, 1, "Count")

    def failing() -> list[Observation]:
        raise RuntimeError("as asked")

    monkeypatch.setattr(metrics, "_noted", [told])
    monkeypatch.setattr(metrics, "_sources", [failing, lambda: [told]])

    assert metrics.collected() == [told, told]
    assert "as asked" in capsys.readouterr().err
