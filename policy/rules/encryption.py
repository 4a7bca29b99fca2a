"""What lies in a bucket, a queue or a topic is encrypted at rest."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from policy.findings import Finding, expect
from policy.options import Option
from policy.records import UNKNOWN, Resource

BUCKET_ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
QUEUE = "aws:sqs/queue:Queue"
TOPIC = "aws:sns/topic:Topic"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
_ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
_WITH_KEY = ("aws:kms", "aws:kms:dsse")
_ALGORITHM = "applyServerSideEncryptionByDefault.sseAlgorithm"

TOPICS_WITHOUT_KEY: Mapping[str, str] = {
    "-alarms": "CloudWatch cannot publish to a topic under SNS's own key, a key of one's own costs money every month, and an "
    "alarm's text holds names and numbers, nothing of a request; genai:keys.alarmsArn gives it a key"
}
"""Ends of the names of topics that may do without a key, each with its reason."""

OPTIONS = {
    "customerKeys": Option(
        "boolean",
        default=False,
        description="whether it has to be by a KMS key of one's own, the logs too",
    )
}


def is_encrypted(resource: Resource, options: Mapping[str, Any]) -> Iterator[Finding]:
    """Encrypted at rest; with `customerKeys` by a key of one's own."""
    own = bool(options["customerKeys"])
    match resource.type:
        case "aws:sqs/queue:Queue":
            yield from _queue(resource, own_key=own)
        case "aws:sns/topic:Topic":
            yield from _topic(resource, own_key=own)
        case "aws:cloudwatch/logGroup:LogGroup" if own:
            yield from expect(
                resource,
                "kmsKeyId",
                bool,
                expected="the ARN of a KMS key of yours",
                fix="set genai:keys.logsArn",
            )
        case _ if resource.type == BUCKET_ENCRYPTION:
            yield from _bucket(resource, own_key=own)
        case _:
            return


def _bucket(resource: Resource, *, own_key: bool) -> Iterator[Finding]:
    algorithms = _WITH_KEY if own_key else _ALGORITHMS
    expected = f"a rule with sseAlgorithm {' or '.join(algorithms)}"
    fix = "set genai:keys.bucketArn" if own_key else "give it a rule with sseAlgorithm AES256"
    rules = resource.read_list("rules")
    if not rules:
        yield Finding(resource, "rules", None, expected, fix)
    for rule in rules:
        found = (
            UNKNOWN
            if rule is UNKNOWN
            else Resource(resource.type, resource.name, rule).read(_ALGORITHM)
        )
        if found not in algorithms:
            yield Finding(resource, f"rules.{_ALGORITHM}", found, expected, fix)


def _queue(resource: Resource, *, own_key: bool) -> Iterator[Finding]:
    key = resource.read("kmsMasterKeyId")
    # A key that is not known yet is a key: its absence would be known.
    if key is not None and (not own_key or _is_own(key)):
        return
    if own_key:
        yield Finding(
            resource,
            "kmsMasterKeyId",
            key,
            "a KMS key of yours",
            "set genai:keys.queueArn",
        )
        return
    yield from expect(
        resource,
        "sqsManagedSseEnabled",
        lambda value: value is True,
        expected="true, or a key in kmsMasterKeyId",
        fix="set sqsManagedSseEnabled to true; it costs nothing",
    )


def _topic(resource: Resource, *, own_key: bool) -> Iterator[Finding]:
    if not own_key and any(resource.name.endswith(end) for end in TOPICS_WITHOUT_KEY):
        return
    yield from expect(
        resource,
        "kmsMasterKeyId",
        lambda value: bool(value) and (not own_key or _is_own(value)),
        expected="a KMS key of yours" if own_key else "a KMS key",
        fix="set genai:keys.alarmsArn for the alarms' topic; another takes an ARN in kmsMasterKeyId"
        if own_key
        else "set kmsMasterKeyId to alias/aws/sns, or to a key of yours if a service of AWS publishes as itself",
    )


def _is_own(key: Any) -> bool:
    return key is UNKNOWN or not cast("str", key).startswith("alias/aws/")
