"""Buckets, queues and topics refuse what does not come over TLS."""

from collections.abc import Iterator, Mapping
from typing import Any

from policy.documents import (
    BUCKET_POLICY,
    QUEUE_POLICY,
    TOPIC_POLICY,
    denies_plain_http,
    read_document,
)
from policy.findings import Finding
from policy.records import UNKNOWN, Resource

_SERVICES = {BUCKET_POLICY: "s3", QUEUE_POLICY: "sqs", TOPIC_POLICY: "sns"}
_ACTIONS = {"s3": "s3:*", "sqs": "sqs:*", "sns": "sns:Publish"}


def takes_tls_only(resource: Resource, options: Mapping[str, Any]) -> Iterator[Finding]:
    """The policy denies everybody everything without TLS, under no other condition."""
    del options
    service = _SERVICES.get(resource.type)
    if service is None:
        return
    expected = f'a statement that denies "*" {_ACTIONS[service]} where aws:SecureTransport is false'
    fix = "add components.iam.{}".format(
        {
            "s3": "tls_only(bucket_arn), which covers the bucket and its objects",
            "sqs": "tls_only_queue(queue_arn)",
            "sns": "tls_only_topic(topic_arn)",
        }[service]
    )
    statements = read_document(resource, "policy")
    if statements is None:
        yield Finding(resource, "policy", UNKNOWN, expected, fix)
    elif not denies_plain_http(statements, service):
        yield Finding(resource, "policy", "without such a statement", expected, fix)
