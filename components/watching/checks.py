"""What an Observability's arguments must not contradict, told all at once and before anything is registered."""

from collections.abc import Iterator

import pulumi

from components.watching.args import DEFAULT_NOTIFYING, ObservabilityArgs
from components.watching.topic import protocol_of
from components.watching.watch_alarm import KEYS


class ObservabilityArgsError(pulumi.RunError):
    """The arguments of an Observability contradict each other.

    A `RunError`, so that `pulumi up` ends with the message and without a stack trace.
    """


def check(name: str, args: ObservabilityArgs) -> None:
    """Refuse arguments that nothing can be watched by.

    Raises:
        ObservabilityArgsError: naming every contradiction.
    """
    problems = list(_problems(args))
    if problems:
        raise ObservabilityArgsError("\n".join(f"{name}: {problem}" for problem in problems))


def notifying(args: ObservabilityArgs) -> frozenset[str]:
    """Return the alarms that tell the topic by themselves."""
    return frozenset(args.get("notify", DEFAULT_NOTIFYING))


def _problems(args: ObservabilityArgs) -> Iterator[str]:
    without, notify = args.get("without", ()), args.get("notify", ())
    for argument, keys in {"without": without, "notify": notify}.items():
        for key in keys:
            if key not in KEYS:
                yield f"{argument} must be of {', '.join(KEYS)}, got {key!r}"
    for key in sorted({*without} & {*notify}):
        yield f"{key} is in without, so that it cannot notify"
    subscribers = args.get("subscribers", ())
    if subscribers and args.get("topic_arn") is not None:
        yield "subscribers are for the topic made here; whoever owns topic_arn subscribes them"
    for subscriber in subscribers:
        if protocol_of(subscriber) is None:
            yield (
                "subscribers must be e-mail addresses, https:// URLs or ARNs of queues or functions, "
                f"got {subscriber!r}"
            )
