"""Where data matters, no slip of a hand deletes it, and records live long enough."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from policy.findings import Finding, expect
from policy.options import Option
from policy.records import UNKNOWN, Resource, opened
from policy.rules.public_buckets import BUCKETS

_LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
_RECORDS = "records/"

OPTIONS = {
    "stacks": Option("texts", ["prod"], "the names of the stacks whose data is protected"),
    "minimumRecordDays": Option(
        "integer", 30, "the least days that records of requests are kept in those stacks", minimum=1
    ),
}


def data_is_protected(resource: Resource, options: Mapping[str, Any]) -> Iterator[Finding]:
    """In the stacks that are named: buckets are protected and not emptied, and records are kept."""
    if resource.stack not in options["stacks"]:
        return
    inside = f"in the stack {resource.stack}"
    if resource.type in BUCKETS:
        if not resource.is_protected:
            yield Finding(
                resource,
                "protect",
                found=False,
                expected=f"true {inside}",
                fix="set genai:bucket.protect to true",
            )
        yield from expect(
            resource,
            "forceDestroy",
            lambda value: not value,
            expected=f"false {inside}",
            fix="take genai:bucket.forceDestroy out, or set it to false",
        )
    elif resource.type == _LIFECYCLE:
        yield from _records_are_kept(resource, options["minimumRecordDays"], inside)


def _records_are_kept(resource: Resource, least: int, inside: str) -> Iterator[Finding]:
    for place, rule in enumerate(resource.read_list("rules")):
        entry = Resource(resource.type, resource.name, {"rule": rule})
        if entry.read("rule.status") == "Disabled":
            continue
        prefix = entry.read("rule.filter.prefix")
        if prefix is not UNKNOWN and not _RECORDS.startswith(cast("str", prefix or "")):
            continue
        days = opened(entry.read("rule.expiration.days"))
        if days is UNKNOWN or (days is not None and days < least):
            yield Finding(
                resource,
                f"rules.{place}.expiration.days",
                days,
                f"at least {least} days for what lies under {_RECORDS} {inside}",
                f"set genai:bucket.recordDays to {least} or more",
            )
