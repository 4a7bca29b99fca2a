"""How a changed configuration takes over. Rules GA401 to GA419."""

from collections.abc import Iterator
from math import ceil

from settings import limits
from settings.draft import Draft
from settings.problems import Finding
from settings.rules.figures import is_never_scaled
from settings.rules.marketplace import is_from_marketplace
from settings.rules.rule import rule

_AT = "endpoint.rollout"
_ALL_AT_ONCE = "all-at-once"
# Which strategies heed a setting.
_OF_STRATEGY = {
    f"{_AT}.canaryPercent": ("canary",),
    f"{_AT}.stepPercent": ("linear",),
    f"{_AT}.batchPercent": ("rolling",),
    f"{_AT}.terminationWaitSeconds": (_ALL_AT_ONCE, "canary", "linear"),
}
_PERCENT = 100


@rule(401)
def rolling_has_one_variant(draft: Draft) -> Iterator[Finding]:
    """A rolling rollout does not work with several variants.

    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
    """
    variants = draft.group("endpoint.variants")
    if (
        _strategy(draft) == "rolling"
        and variants
        and draft.mode not in {"serverless", "scale-to-zero"}
    ):
        yield Finding(
            draft.key(f"{_AT}.strategy"),
            f"is rolling, and the endpoint has {len(variants) + 1} variants with the main one",
            "write strategy: canary or linear, or remove endpoint.variants",
        )


@rule(402)
def guarded_rollout_suits_the_mode(draft: Draft) -> Iterator[Finding]:
    """Guarded rollouts are for real-time and asynchronous endpoints.

    In the mode scale-to-zero a new model is an update of the inference component, which the endpoint's
    rollout does not touch. https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
    """
    if draft.mode not in {"serverless", "scale-to-zero"}:
        return
    for key, asked in _asked_guards(draft):
        yield Finding(
            draft.key(key),
            f"is {asked}, and the mode {draft.mode} has no guarded rollouts",
            "remove it, or choose the mode realtime or async",
        )


@rule(403)
def guarded_rollout_suits_the_fleet(draft: Draft) -> Iterator[Finding]:
    """On Inf1 instances and with Marketplace containers SageMaker falls back to all at once, and watches nothing.

    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
    """
    if draft.mode not in {"realtime", "async"}:
        return
    inf1 = [f"{at.instance.name} is Inf1" for at in draft.machines if at.instance.family == "inf1"]
    package = ["the model is a package of AWS Marketplace"] if is_from_marketplace(draft) else []
    for reason in [*inf1, *package][:1]:
        for key, asked in _asked_guards(draft):
            yield Finding(
                draft.key(key),
                f"is {asked}, and {reason}: SageMaker would update all at once and watch nothing",
                "remove it, so that nobody relies on it",
            )


@rule(404)
def rollout_ends_in_time(draft: Draft) -> Iterator[Finding]:
    """A rollout that may take no longer than it waits always times out.

    BlueGreenUpdatePolicy, MaximumExecutionTimeoutInSeconds: larger than the total waiting time.
    """
    longest, waits = draft.value(f"{_AT}.maxSeconds", int), _waits(draft)
    if longest is None or waits is None or draft.mode not in {"realtime", "async"}:
        return
    seconds, sum_of = waits
    if seconds >= longest:
        yield Finding(
            draft.key(f"{_AT}.maxSeconds"),
            f"is {longest}, and the rollout waits {seconds} seconds: {sum_of}",
            f"write more than {seconds}, with room for the instances to start, or wait less",
        )


@rule(405)
def settings_belong_to_the_strategy(draft: Draft) -> Iterator[Finding]:
    """Settings of another strategy would do nothing, and look as if they did."""
    strategy = _strategy(draft)
    for dotted in draft.said_among(*_OF_STRATEGY):
        heeding = _OF_STRATEGY[dotted]
        if strategy is not None and strategy not in heeding:
            yield Finding(
                draft.key(dotted),
                f"is for the strategy {' or '.join(heeding)}, and this rollout's is {strategy}",
                f"remove it, or write strategy: {heeding[-1]}",
            )


