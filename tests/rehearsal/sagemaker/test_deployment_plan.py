"""In which steps a DeploymentConfig takes the traffic across."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.account.sagemaker.deployment_plan import DeploymentPlan, plan_of
from tests.rehearsal.sagemaker.updates import blue_green, instances, percent


def on(count: int, instance_type: str = "ml.m5.large") -> dict[str, Any]:
    variant = {"InstanceType": instance_type, "InitialInstanceCount": count}
    return {"ProductionVariants": [variant]}


def rolling(size: dict[str, Any], **more: Any) -> dict[str, Any]:
    policy = {"MaximumBatchSize": size, "WaitIntervalInSeconds": 60, **more}
    return {"RollingUpdatePolicy": policy}


@pytest.mark.fact("§1 DeploymentConfig: sizes are numbers of instances or percents of the fleet")
@pytest.mark.parametrize(
    ("deployment", "count", "percents"),
    [
        (None, 4, [100]),
        (blue_green(), 4, [100]),
        (blue_green("CANARY", CanarySize=percent(10)), 1, [10, 100]),
        (blue_green("CANARY", CanarySize=instances(1)), 4, [25, 100]),
        (blue_green("CANARY", CanarySize=instances(1)), 1, [100]),
        (blue_green("LINEAR", LinearStepSize=percent(30)), 1, [30, 60, 90, 100]),
        (blue_green("LINEAR", LinearStepSize=instances(2)), 5, [40, 80, 100]),
        (rolling(percent(50)), 2, [50, 100]),
        (rolling(instances(1)), 4, [25, 50, 75, 100]),
    ],
)
def test_traffic_goes_across_in_these_steps(
    deployment: dict[str, Any] | None, count: int, percents: list[int]
) -> None:
    plan = plan_of(deployment, on(count))

    assert [share * 100 for share in plan.shares] == percents


def test_inferentia_1_has_neither_steps_nor_alarms() -> None:
    deployment = {
        **blue_green("LINEAR", LinearStepSize=percent(10)),
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]},
    }

    assert plan_of(deployment, on(4, "ml.inf1.xlarge")) == DeploymentPlan()


def test_a_rollback_is_all_at_once_unless_it_has_a_batch_size() -> None:
    at_once, in_batches = (
        plan_of(rolling(percent(50), **more), on(4))
        for more in ({}, {"RollbackMaximumBatchSize": instances(1)})
    )

    assert at_once.rollback_shares(Fraction(1, 2)) == [0]
    assert in_batches.rollback_shares(Fraction(1, 2)) == [Fraction(1, 4), 0]


@given(st.integers(1, 100), st.integers(1, 100))
def test_every_way_across_ends_with_all_of_the_traffic(value: int, count: int) -> None:
    for size in (percent(value), instances(value)):
        plan = plan_of(rolling(size, RollbackMaximumBatchSize=size), on(count))

        shares = list(plan.shares)
        assert shares == sorted(set(shares))
        assert shares[-1] == 1
        back = plan.rollback_shares(shares[0])
        assert back == sorted(set(back), reverse=True)
        assert back[-1] == 0
