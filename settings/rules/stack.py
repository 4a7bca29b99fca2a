"""The stack as a whole: names, bucket and tags. Rules GA102 to GA105."""

from collections.abc import Iterator

from settings import limits
from settings.draft import Draft, known_instance
from settings.field_checks import ENDPOINT_NAME_RULE, is_endpoint_name
from settings.problems import Finding
from settings.rules.rule import rule
from settings.tags import STANDARD_TAGS
from settings.wording import quote


@rule(102)
def instance_type_is_in_the_catalog(draft: Draft) -> Iterator[Finding]:
    """AWS's list may be newer than ours, and what the hardware is must be known."""
    for dotted in draft.places_of_types:
        name = draft.value(dotted, str)
        if name is not None and known_instance(name) is None:
            yield Finding(
                draft.key(dotted),
                f"AWS lists {name}, but the catalog does not know its hardware yet",
                "add it to catalog/data/instances.json, or choose another type",
            )


@rule(103)
def default_endpoint_name_is_allowed(draft: Draft) -> Iterator[Finding]:
    """`<project>-<stack>` must be a name for an endpoint, unless the stack gives one."""
    if draft.endpoint_name is not None and not is_endpoint_name(draft.endpoint_name):
        yield Finding(
            draft.key("endpoint.name"),
            f"the default, {quote(draft.endpoint_name)}, is not an endpoint name: "
            f"{ENDPOINT_NAME_RULE}",
            "give the endpoint a name of its own",
        )


@rule(104)
def bucket_is_not_protected_and_destroyed(draft: Draft) -> Iterator[Finding]:
    """A bucket is either kept at all costs or thrown away with its content."""
    if draft.value("bucket.protect", bool) and draft.value("bucket.forceDestroy", bool):
        yield Finding(
            draft.key("bucket.forceDestroy"),
            "is true while protect is true: one keeps the bucket, the other deletes it with all it "
            "holds",
            "keep protect for data you need, forceDestroy for a stack you throw away",
        )


@rule(105)
def tags_are_few_and_distinct(draft: Draft) -> Iterator[Finding]:
    """AWS limits the number of tags; IAM takes keys that differ only in case for the same."""
    tags = draft.value("tags", dict)
    if tags is None:
        return
    keys = list(dict.fromkeys([*STANDARD_TAGS, *tags]))
    is_uploaded = draft.source_kind == "folder"
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
