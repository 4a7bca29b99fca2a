"""What Lambda publishes about each function, as its metrics are named.

Facts: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html, read in November 2026.
"""

from rehearsal.account.cloudwatch.metrics import Observation, Unit, observe
from rehearsal.account.functions.function_lookup import Target

_NAMESPACE = "AWS/Lambda"


def count_invocation(target: Target, *, failed: bool, milliseconds: float) -> None:
    """One invocation ran to its end."""
    _tell(target, "Invocations", 1)
    _tell(target, "Errors", int(failed))
    _tell(target, "Duration", milliseconds, "Milliseconds")
    _tell(target, "Throttles", 0)


def count_throttle(target: Target) -> None:
    """An invocation was refused for want of a free place; it is no invocation and no error."""
    _tell(target, "Throttles", 1)


def tell_concurrency(target: Target, running: int) -> None:
    """So many invocations of the function run at the moment."""
    _tell(target, "ConcurrentExecutions", running)


def count_event(target: Target, name: str) -> None:
    """Something befell an asynchronous event: `AsyncEventsDropped`, `DeadLetterErrors` and the like."""
    _tell(target, name, 1)


def _tell(target: Target, name: str, value: float, unit: Unit = "Count") -> None:
    function = {"FunctionName": target.name}
    by = [function]
    if target.qualifier:
        by.append({**function, "Resource": f"{target.name}:{target.qualifier}"})
    for dimensions in by:
        observe(Observation(target.region, _NAMESPACE, name, dimensions, value, unit))
