"""Buckets, their settings and their objects."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pulumi

from rehearsal.deployer.creator import Created, Creator, Inputs, physical_name, tag_list
from rehearsal.deployer.requests import InputError, to_request
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


CREATORS: dict[str, Creator] = {
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketObjectv2:BucketObjectv2": _object,
    "aws:s3/bucketPolicy:BucketPolicy": _setting(
        "PutBucketPolicy", "put_bucket_policy", "policy", lambda inputs: inputs["policy"]
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _setting(
        "PutPublicAccessBlock",
        "put_public_access_block",
        "publicAccessBlockConfiguration",
        lambda inputs: {key: value for key, value in inputs.items() if key != "bucket"},
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _setting(
        "PutBucketOwnershipControls",
        "put_bucket_ownership_controls",
        "ownershipControls",
        lambda inputs: {"rules": [inputs["rule"]]},
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _setting(
        "PutBucketVersioning",
        "put_bucket_versioning",
        "versioningConfiguration",
        lambda inputs: inputs["versioningConfiguration"],
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _setting(
        "PutBucketEncryption",
        "put_bucket_encryption",
        "serverSideEncryptionConfiguration",
        lambda inputs: {"rules": inputs["rules"]},
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _setting(
        "PutBucketLifecycleConfiguration",
        "put_bucket_lifecycle_configuration",
        "lifecycleConfiguration",
        lambda inputs: {"rules": inputs["rules"]},
    ),
}
