"""The alarms on the function, on its replies and on the queues of what failed."""

from collections.abc import Iterator, Mapping

import pulumi

from components.alarm_condition import AT_LEAST, Condition
from components.metrics import FUNCTIONS, MILLISECONDS_PER_SECOND, QUEUES, Math, Metric
from components.watching.args import WatchedFunctionArgs
from components.watching.thresholds import Thresholds
from components.watching.watch_alarm import WatchAlarm

# Of the function's replies: what a caller did wrong, and what is only not ready yet, is left out. A test holds them
# against handlers/errors.py.
FAILED_STATUSES = ("429", "500", "502", "503", "504", "507")


def function_alarms(
    function: WatchedFunctionArgs, endpoint_name: pulumi.Input[str], limits: Thresholds
) -> Iterator[WatchAlarm]:
    """Every alarm that the function can have."""
    namespace = function.get("metrics_namespace")
    if namespace:
        share = failed_replies(namespace, endpoint_name)
        condition = Condition(share, limits.failed_reply_percent)
        yield WatchAlarm("failed-replies", condition, hurts_users=True)
    for of, name in function["function_names"].items():
        yield from _of_one_function(name, of, function, limits)
    for key, queue_name in failure_queues(function).items():
        messages = Metric(
            QUEUES, "ApproximateNumberOfMessagesVisible", {"QueueName": queue_name}
        ).by("Maximum")
        condition = Condition(messages, limits.dead_letters, comparison=AT_LEAST).lasting(1)
        yield WatchAlarm(key, condition)


def failed_replies(namespace: str, endpoint_name: pulumi.Input[str]) -> Math:
    """Return the share of the replies that failed, in percent, by the function's own metrics."""
    by_status = {
        f"s{status}": Metric(
            namespace, "Requests", {"Endpoint": endpoint_name, "Status": status}
        ).by("Sum")
        for status in FAILED_STATUSES
    }
    every = Metric(namespace, "Requests", {"Endpoint": endpoint_name}).by("Sum")
    return Math(
        f"100*SUM([{','.join(by_status)}])/r", "Failed replies (%)", {**by_status, "r": every}
    )


def failure_queues(function: WatchedFunctionArgs) -> Mapping[str, pulumi.Input[str]]:
    """Return the queues of what failed for good, by the alarm on each."""
    queues = {
        "dead-letters": function.get("dead_letter_queue_name"),
        "failed-events": function.get("failed_events_queue_name"),
    }
    return {key: name for key, name in queues.items() if name is not None}


def _of_one_function(
    name: pulumi.Input[str], of: str, function: WatchedFunctionArgs, limits: Thresholds
) -> Iterator[WatchAlarm]:
    dimensions = {"FunctionName": name}
    runs = Metric(FUNCTIONS, "Invocations", dimensions).by("Sum")
    errors = Metric(FUNCTIONS, "Errors", dimensions).by("Sum")
    failed = Math("IF(i>0,100*e/i,0)", "Failed runs (%)", {"e": errors, "i": runs})
    condition = Condition(failed, limits.function_error_percent)
    yield WatchAlarm("function-errors", condition, of, hurts_users=True)
    throttles = Metric(FUNCTIONS, "Throttles", dimensions).by("Sum")
    # A call that is refused is no invocation, so a minute may have throttles alone.
    refused = Math("100*t/SUM([i,t])", "Throttled calls (%)", {"t": throttles, "i": runs})
    condition = Condition(refused, limits.throttled_percent)
    yield WatchAlarm("throttles", condition, of, hurts_users=True)
    longest = Metric(FUNCTIONS, "Duration", dimensions).by("Maximum")
    limit = pulumi.Output.from_input(function["timeout_seconds"]).apply(
        lambda seconds: seconds * MILLISECONDS_PER_SECOND * limits.duration_percent / 100
    )
    yield WatchAlarm("duration", Condition(longest, limit), of)
