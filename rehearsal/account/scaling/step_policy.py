"""How much a step scaling policy adds or takes away.

https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html (copy of 2026).
"""

import math
from typing import Any

Members = dict[str, Any]
_PERCENT = 100


def wanted_capacity(step: Members, capacity: int, excess: float, *, is_above: bool) -> int | None:
    """Return what the policy makes of `capacity`; None if none of its steps is for so much.

    Args:
        step: the policy's configuration.
        capacity: what there is.
        excess: the metric less the alarm's threshold.
        is_above: whether the alarm goes off above its threshold, rather than below.
    """
    found = next((s for s in step["StepAdjustments"] if _is_for(s, excess, is_above)), None)
    if found is None:
        return None
    adjustment = found["ScalingAdjustment"]
    match step["AdjustmentType"]:
        case "ExactCapacity":
            return adjustment
        case "PercentChangeInCapacity":
            change = _whole(capacity * adjustment / _PERCENT)
            least = step.get("MinAdjustmentMagnitude", 0)
            if adjustment and abs(change) < least:
                change = int(math.copysign(least, adjustment))
            return capacity + change
        case _:
            return capacity + adjustment


def _is_for(step: Members, excess: float, is_above: bool) -> bool:  # noqa: FBT001 - passed on
    """The bound that is nearer to the threshold belongs to the step, the other one to the next."""
    lower = step.get("MetricIntervalLowerBound", -math.inf)
    upper = step.get("MetricIntervalUpperBound", math.inf)
    return lower <= excess < upper if is_above else lower < excess <= upper


def _whole(change: float) -> int:
    """Towards zero, but never to nothing."""
    if 0 < abs(change) < 1:
        return int(math.copysign(1, change))
    return int(change)
