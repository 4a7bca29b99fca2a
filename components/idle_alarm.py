"""The alarm that tells of an endpoint that nobody asks, and that is paid for all the same."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import cloudwatch

from components.modes import ASYNC, MAIN_VARIANT, SCALE_TO_ZERO

NAMESPACE = "AWS/SageMaker"
PERIOD_SECONDS = 3600


def make_idle_alarm(  # noqa: PLR0913 - each of them is another input
    name: str,
    *,
    mode: str,
    endpoint_name: pulumi.Input[str],
    inference_component_name: pulumi.Input[str],
    variants: Sequence[str],
    hours: int,
    actions: Sequence[pulumi.Input[str]],
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None,
    parent: pulumi.Resource,
) -> cloudwatch.MetricAlarm:
    """Register an alarm that goes off when no variant was asked anything for `hours` whole hours, 1 to 168.

    SageMaker publishes nothing while nobody asks, so an hour without data is an idle one. An endpoint that was made
    just now counts as idle too, until its first request.
    """
    if mode == SCALE_TO_ZERO:
        by_variant: list[dict[str, Any]] = [{"InferenceComponentName": inference_component_name}]
    else:
        by_variant = [
            {"EndpointName": endpoint_name, "VariantName": variant}
            for variant in (MAIN_VARIANT, *variants)
        ]
    return cloudwatch.MetricAlarm(
        f"{name}-idle",
        alarm_description=f"Nobody has asked this endpoint for {hours} hours, and it is billed by the hour",
        comparison_operator="LessThanThreshold",
        threshold=1,
        evaluation_periods=hours,
        treat_missing_data="breaching",
        alarm_actions=list(actions),
        tags=tags,
        opts=pulumi.ResourceOptions(parent=parent),
        **_requests(mode, by_variant),
    )


def _requests(mode: str, by_variant: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How many requests came in an hour, over all variants."""
    # Asynchronous endpoints publish no Invocations, but a time for each request that they have processed:
    # https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
    metric, statistic = (
        ("TotalProcessingTime", "SampleCount") if mode == ASYNC else ("Invocations", "Sum")
    )
    if len(by_variant) == 1:
        return {
            "namespace": NAMESPACE,
            "metric_name": metric,
            "dimensions": by_variant[0],
            "statistic": statistic,
            "period": PERIOD_SECONDS,
        }
    of_each = [
        {
            "id": f"m{number}",
            "metric": {
                "namespace": NAMESPACE,
                "metric_name": metric,
                "dimensions": dimensions,
                "stat": statistic,
                "period": PERIOD_SECONDS,
            },
        }
        for number, dimensions in enumerate(by_variant)
    ]
    return {
        "metric_queries": [
            {"id": "requests", "expression": "SUM(METRICS())", "label": "Requests", "return_data": True},
            *of_each,
        ]
    }  # fmt: skip
