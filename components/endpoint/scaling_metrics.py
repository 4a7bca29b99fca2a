"""What scaling may follow in each mode, as target-tracking members in snake_case.

Names and dimensions of the metrics: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html, read 2026-11-24.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

from components.metrics import INSTANCES, INVOCATIONS
from components.modes import ASYNC, MAIN_VARIANT, REALTIME, SCALE_TO_ZERO, SERVERLESS

Members = dict[str, Any]
Specification = Callable[[pulumi.Input[str]], Members]


def metrics_of(mode: str) -> tuple[str, ...]:
    """Return the names of the metrics that scaling may follow in `mode`."""
    return tuple(_METRICS[mode])


def metric_specification(mode: str, metric: str, endpoint_name: pulumi.Input[str]) -> Members:
    """Build the part of a target-tracking configuration that says what to follow."""
    return _METRICS[mode][metric](endpoint_name)


def _predefined(metric_type: str) -> Specification:
    def specify(_endpoint_name: pulumi.Input[str]) -> Members:
        return {"predefined_metric_specification": {"predefined_metric_type": metric_type}}

    return specify


def _of_the_variant(metric_name: str) -> Specification:
    def specify(endpoint_name: pulumi.Input[str]) -> Members:
        dimensions = {"EndpointName": endpoint_name, "VariantName": MAIN_VARIANT}
        return _customized(INSTANCES, metric_name, dimensions)

    return specify


def _of_the_queue(metric_name: str) -> Specification:
    def specify(endpoint_name: pulumi.Input[str]) -> Members:
        # The queue is the endpoint's: with a variant's dimension the metric does not exist.
        return _customized(INVOCATIONS, metric_name, {"EndpointName": endpoint_name})

    return specify


def _customized(
    namespace: str, metric_name: str, dimensions: Mapping[str, pulumi.Input[str]]
) -> Members:
    return {
        "customized_metric_specification": {
            "namespace": namespace,
            "metric_name": metric_name,
            "statistic": "Average",
            "dimensions": [{"name": name, "value": value} for name, value in dimensions.items()],
        }
    }


_METRICS: Mapping[str, Mapping[str, Specification]] = {
    REALTIME: {
        "concurrency": _predefined("SageMakerVariantConcurrentRequestsPerModelHighResolution"),
        "invocations": _predefined("SageMakerVariantInvocationsPerInstance"),
        "cpu": _of_the_variant("CPUUtilization"),
        "gpu": _of_the_variant("GPUUtilization"),
        "gpu-memory": _of_the_variant("GPUMemoryUtilization"),
    },
    SERVERLESS: {
        "provisioned-utilization": _predefined("SageMakerVariantProvisionedConcurrencyUtilization"),
    },
    ASYNC: {"backlog": _of_the_queue("ApproximateBacklogSizePerInstance")},
    SCALE_TO_ZERO: {
        "concurrency": _predefined(
            "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"
        ),
        "invocations": _predefined("SageMakerInferenceComponentInvocationsPerCopy"),
    },
}
