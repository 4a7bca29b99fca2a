"""What the settings mean for the bill: the plan and the load that `costs` counts with."""

import math
from collections.abc import Callable
from dataclasses import replace

from catalog.images import lookup_family
from catalog.instances import lookup_instance
from costs import Bounds, Estimate, Fleet, Load, Plan, ScheduledBounds, Serverless, estimate
from costs.plan import Capacity, Keeping, Watching
from settings.field_checks import MAIN_VARIANT, SHADOW_VARIANT
from settings.scaling import CapacityBounds
from settings.stack_settings import StackSettings
from settings.watched_metrics import wakes_people, watched_metrics

_MIB_PER_GIB = 1024
# As many as components/vpc_endpoints.py makes; a test holds the two together.
INTERFACE_SERVICES = 6
# A policy that follows a metric has two alarms, one for more and one for less:
# docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
_ALARMS_OF_A_POLICY = 2


def estimate_of(settings: StackSettings) -> Estimate:
    """What the stack costs a month, under the load that it names."""
    return estimate(plan_of(settings), load_of(settings))


def load_of(settings: StackSettings) -> Load:
    """The load that the stack names."""
    return Load(**settings.guard.load.model_dump())


def plan_of(settings: StackSettings) -> Plan:
    """What is billed of the stack."""
    endpoint, invoker = settings.endpoint, settings.invoker
    is_serverless = endpoint.mode == "serverless"
    vpc = endpoint.vpc
    return Plan(
        region=settings.region,
        mode=endpoint.mode,
        is_enabled=endpoint.enabled,
        fleets=() if is_serverless else tuple(_fleets(settings)),
        serverless=_serverless(settings) if is_serverless else None,
        needs_gpu=_needs_gpu(settings),
        function_memory_mib=invoker.memory_mib,
        has_http_api=invoker.http_api,
        has_inputs=invoker.inputs.enabled,
        notifies=endpoint.mode == "async" and settings.asynchronous.notify,
        keeping=Keeping(
            records=invoker.records.keep,
            has_claims=invoker.client_tokens,
            record_days=settings.bucket.record_days,
            capture_percent=endpoint.capture.percent if endpoint.capture else 0,
            log_days=invoker.log_retention_days,
        ),
        watching=_watching(settings),
        vpc_interfaces=INTERFACE_SERVICES * len(vpc.subnet_ids) if vpc and vpc.endpoints else 0,
    )


def _needs_gpu(settings: StackSettings) -> bool:
    """Whether it runs on one, or its image family has images for GPUs alone."""
    if settings.instance is not None and settings.instance.accelerators is not None:
        return True
    if settings.catalog_image is None:
        return False
    return all(image.processor == "gpu" for image in lookup_family(settings.image.family))


def _fleets(settings: StackSettings) -> list[Fleet]:
    endpoint = settings.endpoint
    others = dict(endpoint.variants)
    if endpoint.shadow:
        others[SHADOW_VARIANT] = endpoint.shadow
    main = _fleet(settings, MAIN_VARIANT, endpoint.instance_type, _main_capacity(settings))
    return [
        main,
        *(
            _fleet(
                settings,
                name,
                variant.instance_type or endpoint.instance_type,
                Capacity(usual=_fixed(variant.initial)),
            )
            for name, variant in others.items()
        ),
    ]


def _fleet(
    settings: StackSettings, variant: str, instance_type: str | None, capacity: Capacity
) -> Fleet:
    name = instance_type or ""  # rule 301: every mode but serverless names one
    return Fleet(
        variant=variant,
        instance_type=name,
        capacity=capacity,
        volume_gb=settings.endpoint.volume_gb,
        has_own_disk=bool(lookup_instance(name).has_local_nvme),
    )


def _main_capacity(settings: StackSettings) -> Capacity:
    bounds = settings.capacity_bounds
    if bounds is None:
        return Capacity(usual=_fixed(settings.endpoint.instances.initial))
    if settings.endpoint.mode == "scale-to-zero":
        return _capacity(settings, lambda copies: _instances_for(settings, copies))
    return _capacity(settings, lambda given: Bounds(least=given.least, greatest=given.greatest))


def _serverless(settings: StackSettings) -> Serverless:
    warm, bounds = settings.serverless.provisioned_concurrency, settings.capacity_bounds
    provisioned = None
    if bounds is not None:
        provisioned = _capacity(
            settings, lambda given: Bounds(least=given.least, greatest=given.greatest)
        )
    elif warm:
        provisioned = Capacity(usual=_fixed(warm))
    return Serverless(memory_mib=settings.serverless.memory_mib, provisioned=provisioned)


def _capacity(settings: StackSettings, running: Callable[[CapacityBounds], Bounds]) -> Capacity:
    usual = settings.capacity_bounds
    assert usual is not None  # noqa: S101 - asked for by those who looked
    return Capacity(
        usual=running(usual),
        schedules=tuple(
            ScheduledBounds(
                schedule=entry.schedule,
                timezone=entry.timezone,
                bounds=running(CapacityBounds(least=entry.min, greatest=entry.max)),
            )
            for entry in settings.schedules.values()
        ),
    )


def _instances_for(settings: StackSettings, copies: CapacityBounds) -> Bounds:
    """How many instances copies need, within what SageMaker may start."""
    managed, fit = settings.managed_instances, max(1, _copies_of_an_instance(settings))
    return Bounds(
        least=max(managed.least, math.ceil(copies.least / fit)),
        greatest=max(managed.least, min(managed.greatest, math.ceil(copies.greatest / fit))),
    )


def _copies_of_an_instance(settings: StackSettings) -> int:
    instance, copy = settings.instance, settings.inference_component
    if instance is None:
        return 1
    room = [instance.memory_gib * _MIB_PER_GIB / settings.component_memory_mib]
    if settings.component_accelerators and instance.accelerators:
        room.append(instance.accelerators.count / settings.component_accelerators)
    if copy.cpu_cores:
        room.append(instance.vcpu / copy.cpu_cores)
    return int(min(room))


def _watching(settings: StackSettings) -> Watching:
    endpoint, watch = settings.endpoint, settings.watch
    watching = Watching(
        alarm_metrics=watched_metrics(settings),
        composite_alarms=int(watch.enabled and wakes_people(settings)),
        has_custom_metrics=settings.invoker.metrics,
        dashboards=int(watch.enabled and watch.dashboard),
    )
    if not endpoint.enabled:
        return watching
    variants = 1 + len(endpoint.variants)
    alarms = fast = 0
    if endpoint.rollout.is_guarded and endpoint.rollout.has_rollback:
        of_errors = 1 if endpoint.mode == "async" else 2  # a share has two metrics
        alarms += variants * (of_errors + int(settings.max_latency_seconds is not None))
    if settings.capacity_bounds is not None:
        if settings.scaling_metric == "concurrency":
            fast += _ALARMS_OF_A_POLICY
        else:
            alarms += _ALARMS_OF_A_POLICY
        alarms += int(_goes_down_to_none(settings))
    return replace(watching, alarm_metrics=watching.alarm_metrics + alarms, fast_alarm_metrics=fast)


def _goes_down_to_none(settings: StackSettings) -> bool:
    """Whether an alarm wakes the endpoint up."""
    bounds = settings.capacity_bounds
    least = [] if bounds is None else [bounds.least]
    return min([*least, *(entry.min for entry in settings.schedules.values())]) == 0


def _fixed(count: float) -> Bounds:
    return Bounds(least=count, greatest=count)
