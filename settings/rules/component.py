"""The mode scale-to-zero: what a copy of the model takes, against what an instance has. Rules GA310 to GA319."""

from collections.abc import Iterator

from catalog.instances import InstanceType
from settings import limits
from settings.draft import Draft
from settings.problems import Finding
from settings.rules.figures import MIB_PER_GIB, Copy, component_copy, most_instances
from settings.rules.rule import rule
from settings.wording import quote

_AT = "endpoint.inferenceComponent"
COMPONENT_SUFFIX = "-component"


@rule(310)
def component_s_network_can_be_set(draft: Draft) -> Iterator[Finding]:
    """With an inference component, network and isolation are the endpoint configuration's, not the model's.

    CreateEndpointConfig has VpcConfig and EnableNetworkIsolation for that, and pulumi-aws 7.51 has no argument for
    either (https://github.com/hashicorp/terraform-provider-aws/issues/48713). A promise that nothing keeps is refused.
    """
    if draft.mode != "scale-to-zero":
        return
    asked = {
        "endpoint.vpc": draft.is_said("endpoint.vpc"),
        "endpoint.networkIsolation": draft.value("endpoint.networkIsolation", bool),
    }
    for dotted in (dotted for dotted, is_asked in asked.items() if is_asked):
        yield Finding(
            draft.key(dotted),
            "belongs to the endpoint configuration in the mode scale-to-zero, where pulumi-aws cannot set it yet",
            "remove it, or choose the mode realtime or async",
        )


@rule(311)
def component_s_accelerators_are_there(draft: Draft) -> Iterator[Finding]:
    """A copy that asks for more accelerators than an instance has is never placed."""
    asked, instance = draft.value(f"{_AT}.acceleratorCount", int), draft.instance
    if draft.mode != "scale-to-zero" or asked is None or instance is None:
        return
    there = instance.accelerators.count if instance.accelerators else 0
    if asked > there:
        has = (
            f"{there} x {instance.accelerators.kind}" if instance.accelerators else "no accelerator"
        )
        yield Finding(
            draft.key(f"{_AT}.acceleratorCount"),
            f"is {asked}, and {instance.name} has {has}",
            f"write at most {there}, or choose a larger type"
            if there
            else "remove it, or choose a type with accelerators",
        )


@rule(312)
def component_s_memory_and_cores_are_there(draft: Draft) -> Iterator[Finding]:
    """A copy that asks for more memory or more cores than an instance has is never placed."""
    instance = draft.instance
    if draft.mode != "scale-to-zero" or instance is None:
        return
    memory, cores = draft.value(f"{_AT}.memoryMib", int), draft.value(f"{_AT}.cpuCores", float)
    total_mib = int(instance.memory_gib * MIB_PER_GIB)
    if memory is not None and memory > total_mib:
        yield Finding(
            draft.key(f"{_AT}.memoryMib"),
            f"is {memory}, and {instance.name} has {total_mib} MiB in all, of which SageMaker keeps some",
            f"write less than {total_mib}, or choose a larger type",
        )
    if cores is not None and cores > instance.vcpu:
        yield Finding(
            draft.key(f"{_AT}.cpuCores"),
            f"is {cores:g}, and {instance.name} has {instance.vcpu}",
            f"write at most {instance.vcpu}, or choose a larger type",
        )


@rule(313)
def copies_are_in_order(draft: Draft) -> Iterator[Finding]:
    """The least number of copies cannot be more than the greatest."""
    least, greatest = draft.value(f"{_AT}.minCopies", int), draft.value(f"{_AT}.maxCopies", int)
    if (
        draft.mode == "scale-to-zero"
        and least is not None
        and greatest is not None
        and least > greatest
    ):
        yield Finding(
            draft.key(f"{_AT}.minCopies"),
            f"is {least}, more than maxCopies, {greatest}",
            f"write at most {greatest}, or raise maxCopies",
        )


@rule(314)
def copies_fit_on_the_instances(draft: Draft) -> Iterator[Finding]:
    """Scaling asks for copies that are never placed when the most instances there may be have no room for them."""
    copy, instance, instances = component_copy(draft), draft.instance, most_instances(draft)
    copies = draft.value(f"{_AT}.maxCopies", int)
    if copy is None or instance is None or instances is None or copies is None:
        return
    each = copy.how_many_fit(instance)
    # None at all is what the two rules above tell.
    if each and copies > each * instances:
        needed = -(-copies // each)
        hold = "one instance holds" if instances == 1 else f"{instances} instances hold"
        yield Finding(
            draft.key(f"{_AT}.maxCopies"),
            f"is {copies}, and {hold} {each * instances}: a copy takes {_taken(copy, instance)} of {instance.name}",
            f"write endpoint.instances.max: {needed}, or let a copy take less",
        )


@rule(315)
def component_s_name_is_allowed(draft: Draft) -> Iterator[Finding]:
    """The inference component is named after the endpoint, and its name may be no longer than an endpoint's."""
    name, longest = draft.endpoint_name, limits.ENDPOINT_NAME_LENGTH.maximum
    if draft.mode != "scale-to-zero" or name is None or longest is None:
        return
    most = longest - len(COMPONENT_SUFFIX)
    # What is no name at all is told elsewhere.
    if most < len(name) <= longest:
        yield Finding(
            draft.key("endpoint.name"),
            f"{quote(name)} has {len(name)} characters; with {COMPONENT_SUFFIX} it names the inference component, and "
            f"SageMaker allows that {longest}",
            f"write a name of at most {most} characters",
        )


def _taken(copy: Copy, instance: InstanceType) -> str:
    memory = f"{copy.memory_mib:.0f} of the {instance.memory_gib * MIB_PER_GIB:.0f} MiB"
    if instance.accelerators is None:
        return memory
    return f"{copy.accelerators} of the {instance.accelerators.count} accelerators and {memory}"
