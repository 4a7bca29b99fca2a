"""What the image that serves a model needs from the rest of a stack, or the rest from the image."""

from collections.abc import Callable, Iterator, Mapping
from typing import get_args

from catalog.images import Contract, ServingImage, image_families, image_regions, lookup_family
from catalog.instances import Accelerators, InstanceType
from settings import limits
from settings.container_variables import size_in_bytes
from settings.draft import Draft
from settings.image_uri import CUSTOM_FAMILY, EXAMPLE_URI, image_region
from settings.problems import Finding
from settings.wording import quote, suggestion

Rule = Callable[[Draft], Iterator[Finding]]

_SMALL_TYPES = {"cpu": "ml.c5.large or ml.m5.large", "gpu": "ml.g5.xlarge or ml.g6e.xlarge"}
_MEANT_FOR = {"cpu": "for CPUs", "gpu": "for NVIDIA GPUs"}
# By the payloads that a container speaks first; why the function cannot ask it.
_NOT_SPOKEN = {
    "lmi": "its CPU image takes inputs and parameters in a form of its own, and whether it takes chat "
    "messages as the GPU image does is not known",
    "tei": "it answers with embeddings, which are no text",
    "tgi": "it refuses a temperature of 0 and a top_p of 1, which the function passes on",
}


def region_has_the_image(draft: Draft) -> Iterator[Finding]:
    """The image must be published in the stack's Region."""
    region, family = draft.region, draft.family
    if region is None or family == CUSTOM_FAMILY:
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


def custom_image_is_named(draft: Draft) -> Iterator[Finding]:
    """An image of one's own needs a URI, and no other family takes one."""
    if draft.family is None or draft.image_uri is None:
        return
    is_custom = draft.family == CUSTOM_FAMILY
    if is_custom and not draft.image_uri:
        message = "is missing: the family custom has no image of its own"
        yield Finding(draft.key("image.uri"), message, f"add uri: {EXAMPLE_URI}")
    if draft.image_uri and not is_custom:
        yield Finding(
            draft.key("image.uri"),
            f"is for the family custom; {draft.family} has its image from the catalog",
            "remove it, or write family: custom",
        )


def custom_image_is_in_the_region(draft: Draft) -> Iterator[Finding]:
    """SageMaker wants model, image and endpoint in one Region (ContainerDefinition.Image)."""
    if draft.family != CUSTOM_FAMILY or not draft.image_uri or draft.region is None:
        return
    found = image_region(draft.image_uri)
    if found != draft.region:
        yield Finding(
            draft.key("image.uri"),
            f"lies in {found}, and the stack in {draft.region}; SageMaker pulls an image only from "
            "the endpoint's own Region",
            f"push the image to a repository in {draft.region} and name that, or correct aws:region",
        )


def custom_image_has_a_contract(draft: Draft) -> Iterator[Finding]:
    """What an image of one's own speaks cannot be looked up."""
    if draft.family == CUSTOM_FAMILY and draft.contract == "auto":
        contracts = " or ".join(f"contract: {contract}" for contract in get_args(Contract))
        yield Finding(
            draft.key("invoker.contract"),
            "is auto, and how a custom image is asked cannot be looked up",
            f"write {contracts}, as its container speaks",
        )


def function_speaks_with_the_image(draft: Draft) -> Iterator[Finding]:
    """The function in front of the endpoint must know the container's payloads."""
    if not draft.images or any(image.contract for image in draft.images):
        return
    image = draft.images[0]
    payload = image.payloads[0]
    yield Finding(
        draft.key("image.family"),
        f"the function does not speak the contract of {image.family} ({image.engine}) yet: "
        f"{_NOT_SPOKEN.get(payload, payload)}",
        _spoken_instead(image.family),
    )


def stack_fills_in_the_image_s_variables(draft: Draft) -> Iterator[Finding]:
    """Some images must be told what only the stack's author knows, such as a file's name."""
    if draft.variables is None or draft.family is None:
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


def image_fits_the_instance(draft: Draft) -> Iterator[Finding]:
    """Processor and accelerators must be those that the image is built for."""
    image, instance = draft.image, draft.instance
    if image is None or instance is None:
        return
    message = _misfit(image, instance)
    if message:
        types = " or ".join(_SMALL_TYPES[built] for built in _processors(image.family))
        fix = f"choose a type such as {types}, or another image family"
        yield Finding(draft.key("endpoint.instanceType"), message, fix)


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


IMAGE_RULES: tuple[Rule, ...] = (
    region_has_the_image,
    custom_image_is_named,
    custom_image_is_in_the_region,
    function_speaks_with_the_image,
    custom_image_has_a_contract,
    stack_fills_in_the_image_s_variables,
    environment_is_small_enough,
    image_fits_the_instance,
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


def _processors(family: str) -> tuple[str, ...]:
    return tuple(image.processor for image in lookup_family(family))


def _count(accelerators: Accelerators) -> str:
    return f"{accelerators.count} x {accelerators.kind}"


def _spoken_instead(family: str) -> str:
    """Another type with which the family can be used, or the families that can be."""
    types = [_SMALL_TYPES[image.processor] for image in lookup_family(family) if image.contract]
    if types:
        return f"choose a type such as {types[0]}, or another image family"
    spoken = [
        known for known in image_families() if any(image.contract for image in lookup_family(known))
    ]
    return f"choose one of {', '.join(spoken)}"
