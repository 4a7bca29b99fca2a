"""How many metrics the alarms of a stack look at, which is what they are billed by.

`components/watching` makes the alarms; a test holds the numbers here against them, mode by mode.
"""

from collections import Counter

from catalog.errors import CatalogError
from catalog.instances import lookup_instance
from settings.stack_settings import StackSettings

_FAILED_REPLIES = 7  # a metric for each status that is the stack's fault, and one for all replies
_HURTING = frozenset(
    {
        *("latency", "errors", "oldest-request", "failed-requests"),
        *("failed-replies", "function-errors", "throttles"),
    }
)


def watched_metrics(settings: StackSettings) -> int:
    """Return how many metrics are billed; an alarm on an expression looks at each metric in it."""
    return _metrics_by_alarm(settings).total()


def wakes_people(settings: StackSettings) -> bool:
    """Whether there is an alarm that callers feel, and so the one over all of these."""
    hurting = _HURTING
    if settings.endpoint.mode == "async":
        hurting -= {"latency"}  # nobody waits
    return not hurting.isdisjoint(_metrics_by_alarm(settings))


def _metrics_by_alarm(settings: StackSettings) -> Counter[str]:
    if not settings.watch.enabled:
        return Counter()
    metrics = _of_function(settings)
    if settings.endpoint.enabled:
        metrics += _of_endpoint(settings)
    for alarm in settings.watch.without:
        del metrics[alarm]
    return metrics


def _of_endpoint(settings: StackSettings) -> Counter[str]:
    endpoint = settings.endpoint
    is_async = endpoint.mode == "async"
    has_latency = not is_async or settings.watch.thresholds.latency_seconds is not None
    of_a_share = 1 if is_async else 2
    metrics: Counter[str] = Counter()
    types = [endpoint.instance_type]
    types += [each.instance_type or endpoint.instance_type for each in endpoint.variants.values()]
    for instance_type in types:
        metrics["latency"] += int(has_latency)
        metrics["errors"] += of_a_share
        metrics["model-errors"] += of_a_share
        metrics["overhead"] += int(not is_async)
        if endpoint.mode != "serverless":
            metrics["gpu-memory"] += int(_has_gpu(instance_type))
            metrics["disk"] += 1
            metrics["idle"] += 2
        metrics["failed-requests"] += 2 * is_async
    if is_async:
        metrics["backlog"] = metrics["oldest-request"] = 1
    return +metrics


def _of_function(settings: StackSettings) -> Counter[str]:
    invoker = settings.invoker
    functions = 2 if invoker.streaming else 1
    metrics = Counter({"function-errors": 2, "throttles": 2, "duration": 1})
    metrics = Counter({alarm: count * functions for alarm, count in metrics.items()})
    if invoker.metrics:
        metrics["failed-replies"] = _FAILED_REPLIES
    if invoker.inputs.enabled:
        metrics["dead-letters"] = 1
    if invoker.asynchronous.on_failure:
        metrics["failed-events"] = 1
    return metrics


def _has_gpu(instance_type: str | None) -> bool:
    try:
        accelerators = lookup_instance(instance_type or "").accelerators
    except CatalogError:
        return False
    return bool(accelerators and accelerators.are_nvidia_gpus)
