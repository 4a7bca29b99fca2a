"""What whoever watches a function has to know of it."""

from typing import NamedTuple

import pulumi

from components.invoker.args import DEFAULT_TIMEOUT_SECONDS, InvokerFunctionArgs
from components.invoker.inputs_queue import InputQueues
from components.invoker.queues import Queue
from components.watching.args import WatchedFunctionArgs

STREAMING = "streaming"


class Made(NamedTuple):
    """What the options made of a function."""

    function_name: pulumi.Output[str]
    streaming_function_name: pulumi.Output[str] | None
    log_group_name: pulumi.Output[str]
    queues: InputQueues | None
    failed_events: Queue | None


def watched_function(args: InvokerFunctionArgs, made: Made) -> WatchedFunctionArgs:
    """Describe the function, the one beside it that streams, and its queues."""
    names: dict[str, pulumi.Input[str]] = {"": made.function_name}
    if made.streaming_function_name is not None:
        names[STREAMING] = made.streaming_function_name
    queues = made.queues
    return {
        "function_names": names,
        "timeout_seconds": args.get("timeout_seconds", DEFAULT_TIMEOUT_SECONDS),
        "log_group_name": made.log_group_name,
        "metrics_namespace": args.get("metrics_namespace"),
        "inputs_queue_name": _name(queues and queues.inputs),
        "dead_letter_queue_name": _name(queues and queues.dead_letters),
        "failed_events_queue_name": _name(made.failed_events),
    }


def _name(queue: Queue | None) -> pulumi.Output[str] | None:
    """CloudWatch knows a queue by its name, which is the last part of its ARN."""
    return None if queue is None else queue.arn.apply(lambda arn: arn.rpartition(":")[2])
