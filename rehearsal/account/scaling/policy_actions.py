"""What a scaling policy makes of an alarm that calls it."""

from typing import Any

from moto.cloudwatch.models import Alarm, cloudwatch_backends

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.cloudwatch.alarm_watch import latest_value
from rehearsal.account.scaling.scaler import Cooldowns, Scaler
from rehearsal.account.scaling.step_policy import wanted_capacity
from rehearsal.account.scaling.tracking_policy import aimed_at

Members = dict[str, Any]
_DEFAULT_COOLDOWN_SECONDS = 300


def act(
    policy: Members, others: list[Members], target: Members, alarm: Alarm, scaler: Scaler
) -> None:
    """Scale a target as one of its policies wants, now that `alarm` calls it; `others` are its other policies."""
    key = (policy["ResourceId"], policy["ScalableDimension"])
    cause = (
        f"monitor alarm {alarm.name} in state {alarm.state_value} triggered policy "
        f"{policy['PolicyName']}"
    )
    is_above = alarm.comparison_operator.startswith("Greater")
    value = latest_value(alarm)
    if policy["PolicyType"] == "StepScaling":
        step = policy["StepScalingPolicyConfiguration"]
        # An alarm that somebody set has no value: it is taken for one that is just at its threshold.
        excess = 0.0 if value is None else value - alarm.threshold
        seconds = step.get("Cooldown", _DEFAULT_COOLDOWN_SECONDS)
        scaler.follow(
            key,
            target,
            lambda capacity: wanted_capacity(step, capacity, excess, is_above=is_above),
            cause,
            Cooldowns(seconds, seconds),
        )
        return
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    if value is None or (not is_above and not _may_scale_in(policy, others)):
        return
    scaler.follow(
        key,
        target,
        lambda capacity: aimed_at(tracking["TargetValue"], capacity, value, is_above=is_above),
        cause,
        Cooldowns(
            tracking.get("ScaleOutCooldown", _DEFAULT_COOLDOWN_SECONDS),
            tracking.get("ScaleInCooldown", _DEFAULT_COOLDOWN_SECONDS),
        ),
    )


def _may_scale_in(policy: Members, others: list[Members]) -> bool:
    """Several policies that track a target scale in only if all of them that may are for it.

    https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
    """
    return _scales_in(policy) and all(map(_is_for_less, filter(_scales_in, others)))


def _scales_in(policy: Members) -> bool:
    tracking = policy.get("TargetTrackingScalingPolicyConfiguration")
    return tracking is not None and not tracking.get("DisableScaleIn", False)


def _is_for_less(policy: Members) -> bool:
    for each in policy["Alarms"]:
        if "-AlarmLow-" in each["AlarmName"]:
            alarms = cloudwatch_backends[ACCOUNT_ID][each["AlarmARN"].split(":")[3]].alarms
            alarm = alarms.get(each["AlarmName"])
            return alarm is not None and alarm.state_value == "ALARM"
    return False
