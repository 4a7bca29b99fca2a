"""Buckets, their settings and their objects."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pulumi

from rehearsal.deployer.kind import (
    Created,
    Creator,
    Deleter,
    Inputs,
    Kind,
    Tags,
    call,
    physical_name,
    put_again,
    tag_list,
    unless_gone,
)
from rehearsal.deployer.requests import InputError, to_request
from rehearsal.deployer.state import Deployed
from rehearsal.local_account import LocalAccount

_OBJECT_ARGUMENTS = {
    "contentType": "ContentType",
    "serverSideEncryption": "ServerSideEncryption",
    "kmsKeyId": "SSEKMSKeyId",
}


def _bucket(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    bucket = physical_name(name, inputs, "bucket")
    location = (
        {}
        if account.region == "us-east-1"  # the one Region that S3 refuses as a constraint
        else {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
    )
    s3 = account.client("s3")
    s3.create_bucket(Bucket=bucket, **location)
    if tags := tag_list(inputs):
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    return Created(bucket, {"bucket": bucket, "arn": f"arn:{account.partition}:s3:::{bucket}"})


def _object(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    source = inputs["source"]
    if not isinstance(source, pulumi.FileAsset):
        raise TypeError(f"the rehearsal uploads files, not a {type(source).__name__}")
    unknown = inputs.keys() - _OBJECT_ARGUMENTS.keys() - {"bucket", "key", "source", "tags"}
    if unknown:
        raise InputError(f"the rehearsal does not set {', '.join(sorted(unknown))} of an object")
    arguments = {_OBJECT_ARGUMENTS[key]: inputs[key] for key in _OBJECT_ARGUMENTS if key in inputs}
    if tags := inputs.get("tags"):
        arguments["Tagging"] = urlencode(tags)
    account.client("s3").upload_file(
        source.path, inputs["bucket"], inputs["key"], ExtraArgs=arguments
    )
    return Created(
        f"{inputs['bucket']}/{inputs['key']}", {"bucket": inputs["bucket"], "key": inputs["key"]}
    )


def _setting(operation: str, method: str, member: str, spell: Callable[[Inputs], Any]) -> Creator:
    """Return a creator of a bucket setting: one operation, with the setting as one of its members."""

    def put(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
        bucket = inputs["bucket"]
        request = to_request("s3", operation, {"bucket": bucket, member: spell(inputs)})
        getattr(account.client("s3"), method)(**request)
        return Created(bucket, {})

    return put


def _update_bucket(_account: LocalAccount, was: Deployed, _inputs: Inputs) -> dict[str, Any]:
    """Only forceDestroy is left, which says how it is deleted."""
    return was.outputs


def _tag_bucket(
    account: LocalAccount, bucket: Deployed, wanted: Tags, _outdated: list[str]
) -> None:
    s3 = account.client("s3")
    if wanted:
        s3.put_bucket_tagging(Bucket=bucket.id, Tagging={"TagSet": tag_list({"tags": wanted})})
    else:
        s3.delete_bucket_tagging(Bucket=bucket.id)


def _delete_bucket(account: LocalAccount, bucket: Deployed) -> None:
    """Without forceDestroy, S3 refuses to delete what is not empty."""
    s3 = account.client("s3")
    if bucket.inputs.get("forceDestroy"):
        unless_gone(lambda: _empty(s3, bucket.id))
    unless_gone(lambda: s3.delete_bucket(Bucket=bucket.id))


def _empty(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        keys = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        if keys:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})


def _delete_object(account: LocalAccount, stored: Deployed) -> None:
    """Delete every version, as the provider does."""
    s3, bucket, key = account.client("s3"), stored.outputs["bucket"], stored.outputs["key"]
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    for page in pages:
        for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            if each["Key"] == key:
                s3.delete_object(Bucket=bucket, Key=key, VersionId=each["VersionId"])


def _suspend_versions(account: LocalAccount, versioning: Deployed) -> None:
    """Versioning cannot be taken off a bucket again."""
    unless_gone(
        lambda: account.client("s3").put_bucket_versioning(
            Bucket=versioning.id, VersioningConfiguration={"Status": "Suspended"}
        )
    )


def _set_to(put: Creator, deletion: str | Deleter) -> Kind:
    delete = call("s3", deletion, Bucket="id") if isinstance(deletion, str) else deletion
    return Kind(create=put, update=put_again(put), delete=delete)


KINDS = {
    "aws:s3/bucket:Bucket": Kind(
        create=_bucket, update=_update_bucket, delete=_delete_bucket, tag=_tag_bucket
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": Kind(
        create=_object, update=put_again(_object), delete=_delete_object
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _set_to(
        _setting("PutBucketPolicy", "put_bucket_policy", "policy", lambda inputs: inputs["policy"]),
        "delete_bucket_policy",
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _set_to(
        _setting(
            "PutPublicAccessBlock",
            "put_public_access_block",
            "publicAccessBlockConfiguration",
            lambda inputs: {key: value for key, value in inputs.items() if key != "bucket"},
        ),
        "delete_public_access_block",
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _set_to(
        _setting(
            "PutBucketOwnershipControls",
            "put_bucket_ownership_controls",
            "ownershipControls",
            lambda inputs: {"rules": [inputs["rule"]]},
        ),
        "delete_bucket_ownership_controls",
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _set_to(
        _setting(
            "PutBucketVersioning",
            "put_bucket_versioning",
            "versioningConfiguration",
            lambda inputs: inputs["versioningConfiguration"],
        ),
        _suspend_versions,
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _set_to(
        _setting(
            "PutBucketEncryption",
            "put_bucket_encryption",
            "serverSideEncryptionConfiguration",
            lambda inputs: {"rules": inputs["rules"]},
        ),
        "delete_bucket_encryption",
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _set_to(
        _setting(
            "PutBucketLifecycleConfiguration",
            "put_bucket_lifecycle_configuration",
            "lifecycleConfiguration",
            lambda inputs: {"rules": inputs["rules"]},
        ),
        "delete_bucket_lifecycle",
    ),
}
