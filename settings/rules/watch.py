"""Alarms: that there is something to watch for, and somebody to tell. Rules GA951 to GA959."""

from collections.abc import Callable, Iterator, Mapping

from settings import limits
from settings.defaults import default_of
from settings.draft import Draft
from settings.problems import Finding
from settings.rules.rule import rule

_THRESHOLDS = "watch.thresholds"
_LATENCY = f"{_THRESHOLDS}.latencySeconds"


def _has_gpu(draft: Draft) -> bool | None:
    if draft.mode == "serverless":
        return False
    if not draft.machines:
        return None
    kinds = [machine.instance.accelerators for machine in draft.machines]
    return any(kind is not None and kind.are_nvidia_gpus for kind in kinds)


# Whether a stack has what the alarm of a threshold watches (None: it cannot be told), and what it lacks otherwise.
_WATCHED: Mapping[str, tuple[Callable[[Draft], bool | None], str]] = {
    "overheadSeconds": (
        lambda draft: draft.mode != "async",
        "an endpoint of the mode async publishes no such metric",
    ),
    "gpuMemoryPercent": (_has_gpu, "no instance of the stack has a GPU"),
    "diskPercent": (
        lambda draft: draft.mode != "serverless",
        "a serverless endpoint has no instance",
    ),
    "idleHours": (
        lambda draft: draft.mode != "serverless",
        "a serverless endpoint has no instance",
    ),
    "backlog": (lambda draft: draft.mode == "async", "only the mode async has a queue"),
    "oldestRequestSeconds": (
        lambda draft: draft.mode == "async",
        "only the mode async has a queue",
    ),
    "failedRequests": (
        lambda draft: draft.mode == "async",
        "only the mode async has such requests",
    ),
    "failedReplyPercent": (
        lambda draft: draft.value("invoker.metrics", bool),
        "invoker.metrics is false, so nobody counts replies",
    ),
    "deadLetters": (
        lambda draft: (
            draft.value("invoker.inputs.enabled", bool) is not False
            or draft.value("invoker.asynchronous.onFailure", bool) is not False
        ),
        "no queue of what failed is made: inputs are off, and failed events are not kept",
    ),
}


@rule(951)
def threshold_has_an_alarm(draft: Draft) -> Iterator[Finding]:
    """A threshold of what a stack does not publish is no alarm, though it reads like one.

    https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html and
    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
    """
    if draft.mode is None:
        return
    for key, said in draft.group(_THRESHOLDS).items():
        is_there, lacking = _WATCHED.get(key, (lambda _: None, ""))
        # Pulumi.yaml says the default of every threshold.
        is_default = said == default_of((*_THRESHOLDS.split("."), key))
        if is_there(draft) is False and not is_default:
            yield Finding(
                draft.key(f"{_THRESHOLDS}.{key}"), f"watches nothing: {lacking}", "remove it"
            )


@rule(952)
def latency_can_be_reached(draft: Draft) -> Iterator[Finding]:
    """SageMaker ends a whole reply after 60 seconds: no request is slower than that, and the alarm never goes off.

    Streams may take eight minutes, and asynchronous requests an hour:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
    """
    seconds, streams = draft.value(_LATENCY, float), draft.value("invoker.streaming", bool)
    if seconds is None or draft.mode in {None, "async"} or streams is not False:
        return
    if seconds >= limits.REAL_TIME_SECONDS:
        yield Finding(
            draft.key(_LATENCY),
            f"is {seconds:g}, and SageMaker ends a request after {limits.REAL_TIME_SECONDS} seconds",
            f"write less than {limits.REAL_TIME_SECONDS}, best what callers are ready to wait",
        )


@rule(953)
def alarm_that_notifies_is_made(draft: Draft) -> Iterator[Finding]:
    """An alarm that is not made tells nobody."""
    notify, without = draft.value("watch.notify", list), draft.value("watch.without", list)
    if not draft.is_said("watch.notify") or not notify or not without:
        return
    for alarm in notify:
        if alarm in without:
            yield Finding(
                draft.key("watch.notify"),
                f"names {alarm}, which watch.without leaves out",
                f"remove {alarm} from one of them",
            )


@rule(954)
def subscribers_have_a_topic_of_the_stack(draft: Draft) -> Iterator[Finding]:
    """Who hears of a topic is the business of whoever owns it; the stack subscribes to the one that it makes."""
    if draft.value("watch.subscribers", list) and draft.value("watch.topicArn", str):
        yield Finding(
            draft.key("watch.subscribers"),
            "are given, and watch.topicArn names a topic that the stack does not make",
            "subscribe them to that topic yourself, or remove topicArn",
        )


@rule(955)
def alarm_key_has_a_topic_of_the_stack(draft: Draft) -> Iterator[Finding]:
    """A key for the topic does nothing where none is made."""
    key = "keys.alarmsArn"
    if not draft.value(key, str):
        return
    if draft.value("watch.topicArn", str):
        yield Finding(
            draft.key(key),
            "is for the topic of alarms, and watch.topicArn names one that the stack does not make",
            "remove it: the topic's owner encrypts it",
        )
    elif draft.value("watch.enabled", bool) is False:
        yield Finding(
            draft.key(key),
            "is for the topic of alarms, and watch.enabled is false",
            "remove it, or write enabled: true",
        )


@rule(956)
def what_is_watched_is_switched_on(draft: Draft) -> Iterator[Finding]:
    """While nothing is watched, what it is watched by does nothing."""
    if draft.value("watch.enabled", bool) is False:
        for key in draft.group("watch"):
            if key != "enabled":
                yield Finding(
                    draft.key(f"watch.{key}"),
                    "does nothing while watch.enabled is false",
                    "remove it, or write enabled: true",
                )
