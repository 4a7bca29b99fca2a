"""Every bucket, queue and topic has what guards it: what is wrong in a guard is another policy's, here it must be there."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from policy.documents import BUCKET_POLICY, QUEUE_POLICY, TOPIC_POLICY
from policy.findings import Finding
from policy.records import UNKNOWN, Resource, of_type
from policy.relations import companions
from policy.rules.encryption import BUCKET_ENCRYPTION, QUEUE, TOPIC
from policy.rules.public_buckets import ACCESS_BLOCK, BUCKETS

_VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"


class _Guard(NamedTuple):
    type: str
    property: str
    """That names what is guarded."""
    purpose: str


_OF_BUCKETS = (
    _Guard(ACCESS_BLOCK, "bucket", "keeps the public out"),
    _Guard(BUCKET_ENCRYPTION, "bucket", "encrypts what lies in it"),
    _Guard(BUCKET_POLICY, "bucket", "refuses what does not come over TLS"),
    _Guard(_VERSIONING, "bucket", "keeps what is overwritten"),
)
_GUARDS: Mapping[str, tuple[_Guard, ...]] = {
    **dict.fromkeys(BUCKETS, _OF_BUCKETS),
    QUEUE: (_Guard(QUEUE_POLICY, "queueUrl", "refuses what does not come over TLS"),),
    TOPIC: (_Guard(TOPIC_POLICY, "arn", "refuses what does not come over TLS"),),
}


def guards_are_there(resources: list[Resource], options: Mapping[str, Any]) -> Iterator[Finding]:
    """Each guard of a bucket, queue or topic is registered for it, and versioning is on."""
    del options
    for target in of_type(resources, *_GUARDS):
        for guard in _GUARDS[target.type]:
            found = companions(target, resources, guard.type, guard.property)
            short = guard.type.rpartition(":")[2]
            if not found:
                yield Finding(
                    target,
                    short,
                    # One whose target is not known yet, and made from nothing that is, may be meant for this one.
                    UNKNOWN if _has_unplaced(resources, guard) else None,
                    f"one, which {guard.purpose}",
                    f"register a {short} for it, as components/ does for its own",
                )
            for companion in found if guard.type == _VERSIONING else []:
                yield from _versioned(companion)


def _versioned(companion: Resource) -> Iterator[Finding]:
    path = "versioningConfiguration.status"
    status = companion.read(path)
    if status != "Enabled":
        yield Finding(companion, path, status, "Enabled", "set its status to Enabled")


def _has_unplaced(resources: list[Resource], guard: _Guard) -> bool:
    return any(
        resource.read(guard.property) is UNKNOWN and not resource.sources.get(guard.property)
        for resource in of_type(resources, guard.type)
    )
