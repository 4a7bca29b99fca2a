"""What wakes an endpoint that has scaled to nothing.

Target tracking divides by capacity, so it cannot leave zero by itself: a step policy adds the first one when
an alarm sees a request that nobody can answer.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pulumi

from components.endpoint.args import GenAIEndpointArgs
from components.endpoint.feature_args import ScalingArgs
from components.endpoint.inference_component import component_name
from components.modes import ASYNC, REALTIME, SCALE_TO_ZERO

NAMESPACE = "AWS/SageMaker"


class WakeUp(NamedTuple):
    """The alarm that sees the request, and the step that answers it."""

    metric_name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str
    evaluation_periods: int
    cooldown_seconds: int
    aggregation: str

    def alarm_members(self) -> dict[str, Any]:
        """Return the alarm's arguments; one request without an answer is enough."""
        return {
            "namespace": NAMESPACE,
            "metric_name": self.metric_name,
            "dimensions": self.dimensions,
            "statistic": self.statistic,
            "period": 60,
            "evaluation_periods": self.evaluation_periods,
            "datapoints_to_alarm": self.evaluation_periods,
            "comparison_operator": "GreaterThanOrEqualToThreshold",
            "threshold": 1,
            # Nothing is published while nobody asks.
            "treat_missing_data": "notBreaching",
        }

    def step_members(self) -> dict[str, Any]:
        """Return the step policy's configuration: one more unit of capacity."""
        return {
            "adjustment_type": "ChangeInCapacity",
            "metric_aggregation_type": self.aggregation,
            "cooldown": self.cooldown_seconds,
            "step_adjustments": [{"scaling_adjustment": 1, "metric_interval_lower_bound": "0"}],
        }


def _least_capacity(scaling: ScalingArgs) -> int:
    schedules = scaling.get("schedules", {}).values()
    return min([scaling["min_capacity"], *(schedule["min_capacity"] for schedule in schedules)])


def wake_up_of(args: GenAIEndpointArgs) -> WakeUp | None:
    """What wakes this endpoint; None if it never sleeps."""
    scaling, mode = args.get("scaling"), args.get("mode", REALTIME)
    if not scaling or _least_capacity(scaling) > 0:
        return None
    if mode == ASYNC:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html
        return WakeUp(
            metric_name="HasBacklogWithoutCapacity",
            dimensions={"EndpointName": args["endpoint_name"]},
            statistic="Average",
            evaluation_periods=2,
            cooldown_seconds=300,
            aggregation="Average",
        )
    if mode == SCALE_TO_ZERO:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
        return WakeUp(
            metric_name="NoCapacityInvocationFailures",
            dimensions={"InferenceComponentName": component_name(args)},
            statistic="Sum",
            evaluation_periods=1,
            cooldown_seconds=60,
            aggregation="Maximum",
        )
    return None
