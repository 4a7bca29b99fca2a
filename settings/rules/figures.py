"""Figures that several rules need: what is scaled between which bounds, and what one copy of the model takes."""

import re
from dataclasses import dataclass

from catalog.instances import InstanceType
from settings.draft import Draft
from settings.scaling import METRICS, CapacityBounds

MIB_PER_GIB = 1024
_GPU_COUNT = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True)
class Copy:
    """What one copy of the model takes, in the mode scale-to-zero."""

    accelerators: int
    """0 on a CPU instance."""

    memory_mib: float
    """Main memory."""

    cpu_cores: float
    """0 leaves it to SageMaker."""

    def how_many_fit(self, instance: InstanceType) -> int:
        """How many copies one instance has room for, if nothing else ran on it."""
        room = [instance.memory_gib * MIB_PER_GIB / self.memory_mib]
        if self.accelerators and instance.accelerators:
            room.append(instance.accelerators.count / self.accelerators)
        if self.cpu_cores:
            room.append(instance.vcpu / self.cpu_cores)
        return int(min(room))


def component_copy(draft: Draft) -> Copy | None:
    """What one copy takes; None in another mode, or while something that it follows from is wrong."""
    at, instance = "endpoint.inferenceComponent", draft.instance
    if draft.mode != "scale-to-zero" or instance is None or draft.is_wrong(at):
        return None
    all_of_them = instance.accelerators.count if instance.accelerators else 0
    half = instance.memory_gib * MIB_PER_GIB / 2
    return Copy(
        accelerators=draft.value(f"{at}.acceleratorCount", int) or all_of_them,
        memory_mib=draft.value(f"{at}.memoryMib", int) or half,
        cpu_cores=draft.value(f"{at}.cpuCores", float) or 0,
    )


def accelerators_in_use(draft: Draft, instance: InstanceType) -> int:
    """How many accelerators of an instance one copy of the model has."""
    here = instance.accelerators.count if instance.accelerators else 0
    asked = draft.value("endpoint.inferenceComponent.acceleratorCount", int)
    return min(asked, here) if draft.mode == "scale-to-zero" and asked else here


def most_instances(draft: Draft) -> int | None:
    """The most instances there can be: those that scaling may start, or those that are started."""
    initial = draft.value("endpoint.instances.initial", int)
    if initial is None or draft.is_wrong("endpoint.instances.max"):
        return None
    return draft.value("endpoint.instances.max", int) or max(1, initial)


def capacity_bounds(draft: Draft) -> CapacityBounds | None:
    """Between what scaling moves the capacity; None if it does not, or a bound is wrong."""
    bounds = {
        "scale-to-zero": (
            "endpoint.inferenceComponent.minCopies",
            "endpoint.inferenceComponent.maxCopies",
        ),
        "serverless": (
            "endpoint.serverless.provisionedConcurrency",
            "endpoint.serverless.maxProvisionedConcurrency",
        ),
    }
    low, high = bounds.get(draft.mode or "", ("endpoint.instances.min", "endpoint.instances.max"))
    least, greatest = draft.value(low, int), draft.value(high, int)
    if draft.mode is None or greatest is None or draft.is_wrong(low):
        return None
    default = 0 if draft.mode == "async" else 1
    return CapacityBounds(least=default if least is None else least, greatest=greatest)


def is_never_scaled(draft: Draft) -> bool:
    """Whether nothing moves the capacity, as far as the stack is right."""
    watched = (
        "endpoint.mode",
        "endpoint.instances",
        "endpoint.serverless",
        "endpoint.inferenceComponent",
    )
    return capacity_bounds(draft) is None and not any(map(draft.is_wrong, watched))


def scaling_metric(draft: Draft) -> str | None:
    """The metric that the stack names for its target, or the only one there is in its mode."""
    said, mode = draft.value("endpoint.scaling.metric", str), draft.mode
    if said != "auto":
        return said
    metrics = METRICS[mode] if mode else ()
    return metrics[0] if len(metrics) == 1 else None


def gpu_count_of(text: str) -> int | None:
    """The number of GPUs that a variable asks for; None if it is none, such as `max`."""
    return int(text) if _GPU_COUNT.fullmatch(text) else None
