"""The alarms that return an update to the old fleet."""

from collections.abc import Iterator

import pulumi
from pulumi_aws import cloudwatch

from components.alarm_condition import Condition
from components.endpoint.args import GenAIEndpointArgs
from components.endpoint.feature_args import RolloutArgs
from components.endpoint.variant_metrics import failed_percent, model_latency
from components.metrics import MICROSECONDS_PER_SECOND, Dimensions
from components.modes import ASYNC, MAIN_VARIANT, REALTIME

ALARMS_PER_VARIANT = 2
DEFAULT_MAX_ERROR_PERCENT = 5.0
DEFAULT_MAX_LATENCY_SECONDS = 30.0


def wants_rollback(args: GenAIEndpointArgs) -> bool:
    """Whether an update is to be watched at all."""
    rollout = args.get("rollout")
    return rollout is not None and rollout.get("rollback", True)


def make_rollback_alarms(
    name: str, args: GenAIEndpointArgs, parent: pulumi.Resource
) -> list[cloudwatch.MetricAlarm]:
    """Register an alarm on errors and one on latency for every variant that answers callers.

    None if no rollback is wanted, and none on latency without a threshold for it.

    They are made before the endpoint, which names them; so their names and dimensions are made from the
    endpoint's name, not from the endpoint. The names are fixed: the endpoint would be replaced if one changed.
    Their dimensions are the variant's, which the new fleet shares with the old one.
    """
    rollout = args.get("rollout")
    if rollout is None or not wants_rollback(args):
        return []
    alarms: list[cloudwatch.MetricAlarm] = []
    for variant in [MAIN_VARIANT, *args.get("extra_variants", {})]:
        suffix = "" if variant == MAIN_VARIANT else f"-{variant}"
        dimensions = {"EndpointName": args["endpoint_name"], "VariantName": variant}
        for reason, description, condition in _conditions(args, rollout, dimensions):
            alarms.append(
                cloudwatch.MetricAlarm(
                    f"{name}{suffix}-rollback-{reason}",
                    name=pulumi.Output.concat(args["endpoint_name"], f"{suffix}-rollback-{reason}"),
                    alarm_description=f"{description}: roll an update back",
                    tags=args.get("tags"),
                    opts=pulumi.ResourceOptions(parent=parent),
                    **condition.members(),
                )
            )
    return alarms


def _conditions(
    args: GenAIEndpointArgs, rollout: RolloutArgs, dimensions: Dimensions
) -> Iterator[tuple[str, str, Condition]]:
    """What an alarm is named after, what it says, and when it goes off."""
    failed = failed_percent(dimensions, is_async=args.get("mode", REALTIME) == ASYNC)
    percent = rollout.get("max_error_percent", DEFAULT_MAX_ERROR_PERCENT)
    yield "errors", "Too many requests fail", Condition(failed, percent)
    seconds = rollout.get("max_latency_seconds", DEFAULT_MAX_LATENCY_SECONDS)
    if seconds is not None:
        slowest = model_latency(dimensions).by("p99")
        microseconds = seconds * MICROSECONDS_PER_SECOND
        yield "latency", "The model is too slow", Condition(slowest, microseconds)
