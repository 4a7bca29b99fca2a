"""What the image that serves a model needs from the rest of a stack, or the rest from the image. GA200 to GA299."""

from collections.abc import Iterator, Mapping
from typing import get_args

from catalog.images import Contract, ServingImage, image_families, image_regions, lookup_family
from catalog.instances import Accelerators, InstanceType
from settings import limits
from settings.container_variables import size_in_bytes
from settings.draft import Draft
from settings.image_uri import CUSTOM_FAMILY, EXAMPLE_URI, PACKAGE_FAMILY, image_region
from settings.problems import Finding
from settings.rules.rule import rule
from settings.wording import quote, suggestion

_SMALL_TYPES = {"cpu": "ml.c5.large or ml.m5.large", "gpu": "ml.g5.xlarge or ml.g6e.xlarge"}
# These say themselves what is sent.
_WHATEVER_IT_SPEAKS = ("raw", "template")
_MEANT_FOR = {"cpu": "for CPUs", "gpu": "for NVIDIA GPUs"}


@rule(201)
def region_has_the_image(draft: Draft) -> Iterator[Finding]:
    """The image must be published in the stack's Region."""
    region, family = draft.region, draft.family
    if region is None or draft.brings_its_own_image:
        return
    anywhere = sorted({known for each in image_families() for known in image_regions(each)})
    if region not in anywhere:
        yield Finding(
            "aws:region",
            f"{quote(region)} is not a Region that the catalog has an image registry for",
            suggestion(region, anywhere, otherwise=f"write one of {', '.join(anywhere)}"),
        )
    elif family is not None and region not in image_regions(family):
        yield Finding(
            "aws:region",
            f"the image family {family} is not published in {region}, as far as the catalog knows",
            f"choose another image family, or one of {', '.join(image_regions(family))}",
        )


@rule(202)
def custom_image_is_named(draft: Draft) -> Iterator[Finding]:
    """An image of one's own needs a URI, and no other family takes one."""
    if draft.family is None:
        return
    is_custom, has_uri = draft.family == CUSTOM_FAMILY, draft.is_said("image.uri")
    if is_custom and not has_uri:
        message = "is missing: the family custom has no image of its own"
        yield Finding(draft.key("image.uri"), message, f"add uri: {EXAMPLE_URI}")
    if has_uri and not is_custom and not draft.is_wrong("image.uri"):
        yield Finding(
            draft.key("image.uri"),
            f"is for the family custom; {draft.family} has its image from {_image_source(draft.family)}",
            "remove it, or write family: custom",
        )


@rule(203)
def custom_image_is_in_the_region(draft: Draft) -> Iterator[Finding]:
    """SageMaker wants model, image and endpoint in one Region (ContainerDefinition.Image)."""
    uri = draft.value("image.uri", str)
    if draft.family != CUSTOM_FAMILY or uri is None or draft.region is None:
        return
    found = image_region(uri)
    if found != draft.region:
        yield Finding(
            draft.key("image.uri"),
            f"lies in {found}, and the stack in {draft.region}; SageMaker pulls an image only from "
            "the endpoint's own Region",
            f"push the image to a repository in {draft.region} and name that, or correct aws:region",
        )


@rule(204)
def custom_image_has_a_contract(draft: Draft) -> Iterator[Finding]:
    """What an image of one's own speaks cannot be looked up."""
    if draft.brings_its_own_image and draft.value("invoker.contract", str) == "auto":
        contracts = " or ".join(f"contract: {contract}" for contract in get_args(Contract))
        yield Finding(
            draft.key("invoker.contract"),
            f"is auto, and how a {draft.family} image is asked cannot be looked up",
            f"write {contracts}, as its container speaks",
        )


@rule(205)
def stack_fills_in_the_image_s_variables(draft: Draft) -> Iterator[Finding]:
    """Some images must be told what only the stack's author knows, such as a file's name."""
    # With a model from the Hub there is no file to name.
    if draft.variables is None or draft.family is None or draft.source_kind in {None, "hub"}:
        return
    to_give = {
        name: form for image in draft.images for name, form in image.variables_to_give.items()
    }
    for name, form in to_give.items():
        if draft.variables.get(name, form) == form:
            yield Finding(
                draft.key(f"image.env.{name}"),
                f"is missing: the image family {draft.family} cannot find its model without it",
                f'add {name}: "{form}", with what stands in < > replaced by your own',
            )


@rule(206)
def image_fits_the_instance(draft: Draft) -> Iterator[Finding]:
    """Processor and accelerators must be those that the image is built for."""
    image = draft.image
    if image is None:
        return
    for machine in draft.machines:
        message = _misfit(image, machine.instance)
        if message:
            types = " or ".join(_SMALL_TYPES[built] for built in _processors(image.family))
            fix = f"choose a type such as {types}, or another image family"
            yield Finding(draft.key(machine.key), message, fix)


@rule(207)
def environment_is_small_enough(draft: Draft) -> Iterator[Finding]:
    """SageMaker limits the variables of a container as a whole."""
    if draft.variables is None:
        return
    own: Mapping[str, str] = draft.image.default_env if draft.image else {}
    variables = {**own, **draft.variables}
    size = sum(size_in_bytes(name) + size_in_bytes(value) for name, value in variables.items())
    key, most = draft.key("image.env"), limits.ENVIRONMENT_ENTRIES.maximum
    with_own = f" with the {len(own)} of the image family" if own else ""
    if most is not None and len(variables) > most:
        message = f"there are {len(variables)} variables{with_own}; SageMaker allows {most}"
        yield Finding(key, message, "remove some")
    if size > limits.ENVIRONMENT_BYTES:
        message = f"the variables{with_own} take {size} bytes; SageMaker allows 32 KB in all"
        yield Finding(key, message, "shorten them, or put them into a file beside the model")


@rule(208)
def image_speaks_the_contract(draft: Draft) -> Iterator[Finding]:
    """A container that is asked in a way it does not speak answers every request with an error."""
    image, said = draft.image, draft.value("invoker.contract", str)
    if image is None or said in {None, "auto", image.contract, *_WHATEVER_IT_SPEAKS}:
        return
    spoken = [payload for payload in image.payloads if payload in get_args(Contract)]
    # The model's own code decides what a toolkit's container speaks, so nothing is known of those.
    if spoken and said not in spoken:
        yield Finding(
            draft.key("invoker.contract"),
            f"is {said}, and {image.family} ({image.engine}) speaks {' and '.join(spoken)}",
            "remove it; auto is what the image speaks. A model that brings a handler of its own is served "
            "by the family custom",
        )


def _misfit(image: ServingImage, instance: InstanceType) -> str | None:
    name, accelerators = instance.name, instance.accelerators
    meant_for = " and ".join(_MEANT_FOR[built] for built in _processors(image.family))
    family = f"the image family {image.family} ({image.engine}, {meant_for})"
    if instance.architecture != image.architecture:
        return f"{name} is {instance.architecture}; {family} is built for {image.architecture}"
    if accelerators is None:
        return f"{name} has no GPU, and {family} needs one" if image.processor == "gpu" else None
    if image.processor == "gpu" and accelerators.are_nvidia_gpus:
        return None
    return f"{name} has {_count(accelerators)}, which {family} cannot use and you would pay for"


def _image_source(family: str) -> str:
    return "the model package" if family == PACKAGE_FAMILY else "the catalog"


def _processors(family: str) -> tuple[str, ...]:
    return tuple(image.processor for image in lookup_family(family))


def _count(accelerators: Accelerators) -> str:
    return f"{accelerators.count} x {accelerators.kind}"
