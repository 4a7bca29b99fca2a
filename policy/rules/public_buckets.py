"""No bucket can be read by the public."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from policy.documents import BUCKET_POLICY, read_document
from policy.findings import Finding, expect
from policy.records import UNKNOWN, Resource

ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
SWITCHES = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_PRIVATE_ACLS = (None, "private", "bucket-owner-full-control", "log-delivery-write")
# Older tokens are aliases of the first in pulumi-aws 7, and still found in states.
BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
_WITH_ACL = (
    *BUCKETS,
    *("aws:s3/bucketAcl:BucketAcl", "aws:s3/bucketAclV2:BucketAclV2"),
    *("aws:s3/bucketObject:BucketObject", "aws:s3/bucketObjectv2:BucketObjectv2"),
)
_PUBLIC_GROUPS = ("/AllUsers", "/AuthenticatedUsers")


def stays_private(resource: Resource, options: Mapping[str, Any]) -> Iterator[Finding]:
    """Every switch of an access block is on, no ACL is public, and no bucket policy lets everybody in."""
    del options
    if resource.type == ACCESS_BLOCK:
        for switch in SWITCHES:
            yield from expect(
                resource,
                switch,
                lambda value: value is True,
                expected="true",
                fix=f"set {switch} to true; what others may read is shared by the role's ARN, not by opening the bucket",
            )
    elif resource.type in _WITH_ACL:
        yield from expect(
            resource,
            "acl",
            lambda value: value in _PRIVATE_ACLS,
            expected="private, or none at all",
            fix="leave acl out; the bucket's owner then owns every object",
        )
        yield from _public_grants(resource)
    elif resource.type == BUCKET_POLICY:
        yield from _public_statements(resource)


def _public_grants(resource: Resource) -> Iterator[Finding]:
    for grant in resource.read_list("accessControlPolicy.grants"):
        if grant is UNKNOWN or _is_public(grant):
            yield Finding(
                resource,
                "accessControlPolicy.grants",
                grant,
                "no grant to all users",
                "take the grant out; name an account's canonical id in it if somebody has to read",
            )


def _is_public(grant: Any) -> bool:
    grantee = cast("Mapping[str, Any]", grant).get("grantee") or {}
    return str(grantee.get("uri", "")).endswith(_PUBLIC_GROUPS)


def _public_statements(resource: Resource) -> Iterator[Finding]:
    expected = "no statement that allows everybody without a condition on who it is"
    fix = 'name the role or account in "Principal", or bind "*" with aws:PrincipalOrgID or aws:SourceAccount'
    statements = read_document(resource, "policy")
    if statements is None:
        yield Finding(resource, "policy", UNKNOWN, expected, fix)
        return
    for statement in statements:
        if statement.is_public or (statement.allows and "NotPrincipal" in statement.negations):
            yield Finding(
                resource, "policy", f"open to everybody in {statement.name}", expected, fix
            )
