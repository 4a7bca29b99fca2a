"""What only two settings together, the disk, or the catalog can tell to be wrong."""

import os
from collections.abc import Iterator
from stat import S_ISDIR

from settings import limits
from settings.draft import Draft
from settings.field_checks import ENDPOINT_NAME_RULE, is_endpoint_name
from settings.image_rules import IMAGE_RULES, Rule
from settings.model_source import source_kind
from settings.problems import Finding
from settings.wording import quote

STANDARD_TAGS = ("Project", "Stack")


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
    *IMAGE_RULES,
    local_folder_holds_a_model,
    default_endpoint_name_is_allowed,
    instance_type_is_in_the_catalog,
    bucket_is_not_protected_and_destroyed,
    tags_are_few_and_distinct,
)
