"""How much runs when: bounds, metrics and schedules. Rules GA321 to GA329."""

from collections.abc import Iterator

from settings.draft import Draft
from settings.problems import Finding
from settings.rules.figures import capacity_bounds, is_never_scaled, scaling_metric
from settings.rules.rule import rule
from settings.scaling import METRICS, PERCENTAGES

_MAXIMUM = {
    "realtime": "endpoint.instances.max",
    "async": "endpoint.instances.max",
    "serverless": "endpoint.serverless.maxProvisionedConcurrency",
    "scale-to-zero": "endpoint.inferenceComponent.maxCopies",
}
# Percentages are of the whole instance: settings/scaling.py.
_HIGHEST = {**dict.fromkeys(PERCENTAGES, 100), "provisioned-utilization": 1}


@rule(321)
def instances_are_in_order(draft: Draft) -> Iterator[Finding]:
    """The number to start with lies between the least and the greatest: each update starts over with it."""
    least, greatest = (draft.value(f"endpoint.instances.{name}", int) for name in ("min", "max"))
    initial = draft.value("endpoint.instances.initial", int)
    if draft.mode in {None, "serverless"} or greatest is None or initial is None:
        return
    key = draft.key("endpoint.instances.initial")
    if least is not None and least > greatest:
        message = f"is {least}, more than max, {greatest}"
        yield Finding(
            draft.key("endpoint.instances.min"), message, f"write at most {greatest}, or raise max"
        )
    elif initial > greatest:
        yield Finding(
            key,
            f"is {initial}, more than max, {greatest}",
            f"write at most {greatest}, or raise max",
        )
    elif least is not None and initial < least:
        yield Finding(key, f"is {initial}, less than min, {least}", f"write initial: {least}")


@rule(322)
def instances_go_down_to_none_where_they_can(draft: Draft) -> Iterator[Finding]:
    """Instances behind a real-time endpoint never go down to none.

    A queue or an inference component is what waits for them:
    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
    """
    if draft.mode == "realtime" and draft.value("endpoint.instances.min", int) == 0:
        yield Finding(
            draft.key("endpoint.instances.min"),
            "is 0, and the mode realtime keeps at least one instance",
            "write min: 1, or choose the mode async or scale-to-zero",
        )


@rule(323)
def burstable_types_are_not_scaled(draft: Draft) -> Iterator[Finding]:
    """Burstable types cannot be scaled automatically.

    aws-cdk refuses them too (aws-sagemaker-alpha); their CPU credits would mislead any metric.
    """
    instance = draft.instance
    if instance is None or not instance.is_burstable or draft.mode not in {"realtime", "async"}:
        return
    if capacity_bounds(draft) is not None:
        yield Finding(
            draft.key("endpoint.instances.max"),
            f"asks for scaling, and {instance.name} is burstable, which SageMaker does not scale",
            "remove min and max, or choose a type such as ml.m5.large",
        )


@rule(324)
def metric_is_published_in_the_mode(draft: Draft) -> Iterator[Finding]:
    """A policy on a metric that the mode does not publish never moves anything."""
    said, mode = draft.value("endpoint.scaling.metric", str), draft.mode
    if said in {None, "auto"} or mode is None or said in METRICS[mode]:
        return
    yield Finding(
        draft.key("endpoint.scaling.metric"),
        f"is {said}, which the mode {mode} does not publish",
        f"write {' or '.join(METRICS[mode])}, or leave it out",
    )


@rule(325)
def gpu_metric_has_a_gpu(draft: Draft) -> Iterator[Finding]:
    """An instance without a GPU publishes no GPU metric, so nothing would ever be scaled."""
    metric, instance = draft.value("endpoint.scaling.metric", str), draft.instance
    if metric not in {"gpu", "gpu-memory"} or instance is None or draft.mode != "realtime":
        return
    if instance.accelerators is None or not instance.accelerators.are_nvidia_gpus:
        yield Finding(
            draft.key("endpoint.scaling.metric"),
            f"is {metric}, and {instance.name} has no GPU",
            "write metric: cpu or invocations, or choose a type with a GPU",
        )


@rule(326)
def target_can_be_reached(draft: Draft) -> Iterator[Finding]:
    """A target that the metric never reaches is a policy that never adds anything."""
    target, metric = draft.value("endpoint.scaling.target", float), scaling_metric(draft)
    highest = _HIGHEST.get(metric or "")
    if target is not None and highest is not None and target > highest:
        yield Finding(
            draft.key("endpoint.scaling.target"),
            f"is {target:g}, and {metric} never exceeds {highest}",
            f"write at most {highest}, best well below it",
        )


@rule(327)
def scaling_has_a_maximum(draft: Draft) -> Iterator[Finding]:
    """Without a maximum nothing is scaled, so what scaling is told would do nothing."""
    if draft.mode is None or not is_never_scaled(draft):
        return
    maximum = _MAXIMUM[draft.mode]
    for dotted in draft.said_among("endpoint.scaling", "endpoint.instances.min"):
        is_about_instances = dotted == "endpoint.instances.min"
        if draft.group(dotted) or (is_about_instances and draft.mode != "serverless"):
            message = f"does nothing while {maximum} is missing: the capacity stays as it is"
            yield Finding(draft.key(dotted), message, f"add {maximum}, or remove it")


@rule(328)
def scheduled_bounds_are_possible(draft: Draft) -> Iterator[Finding]:
    """A schedule's bounds are held to the mode's limits, as the usual ones are.

    They may well lie outside the usual ones: that is what schedules are for.
    """
    for name in draft.group("endpoint.scaling.schedules"):
        at = "endpoint.scaling.schedules"
        least, greatest = (draft.entry_value(at, name, bound, int) for bound in ("min", "max"))
        key = draft.key(f"{at}.{name}")
        if least is None or greatest is None or draft.mode is None:
            continue
        most = (
            draft.value("endpoint.serverless.maxConcurrency", int)
            if draft.mode == "serverless"
            else None
        )
        if least > greatest:
            yield Finding(
                f"{key}.min", f"is {least}, more than max, {greatest}", f"write at most {greatest}"
            )
        elif least == 0 and draft.mode in {"realtime", "serverless"}:
            fix = f"write min: 1{', or choose the mode async or scale-to-zero' if draft.mode == 'realtime' else ''}"
            yield Finding(
                f"{key}.min", f"is 0, and the mode {draft.mode} scales down to 1 at least", fix
            )
        elif most is not None and greatest > most:
            message = f"is {greatest}, and endpoint.serverless.maxConcurrency is {most}"
            yield Finding(f"{key}.max", message, f"write at most {most}, or raise maxConcurrency")
