"""How much a step adds or takes away."""

from typing import Any

import pytest

from rehearsal.account.scaling.step_policy import wanted_capacity
from rehearsal.account.scaling.tracking_policy import aimed_at

UP = [
    {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 1},
    {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 3},
]
DOWN = [
    {"MetricIntervalLowerBound": -10, "MetricIntervalUpperBound": 0, "ScalingAdjustment": -1},
    {"MetricIntervalUpperBound": -10, "ScalingAdjustment": -2},
]


def policy(*steps: dict[str, Any], kind: str = "ChangeInCapacity", **more: Any) -> dict[str, Any]:
    return {"AdjustmentType": kind, "StepAdjustments": list(steps), **more}


@pytest.mark.fact("§9 step scaling: bounds are relative to the alarm's threshold")
@pytest.mark.parametrize(
    ("excess", "capacity"), [(0, 3), (9.9, 3), (10, 5), (1000, 5), (-0.1, None)]
)
def test_above_a_threshold_a_step_begins_with_its_lower_bound(
    excess: float, capacity: int | None
) -> None:
    assert wanted_capacity(policy(*UP), 2, excess, is_above=True) == capacity


@pytest.mark.parametrize(("excess", "capacity"), [(0, 4), (-9.9, 4), (-10, 3), (-99, 3), (1, None)])
def test_below_a_threshold_a_step_begins_with_its_upper_bound(
    excess: float, capacity: int | None
) -> None:
    assert wanted_capacity(policy(*DOWN), 5, excess, is_above=False) == capacity


@pytest.mark.fact(
    "§9 step scaling: ExactCapacity, PercentChangeInCapacity with MinAdjustmentMagnitude"
)
@pytest.mark.parametrize(
    ("kind", "adjustment", "least", "capacity"),
    [
        ("ExactCapacity", 7, 0, 7),
        ("PercentChangeInCapacity", 25, 0, 12),  # 2.5 is rounded towards zero
        ("PercentChangeInCapacity", 5, 0, 11),  # but half of one is one
        ("PercentChangeInCapacity", -5, 0, 9),
        ("PercentChangeInCapacity", -25, 0, 8),
        ("PercentChangeInCapacity", 10, 4, 14),
        ("PercentChangeInCapacity", -10, 4, 6),
        ("PercentChangeInCapacity", 0, 4, 10),
    ],
)
def test_an_adjustment_is_a_change_a_share_or_a_number(
    kind: str, adjustment: int, least: int, capacity: int
) -> None:
    step = policy({"MetricIntervalLowerBound": 0, "ScalingAdjustment": adjustment}, kind=kind)
    step["MinAdjustmentMagnitude"] = least

    assert wanted_capacity(step, 10, 1, is_above=True) == capacity


@pytest.mark.fact("§9 target tracking: capacity = ceil(current * metric / target)")
@pytest.mark.parametrize(
    ("capacity", "value", "alarm", "wanted"),
    [
        (2, 12, "high", 5),
        (2, 10, "high", 4),
        (0, 12, "high", 3),
        (4, 2, "low", 2),
        (1, 0, "low", 0),
    ],
)
def test_tracking_aims_at_its_target(capacity: int, value: float, alarm: str, wanted: int) -> None:
    assert aimed_at(5, capacity, value, is_above=alarm == "high") == wanted
