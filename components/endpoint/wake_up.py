"""What wakes an endpoint that has scaled to nothing.

Target tracking divides by capacity, so it cannot leave zero by itself: a step policy adds the first one when
an alarm sees a request that nobody can answer.
"""

from typing import Any, NamedTuple

from components.alarm_condition import AT_LEAST, Condition
from components.endpoint.args import GenAIEndpointArgs
from components.endpoint.feature_args import ScalingArgs
from components.endpoint.inference_component import component_name
from components.metrics import INVOCATIONS, Metric
from components.modes import ASYNC, REALTIME, SCALE_TO_ZERO


class WakeUp(NamedTuple):
    """The alarm that sees the request, and the step that answers it."""

    metric: Metric
    statistic: str
    evaluation_periods: int
    cooldown_seconds: int
    aggregation: str

    def alarm_members(self) -> dict[str, Any]:
        """Return the alarm's arguments; one request without an answer is enough."""
        condition = Condition(self.metric.by(self.statistic), threshold=1, comparison=AT_LEAST)
        return condition.lasting(self.evaluation_periods).members()

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
            Metric(
                INVOCATIONS, "HasBacklogWithoutCapacity", {"EndpointName": args["endpoint_name"]}
            ),
            statistic="Average",
            evaluation_periods=2,
            cooldown_seconds=300,
            aggregation="Average",
        )
    if mode == SCALE_TO_ZERO:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
        return WakeUp(
            Metric(
                INVOCATIONS,
                "NoCapacityInvocationFailures",
                {"InferenceComponentName": component_name(args)},
            ),
            statistic="Sum",
            evaluation_periods=1,
            cooldown_seconds=60,
            aggregation="Maximum",
        )
    return None
