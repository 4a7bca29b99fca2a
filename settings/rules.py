"""What only two settings together, the disk, or the catalog can tell to be wrong."""

import os
from collections.abc import Callable, Iterator, Mapping
from stat import S_ISDIR
from typing import NamedTuple

from catalog.images import ImageFamily, image_families, image_regions
from catalog.instances import Accelerators, InstanceType
from settings import limits
from settings.container_variables import size_in_bytes
from settings.draft import Draft
from settings.field_checks import ENDPOINT_NAME_RULE, is_endpoint_name
from settings.model_source import source_kind
from settings.wording import quote, suggestion

STANDARD_TAGS = ("Project", "Stack")

_SMALL_TYPES = {"cpu": "ml.c5.large or ml.m5.large", "gpu": "ml.g5.xlarge or ml.g6e.xlarge"}
_MEANT_FOR = {"cpu": "for CPUs", "gpu": "for NVIDIA GPUs"}


class Finding(NamedTuple):
    """A problem, before it is known which file it came from."""

    key: str
    message: str
    fix: str


Rule = Callable[[Draft], Iterator[Finding]]


def findings(draft: Draft) -> Iterator[Finding]:
    """Everything the rules find. A rule is silent while a value it needs is missing or wrong."""
    for rule in RULES:
        yield from rule(draft)


def local_folder_holds_a_model(draft: Draft) -> Iterator[Finding]:
    """The model's folder must exist and hold at least one file."""
    source = draft.source
    if source is None or source_kind(source) != "folder":
        return
    key, folder = draft.key("model.source"), draft.project_dir / source
    try:
        is_folder = S_ISDIR(folder.stat().st_mode)
    except (OSError, ValueError):  # ValueError: a name that no file system takes
        fix = "correct the path; it is relative to the folder of Pulumi.yaml"
        yield Finding(key, f"there is no folder {quote(source)} in {draft.project_dir}", fix)
        return
    if not is_folder:
        fix = "name the folder that holds the model's files; it is packed for you"
        yield Finding(key, f"{quote(source)} is a file, expected a folder", fix)
    elif not any(files for _, _, files in os.walk(folder)):
        fix = "put the model's files into it, or correct the path"
        yield Finding(key, f"the folder {quote(source)} has no file in it", fix)


def region_has_the_image(draft: Draft) -> Iterator[Finding]:
    """The image must be published in the stack's Region."""
    if draft.region is None:
        return
    families = (draft.family,) if draft.family else image_families()
    known = sorted({region for family in families for region in image_regions(family)})
    if draft.region not in known:
        yield Finding(
            "aws:region",
            f"{quote(draft.region)} is not a Region that the catalog has an image registry for",
            suggestion(draft.region, known, otherwise=f"write one of {', '.join(known)}"),
        )


def image_fits_the_instance(draft: Draft) -> Iterator[Finding]:
    """Processor and accelerators must be those that the image is built for."""
    image, instance = draft.image, draft.instance
    if image is None or instance is None:
        return
    message = _misfit(image, instance)
    if message:
        fix = f"choose a type such as {_SMALL_TYPES[image.processor]}, or another image family"
        yield Finding(draft.key("endpoint.instanceType"), message, fix)


def instance_type_is_in_the_catalog(draft: Draft) -> Iterator[Finding]:
    """AWS's list may be newer than ours, and what the hardware is must be known."""
    if draft.instance_type is not None and draft.instance is None:
        yield Finding(
            draft.key("endpoint.instanceType"),
            f"AWS lists {draft.instance_type}, but the catalog does not know its hardware yet",
            "add it to catalog/data/instances.json, or choose another type",
        )


def default_endpoint_name_is_allowed(draft: Draft) -> Iterator[Finding]:
    """`<project>-<stack>` must be a name for an endpoint, unless the stack gives one."""
    if draft.endpoint_name is not None and not is_endpoint_name(draft.endpoint_name):
        yield Finding(
            draft.key("endpoint.name"),
            f"the default, {quote(draft.endpoint_name)}, is not an endpoint name: "
            f"{ENDPOINT_NAME_RULE}",
            "give the endpoint a name of its own",
        )


def bucket_is_not_protected_and_destroyed(draft: Draft) -> Iterator[Finding]:
    """A bucket is either kept at all costs or thrown away with its content."""
    if draft.protect and draft.force_destroy:
        yield Finding(
            draft.key("bucket.forceDestroy"),
            "is true while protect is true: one keeps the bucket, the other deletes it with all it "
            "holds",
            "keep protect for data you need, forceDestroy for a stack you throw away",
        )


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


def tags_are_few_and_distinct(draft: Draft) -> Iterator[Finding]:
    """AWS limits the number of tags; IAM takes keys that differ only in case for the same."""
    if draft.tags is None:
        return
    keys = list(dict.fromkeys([*STANDARD_TAGS, *draft.tags]))
    is_uploaded = draft.source is not None and source_kind(draft.source) == "folder"
    most, whose = (
        (limits.OBJECT_TAG_ENTRIES, "S3 allows an object, such as the uploaded model,")
        if is_uploaded
        else (limits.TAG_ENTRIES.maximum, "AWS allows")
    )
    if most is not None and len(keys) > most:
        message = f"there are {len(keys)} tags with Project and Stack; {whose} {most}"
        yield Finding(draft.key("tags"), message, "remove some")
    seen: dict[str, str] = {}
    for key in keys:
        twin = seen.setdefault(key.casefold(), key)
        if twin != key:
            message = f"{quote(key)} and {quote(twin)} differ only in case, which IAM refuses"
            yield Finding(draft.key(f"tags.{key}"), message, "keep one of them")


RULES: tuple[Rule, ...] = (
    region_has_the_image,
    local_folder_holds_a_model,
    environment_is_small_enough,
    default_endpoint_name_is_allowed,
    instance_type_is_in_the_catalog,
    image_fits_the_instance,
    bucket_is_not_protected_and_destroyed,
    tags_are_few_and_distinct,
)


def _misfit(image: ImageFamily, instance: InstanceType) -> str | None:
    name, accelerators = instance.name, instance.accelerators
    family = f"the image family {image.family} ({image.engine}, {_MEANT_FOR[image.processor]})"
    if instance.architecture != image.architecture:
        return f"{name} is {instance.architecture}; {family} is built for {image.architecture}"
    if accelerators is None:
        return f"{name} has no GPU, and {family} needs one" if image.processor == "gpu" else None
    if image.processor == "gpu" and accelerators.are_nvidia_gpus:
        return None
    return f"{name} has {_count(accelerators)}, which {family} cannot use and you would pay for"


def _count(accelerators: Accelerators) -> str:
    return f"{accelerators.count} x {accelerators.kind}"
