"""The two halves of what wakes something that sleeps: a step policy, and the alarm that sets it off."""

from typing import Any

from tests.rehearsal.tenant import Tenant, unique

Members = dict[str, Any]


def wake_up(
    tenant: Tenant, target: Members, alarm: Members, aggregation: str, cooldown: int
) -> None:
    """Add one copy or instance to `target` when `alarm`, which tells its metric, goes off; `cooldown` in AWS's seconds."""
    policy = tenant.client("application-autoscaling").put_scaling_policy(
        **target,
        PolicyName="wake-up",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "MetricAggregationType": aggregation,
            "Cooldown": cooldown,
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
        },
    )
    tenant.client("cloudwatch").put_metric_alarm(
        AlarmName=unique("alarm"),
        Namespace="AWS/SageMaker",
        Period=60,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[policy["PolicyARN"]],
        **alarm,
    )