@rule(406)
def thresholds_have_a_rollback(draft: Draft) -> Iterator[Finding]:
    """The thresholds are those of the rollback's alarms; without a rollback there are no alarms."""
    strategy = _strategy(draft)
    if strategy is None or draft.is_wrong(f"{_AT}.rollback"):
        return
    rollback = draft.value(f"{_AT}.rollback", bool)
    if rollback or (rollback is None and strategy != _ALL_AT_ONCE):
        return
    for dotted in draft.said_among(f"{_AT}.maxErrorPercent", f"{_AT}.maxLatencySeconds"):
        why = (
            "rollback is false"
            if rollback is False
            else f"a rollout {_ALL_AT_ONCE} has no rollback unless asked for"
        )
        yield Finding(
            draft.key(dotted), f"does nothing: {why}", "write rollback: true, or remove it"
        )


@rule(407)
def scaled_capacity_is_there_to_retain(draft: Draft) -> Iterator[Finding]:
    """Where nothing is scaled, an update has no other number of instances to keep."""
    if (
        draft.value("endpoint.retainScaledCapacity", bool)
        and is_never_scaled(draft)
        and draft.mode is not None
    ):
        yield Finding(
            draft.key("endpoint.retainScaledCapacity"),
            "is true, and nothing is scaled: an update keeps instances.initial anyway",
            "remove it, or add endpoint.instances.max",
        )


@rule(408)
def latency_can_reach_its_threshold(draft: Draft) -> Iterator[Finding]:
    """A real-time container answers within 60 seconds or is cut off, so no latency is ever above that.

    https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
    """
    seconds = draft.value(f"{_AT}.maxLatencySeconds", float)
    if seconds is None or draft.mode in {None, "async"} or seconds <= limits.REAL_TIME_SECONDS:
        return
    yield Finding(
        draft.key(f"{_AT}.maxLatencySeconds"),
        f"is {seconds:g}, and the mode {draft.mode} gives an answer {limits.REAL_TIME_SECONDS} seconds",
        f"write less than {limits.REAL_TIME_SECONDS}",
    )


def _strategy(draft: Draft) -> str | None:
    return draft.value(f"{_AT}.strategy", str)


def _asked_guards(draft: Draft) -> Iterator[tuple[str, str]]:
    """What the stack says about guarding a rollout: keys, and their values as YAML writes them."""
    strategy = _strategy(draft)
    if strategy not in {None, _ALL_AT_ONCE}:
        yield f"{_AT}.strategy", str(strategy)
    if draft.value(f"{_AT}.rollback", bool):
        yield f"{_AT}.rollback", "true"


def _waits(draft: Draft) -> tuple[int, str] | None:
    """How long a rollout waits at least, and how that adds up."""
    wait, initial = (
        draft.value(f"{_AT}.waitSeconds", int),
        draft.value("endpoint.instances.initial", int),
    )
    after, strategy = draft.value(f"{_AT}.terminationWaitSeconds", int), _strategy(draft)
    percents = [draft.value(f"{_AT}.{name}", int) for name in ("stepPercent", "batchPercent")]
    step, batch = percents
    if wait is None or initial is None or after is None or step is None or batch is None:
        return None
    # A fleet has no more steps than instances; scaling may have added some, so this is the least.
    fleet = max(1, initial)
    # With a rollback the alarms are watched after the one step of all-at-once, too.
    watched_steps = {
        "rolling": min(ceil(_PERCENT / batch), fleet),
        "linear": min(ceil(_PERCENT / step), fleet),
        "canary": 1,
        _ALL_AT_ONCE: int(bool(draft.value(f"{_AT}.rollback", bool))),
    }
    steps = watched_steps.get(strategy or "")
    if steps is None:
        return None
    told = {0: [], 1: ["waitSeconds"]}.get(steps, [f"{steps} x waitSeconds"])
    if strategy == "rolling":
        return steps * wait, " and ".join(told)
    return steps * wait + after, " and ".join([*told, "terminationWaitSeconds"])
