"""In which steps an update takes an endpoint's traffic from the old fleet to the new one.

Facts: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html, the pages below it and
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_RollingUpdatePolicy.html (read 2026-11-25). Not
confirmed: that the last step is followed by a baking period like any other, and that alarms count during
TerminationWaitInSeconds.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Members = dict[str, Any]
_WHOLE = Fraction(1)
_WITHOUT_GUARDRAILS = "ml.inf1."


@dataclass(frozen=True)
class DeploymentPlan:
    """How one deployment goes, in AWS's own seconds."""

    shares: tuple[Fraction, ...] = (_WHOLE,)
    """Of the traffic, what the new fleet has after each step."""
    baking_seconds: int = 0
    """How long alarms are looked at after each step."""
    termination_wait_seconds: int = 0
    """How long the old fleet stays after the last step."""
    longest_seconds: int | None = None
    """How long it may take; None for as long as it takes."""
    rollback_batch: Fraction = _WHOLE
    """Of the traffic, what goes back to the old fleet at each step of a rollback."""
    is_rolling: bool = False
    """Whether the old fleet shrinks as the new one grows."""
    alarms: tuple[str, ...] = ()
    """Names of the alarms that cause a rollback."""

    def rollback_shares(self, share: Fraction) -> list[Fraction]:
        """Return what the new fleet still has after each step back from a share."""
        count = math.ceil(share / self.rollback_batch)
        return [
            max(Fraction(0), share - step * self.rollback_batch) for step in range(1, count + 1)
        ]


def plan_of(deployment: Members | None, configuration: Members) -> DeploymentPlan:
    """Return how an endpoint comes to a configuration; without a DeploymentConfig all at once.

    Args:
        deployment: a sound DeploymentConfig.
        configuration: the endpoint configuration that the endpoint comes to.
    """
    variants = configuration["ProductionVariants"]
    if deployment is None or any(
        variant.get("InstanceType", "").startswith(_WITHOUT_GUARDRAILS) for variant in variants
    ):
        return DeploymentPlan()
    instances = max(variant.get("InitialInstanceCount", 1) for variant in variants)
    alarms = deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    names = tuple(alarm["AlarmName"] for alarm in alarms)
    if rolling := deployment.get("RollingUpdatePolicy"):
        whole = {"Type": "CAPACITY_PERCENT", "Value": 100}
        return DeploymentPlan(
            _in_steps_of(_part(rolling["MaximumBatchSize"], instances)),
            rolling["WaitIntervalInSeconds"],
            longest_seconds=rolling.get("MaximumExecutionTimeoutInSeconds"),
            rollback_batch=_part(rolling.get("RollbackMaximumBatchSize", whole), instances),
            is_rolling=True,
            alarms=names,
        )
    policy = deployment["BlueGreenUpdatePolicy"]
    routing = policy["TrafficRoutingConfiguration"]
    return DeploymentPlan(
        _blue_green_shares(routing, instances),
        routing["WaitIntervalInSeconds"],
        policy.get("TerminationWaitInSeconds", 0),
        policy.get("MaximumExecutionTimeoutInSeconds"),
        alarms=names,
    )


def _blue_green_shares(routing: Members, instances: int) -> tuple[Fraction, ...]:
    match routing["Type"]:
        case "CANARY":
            canary = _part(routing["CanarySize"], instances)
            return (_WHOLE,) if canary == _WHOLE else (canary, _WHOLE)
        case "LINEAR":
            return _in_steps_of(_part(routing["LinearStepSize"], instances))
        case _:
            return (_WHOLE,)


def _in_steps_of(part: Fraction) -> tuple[Fraction, ...]:
    return tuple(min(_WHOLE, part * step) for step in range(1, math.ceil(1 / part) + 1))


def _part(size: Members, instances: int) -> Fraction:
    """Return what part of a fleet a CapacitySize is."""
    whole = 100 if size["Type"] == "CAPACITY_PERCENT" else max(1, instances)
    return min(_WHOLE, Fraction(size["Value"], whole))
