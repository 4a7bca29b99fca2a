"""What Application Auto Scaling refuses of a policy or a scheduled action for SageMaker.

Predefined metrics and their dimensions:
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html (copy of
2025-26).
The wording is ours.
"""

from datetime import UTC, datetime
from typing import Any

from catalog.schedules import Schedule, ScheduleError

Members = dict[str, Any]
INSTANCES = "sagemaker:variant:DesiredInstanceCount"
PROVISIONED = "sagemaker:variant:DesiredProvisionedConcurrency"
COPIES = "sagemaker:inference-component:DesiredCopyCount"
_METRICS = {
    INSTANCES: {
        "SageMakerVariantInvocationsPerInstance",
        "SageMakerVariantConcurrentRequestsPerModelHighResolution",
    },
    PROVISIONED: {"SageMakerVariantProvisionedConcurrencyUtilization"},
    COPIES: {
        "SageMakerInferenceComponentInvocationsPerCopy",
        "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
    },
}
_CONFIGURATIONS = {
    "StepScaling": "StepScalingPolicyConfiguration",
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
}


def policy_problem(policy: Members, dimension: str) -> str | None:
    """Return why a scaling policy is refused for a dimension, or None if it is not."""
    kind = policy.get("PolicyType", "StepScaling")
    member = _CONFIGURATIONS.get(kind)
    if member is None or member not in policy:
        return f"The local account plays {kind} only with its own configuration: {member}."
    configuration = policy[member]
    if kind == "StepScaling":
        return _step_problem(configuration)
    return _tracking_problem(configuration, dimension)


def action_problem(action: Members, *, is_new: bool) -> str | None:
    """Return why a scheduled action is refused, or None if it is not; a new one needs all of it."""
    change = action.get("ScalableTargetAction", {})
    least, greatest = change.get("MinCapacity"), change.get("MaxCapacity")
    if is_new and "Schedule" not in action:
        return "Schedule is required for a new scheduled action."
    if "Schedule" in action and (problem := _schedule_problem(action)):
        return problem
    if is_new and not change:
        return "ScalableTargetAction needs MinCapacity or MaxCapacity."
    if least is not None and greatest is not None and least > greatest:
        return "Maximum capacity cannot be less than minimum capacity"
    return None


def _schedule_problem(action: Members) -> str | None:
    try:
        schedule = Schedule.of(action)
    except ScheduleError as wrong:
        return str(wrong)
    if schedule.next_after(datetime.now(UTC)) is None:
        return f"The schedule {action['Schedule']} is never due: the time is in the past."
    return None


def _step_problem(step: Members) -> str | None:
    is_whole = step.get("StepAdjustments") and "AdjustmentType" in step
    return (
        None if is_whole else "A step scaling policy needs an AdjustmentType and StepAdjustments."
    )


def _tracking_problem(tracking: Members, dimension: str) -> str | None:
    predefined = tracking.get("PredefinedMetricSpecification")
    if (predefined is None) == ("CustomizedMetricSpecification" not in tracking):
        return "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification is needed."
    metric = predefined["PredefinedMetricType"] if predefined else None
    if metric is None or metric in _METRICS[dimension]:
        return None
    usable = ", ".join(sorted(_METRICS[dimension]))
    return f"The predefined metric {metric} cannot be used for {dimension}; these can: {usable}."
