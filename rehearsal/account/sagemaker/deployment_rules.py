"""What CreateEndpoint and UpdateEndpoint refuse of a DeploymentConfig.

Facts: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html and the pages below it
(as archived in 2023), and botocore's documentation of the members. The wording is ours.
"""

from collections.abc import Iterator
from typing import Any

Members = dict[str, Any]
_SIZE_MEMBERS = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}
_LARGEST_PART_PERCENT = 50
_SMALLEST_PERCENT = {"LinearStepSize": 10, "MaximumBatchSize": 5}


def deployment_problem(deployment: Members, configuration: Members) -> str | None:
    """Return why a DeploymentConfig is refused for an endpoint configuration, or None if it is not."""
    return next(_problems(deployment, configuration), None)


def _problems(deployment: Members, configuration: Members) -> Iterator[str]:
    blue_green = deployment.get("BlueGreenUpdatePolicy")
    rolling = deployment.get("RollingUpdatePolicy")
    if (blue_green is None) == (rolling is None):
        yield "DeploymentConfig needs exactly one of BlueGreenUpdatePolicy and RollingUpdatePolicy."
    if rolling is not None:
        variants = configuration["ProductionVariants"]
        if len(variants) > 1 or any("ServerlessConfig" in variant for variant in variants):
            yield "RollingUpdatePolicy supports only one production variant, with instances."
        yield from _size_problems("MaximumBatchSize", rolling["MaximumBatchSize"])
    if blue_green is not None:
        yield from _blue_green_problems(blue_green)


def _blue_green_problems(policy: Members) -> Iterator[str]:
    routing = policy["TrafficRoutingConfiguration"]
    wanted = _SIZE_MEMBERS.get(routing["Type"])
    for member in _SIZE_MEMBERS.values():
        if (member in routing) != (member == wanted):
            verb = "needs" if member == wanted else "cannot have"
            yield f"TrafficRoutingConfiguration of Type {routing['Type']} {verb} a {member}."
    if wanted:
        yield from _size_problems(wanted, routing[wanted])
    longest = policy.get("MaximumExecutionTimeoutInSeconds")
    waits = routing["WaitIntervalInSeconds"] + policy.get("TerminationWaitInSeconds", 0)
    if longest is not None and longest <= waits:
        yield "MaximumExecutionTimeoutInSeconds must be larger than all waits together."


def _size_problems(member: str, size: Members) -> Iterator[str]:
    least = _SMALLEST_PERCENT.get(member, 1)
    if size["Type"] == "CAPACITY_PERCENT" and not least <= size["Value"] <= _LARGEST_PART_PERCENT:
        yield f"{member} must be {least} to {_LARGEST_PART_PERCENT} percent of the capacity."
