"""What AWS publishes to CloudWatch."""

import json
from pathlib import Path

import pytest

from catalog.errors import CatalogError
from catalog.metrics import is_high_resolution, published_dimensions, published_metrics, unit

DATA = Path(__file__).parents[2] / "catalog" / "data" / "metrics.json"
VARIANT = ("EndpointName", "VariantName")
COMPONENT = ("InferenceComponentName",)


@pytest.mark.parametrize(
    ("namespace", "metric", "dimensions", "measured_in"),
    [
        ("AWS/SageMaker", "ModelLatency", (VARIANT, COMPONENT), "Microseconds"),
        ("AWS/SageMaker", "Invocation5XXErrors", (VARIANT, COMPONENT), "None"),
        ("AWS/SageMaker", "ConcurrentRequestsPerModel", (VARIANT,), None),
        ("AWS/SageMaker", "ConcurrentRequestsPerCopy", (COMPONENT,), None),
        ("AWS/SageMaker", "NoCapacityInvocationFailures", (COMPONENT,), None),
        ("AWS/SageMaker", "HasBacklogWithoutCapacity", (("EndpointName",),), None),
        ("AWS/SageMaker", "ApproximateBacklogSizePerInstance", (("EndpointName",),), "Count"),
        ("AWS/SageMaker", "TotalProcessingTime", (VARIANT,), "Milliseconds"),
        ("/aws/sagemaker/Endpoints", "GPUMemoryUtilization", (VARIANT,), "Percent"),
        ("/aws/sagemaker/InferenceComponents", "GPUUtilizationNormalized", (COMPONENT,), None),
        ("AWS/Lambda", "Errors", (("FunctionName",), ("FunctionName", "Resource")), "Count"),
        ("AWS/Lambda", "Duration", (("FunctionName",), ("FunctionName", "Resource")), "Milliseconds"),
    ],
)  # fmt: skip
def test_a_metric_has_its_dimensions_and_its_unit(
    namespace: str,
    metric: str,
    dimensions: tuple[tuple[str, ...], ...],
    measured_in: str | None,
) -> None:
    assert published_dimensions(namespace, metric) == dimensions
    assert unit(namespace, metric) == measured_in


def test_the_metrics_of_concurrent_requests_come_every_ten_seconds_and_no_others() -> None:
    quick = {metric for _, metric in published_metrics() if is_high_resolution(_, metric)}

    assert quick == {"ConcurrentRequestsPerCopy", "ConcurrentRequestsPerModel"}


@pytest.mark.parametrize(
    ("namespace", "metric"),
    [("AWS/SageMaker", "ModelError"), ("/aws/sagemaker/Endpoints", "ModelLatency")],
)
def test_a_metric_that_aws_does_not_publish_has_no_dimensions(namespace: str, metric: str) -> None:
    assert published_dimensions(namespace, metric) == ()
    for ask in (unit, is_high_resolution):
        with pytest.raises(CatalogError, match=f"no metric {metric} in the namespace {namespace}"):
            ask(namespace, metric)


def test_every_row_is_complete_and_has_a_dated_source() -> None:
    data = json.loads(DATA.read_text())

    assert len(published_metrics()) == len(data["metrics"]) > 40
    for row in data["metrics"]:
        assert row["dimensions"]
        assert data["sources"][row["source"]]["date"]
        assert data["sources"][row["source"]]["url"].startswith("https://docs.aws.amazon.com/")
