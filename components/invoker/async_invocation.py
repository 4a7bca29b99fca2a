"""What Lambda does with events that nobody waits for, when the function fails.

Always said, because Lambda's own default runs a failed event twice more.
"""

import pulumi
from pulumi_aws import lambda_

from components.invoker.args import InvokerFunctionArgs
from components.invoker.entrance import Entrance
from components.invoker.feature_args import (
    DEFAULT_MAX_AGE_SECONDS,
    DEFAULT_RETRIES,
    AsyncInvokeArgs,
)
from components.invoker.place import Place
from components.invoker.queues import Queue, let_send_messages, make_queue


def keeps_failed_events(args: InvokerFunctionArgs) -> bool:
    """Whether events that failed for good go to a queue."""
    asynchronous = args.get("asynchronous")
    return asynchronous is not None and asynchronous.get("on_failure", True)


def make_async_invocation(
    name: str, args: InvokerFunctionArgs, entrance: Entrance, place: Place
) -> Queue | None:
    """Register how often and how long an event is tried; return the queue of those that failed for good, if any."""
    parent, failed_events, may_send = place.parent, None, None
    if keeps_failed_events(args):
        failed_events = make_queue(f"{name}-failed-events", args, parent)
        may_send = let_send_messages(f"{name}-send-failed-events", args, failed_events, place)
    wanted = args.get("asynchronous") or AsyncInvokeArgs()
    lambda_.FunctionEventInvokeConfig(
        f"{name}-async",
        function_name=entrance.function_name,
        qualifier=entrance.qualifier,
        maximum_retry_attempts=wanted.get("retries", DEFAULT_RETRIES),
        maximum_event_age_in_seconds=wanted.get("max_age_seconds", DEFAULT_MAX_AGE_SECONDS),
        destination_config=(
            {"on_failure": {"destination": failed_events.arn}} if failed_events else None
        ),
        # Lambda refuses a destination that the function's role cannot send to.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=may_send),
    )
    return failed_events
