"""Every metric that an alarm or a scaling policy names is one that AWS publishes, under those dimensions."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from catalog.metrics import published_dimensions
from rehearsal.program import ProgramRun
from tests.components.configurations import CONFIGURATIONS, run_of
from tests.harness import inputs_of

# https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
# https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
# https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-monitoring.html
# Read 2026-11-24.
VARIANT = ("EndpointName", "VariantName")
INVOCATION_METRICS = {
    "Invocation5XXErrors": VARIANT,
    "Invocations": VARIANT,
    "ModelLatency": VARIANT,
}
PUBLISHED: dict[str, dict[tuple[str, str], tuple[str, ...]]] = {
    "realtime": {
        **{("AWS/SageMaker", name): dims for name, dims in INVOCATION_METRICS.items()},
        ("/aws/sagemaker/Endpoints", "CPUUtilization"): VARIANT,
        ("/aws/sagemaker/Endpoints", "GPUUtilization"): VARIANT,
        ("/aws/sagemaker/Endpoints", "GPUMemoryUtilization"): VARIANT,
    },
    "serverless": {("AWS/SageMaker", name): dims for name, dims in INVOCATION_METRICS.items()},
    # An asynchronous endpoint publishes no Invocations.
    "async": {
        ("AWS/SageMaker", "Invocation5XXErrors"): VARIANT,
        ("AWS/SageMaker", "ModelLatency"): VARIANT,
        ("AWS/SageMaker", "ApproximateBacklogSizePerInstance"): ("EndpointName",),
        ("AWS/SageMaker", "HasBacklogWithoutCapacity"): ("EndpointName",),
    },
    "scale-to-zero": {
        **{("AWS/SageMaker", name): dims for name, dims in INVOCATION_METRICS.items()},
        ("AWS/SageMaker", "NoCapacityInvocationFailures"): ("InferenceComponentName",),
    },
}
NAMES = {"EndpointName": "genai-test", "InferenceComponentName": "genai-test-component"}


class Used(NamedTuple):
    namespace: str
    metric: str
    dimensions: dict[str, str]


def used_metrics(run: ProgramRun) -> Iterator[Used]:
    for alarm in map(inputs_of, run.all("aws:cloudwatch/metricAlarm:MetricAlarm")):
        if "metricName" in alarm:
            yield Used(alarm["namespace"], alarm["metricName"], alarm["dimensions"])
        for query in alarm.get("metricQueries", []):
            metric: dict[str, Any] = query.get("metric", {})
            if metric:
                yield Used(metric["namespace"], metric["metricName"], metric["dimensions"])
    for policy in map(inputs_of, run.all("aws:appautoscaling/policy:Policy")):
        tracking = policy.get("targetTrackingScalingPolicyConfiguration", {})
        if metric := tracking.get("customizedMetricSpecification", {}):
            dimensions = {d["name"]: d["value"] for d in metric["dimensions"]}
            yield Used(metric["namespace"], metric["metricName"], dimensions)


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_aws_publishes_it(configuration: str) -> None:
    published = PUBLISHED[CONFIGURATIONS[configuration].get("mode", "realtime")]

    for used in used_metrics(run_of(configuration)):
        assert (used.namespace, used.metric) in published
        dimensions = published[used.namespace, used.metric]
        assert tuple(sorted(used.dimensions)) == dimensions
        assert dimensions in published_dimensions(used.namespace, used.metric)
        named = {name: value for name, value in used.dimensions.items() if name in NAMES}
        assert named == {name: NAMES[name] for name in named}


def test_every_metric_of_the_table_is_used_somewhere() -> None:
    """Else the test above could pass by finding none."""
    used = {
        (args.get("mode", "realtime"), metric.namespace, metric.metric)
        for configuration, args in CONFIGURATIONS.items()
        for metric in used_metrics(run_of(configuration))
    }

    listed = {(mode, *metric) for mode, metrics in PUBLISHED.items() for metric in metrics}
    unused = {("scale-to-zero", "AWS/SageMaker", name) for name in INVOCATION_METRICS}
    assert used | unused == listed
