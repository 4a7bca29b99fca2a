"""The actions of S3, whose names are not those of its operations, and all that a request asks for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html maps operations to actions; of its
table, the copying, creating and multipart operations were read in November 2026. The others are remembered.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.iam.actions.operations import Asked
from rehearsal.account.partitions import partition_of

_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")
_ACTIONS = {
    "HeadObject": "GetObject",
    "SelectObjectContent": "GetObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListParts": "ListMultipartUploadParts",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListBuckets": "ListAllMyBuckets",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
}
# An operation's noun to its action's; what deletes or lists such a configuration needs the right to put or get it.
_CONFIGURATIONS = {
    "BucketAnalyticsConfiguration": "AnalyticsConfiguration",
    "BucketCors": "BucketCORS",
    "BucketEncryption": "EncryptionConfiguration",
    "BucketIntelligentTieringConfiguration": "IntelligentTieringConfiguration",
    "BucketInventoryConfiguration": "InventoryConfiguration",
    "BucketLifecycle": "LifecycleConfiguration",
    "BucketLifecycleConfiguration": "LifecycleConfiguration",
    "BucketMetricsConfiguration": "MetricsConfiguration",
    "BucketNotificationConfiguration": "BucketNotification",
    "BucketOwnershipControls": "BucketOwnershipControls",
    "BucketReplication": "ReplicationConfiguration",
    "BucketTagging": "BucketTagging",
    "PublicAccessBlock": "BucketPublicAccessBlock",
}
_VERBS = {"Get": "Get", "List": "Get", "Put": "Put", "Delete": "Put"}
_OF_A_VERSION = {
    "GetObject": "GetObjectVersion",
    "DeleteObject": "DeleteObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "PutObjectAcl": "PutObjectVersionAcl",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectTagging": "PutObjectVersionTagging",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObjectAttributes": "GetObjectVersionAttributes",
}
# What a header of a write asks for on top.
_FOR_OBJECT_HEADERS = {
    "x-amz-acl": "PutObjectAcl",
    "x-amz-grant-": "PutObjectAcl",
    "x-amz-tagging": "PutObjectTagging",
    "x-amz-object-lock-mode": "PutObjectRetention",
    "x-amz-object-lock-retain-until-date": "PutObjectRetention",
    "x-amz-object-lock-legal-hold": "PutObjectLegalHold",
    "x-amz-bypass-governance-retention": "BypassGovernanceRetention",
}
_FOR_BUCKET_HEADERS = {
    "x-amz-acl": "PutBucketAcl",
    "x-amz-grant-": "PutBucketAcl",
    "x-amz-bucket-object-lock-enabled": "PutBucketObjectLockConfiguration",
    "x-amz-object-ownership": "PutBucketOwnershipControls",
}
_WRITES_AN_OBJECT = {"PutObject", "CopyObject", "CreateMultipartUpload"}
# Of a copy, the directive says whether tags are given; the tags themselves are what asks for a right.
_ASKS_FOR_NOTHING = "x-amz-tagging-directive"


def s3_calls(request: AwsRequest, asked: Asked) -> Iterator[tuple[str, str]]:
    """Return each action with its resource; nothing for what a Host name or a body makes unclear."""
    if not _LOOPBACK.fullmatch(request.http.host):  # the bucket may be in the host's name
        return
    bucket, key = asked.text("Bucket"), asked.text("Key")
    arns = f"arn:{partition_of(request.region)}:s3:::"
    resource = f"{arns}{bucket}/{key}" if key else f"{arns}{bucket}" if bucket else "*"
    if asked.operation == "DeleteObjects":
        for deleted, version in _keys_in(request.body):
            action = "DeleteObjectVersion" if version else "DeleteObject"
            yield f"s3:{action}", f"{arns}{bucket}/{deleted}"
        yield from _for_headers(
            request, {"x-amz-bypass": "BypassGovernanceRetention"}, f"{arns}{bucket}/*"
        )
        return
    action = action_of(asked.operation)
    is_of_version = bool(asked.text("VersionId"))
    yield f"s3:{_OF_A_VERSION.get(action, action) if is_of_version else action}", resource
    if action == "GetObjectAttributes":
        yield f"s3:{'GetObjectVersion' if is_of_version else 'GetObject'}", resource
    if asked.operation in _WRITES_AN_OBJECT:
        yield from _for_headers(request, _FOR_OBJECT_HEADERS, resource)
    if asked.operation == "CreateBucket":
        yield from _for_headers(request, _FOR_BUCKET_HEADERS, resource)
    if source := request.http.headers.get("x-amz-copy-source"):
        place, _, version = source.partition("?versionId=")
        yield (
            f"s3:{'GetObjectVersion' if version else 'GetObject'}",
            arns + unquote(place).lstrip("/"),
        )


def action_of(operation: str) -> str:
    """Return the action of an operation on a bucket's or an object's current version."""
    if operation in _ACTIONS:
        return _ACTIONS[operation]
    for verb, needed in _VERBS.items():
        noun = operation.removeprefix(verb)
        for known in (noun, noun.removesuffix("s")):
            if noun != operation and known in _CONFIGURATIONS:
                return needed + _CONFIGURATIONS[known]
    return operation


def _for_headers(
    request: AwsRequest, actions: dict[str, str], resource: str
) -> Iterator[tuple[str, str]]:
    names = [name.lower() for name, _ in request.http.headers]
    needed = {
        action
        for start, action in actions.items()
        if any(name.startswith(start) and name != _ASKS_FOR_NOTHING for name in names)
    }
    yield from ((f"s3:{action}", resource) for action in sorted(needed))


def _keys_in(body: bytes) -> Iterator[tuple[str, str]]:
    """Return the key and the version, or an empty text, of each object in a `Delete` document."""
    try:
        document = ET.fromstring(body)  # noqa: S314 - the account's own users write it
    except ET.ParseError:
        return
    for entry in document.iter():
        if entry.tag.rpartition("}")[2] == "Object":
            told = {each.tag.rpartition("}")[2]: each.text or "" for each in entry}
            yield told.get("Key", ""), told.get("VersionId", "")
