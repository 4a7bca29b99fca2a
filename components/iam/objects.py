"""Statements about objects in S3: the model, and what goes into and out of the data bucket."""

import re
from collections.abc import Sequence
from typing import Any

from components.iam.documents import Statement, document

_S3_URI = re.compile(r"s3://(?P<bucket>[^/]+)/(?P<key>.+)")


def read_model(partition: str, model_uri: str) -> list[Statement]:
    """Read one archive (`s3://bucket/key.tar.gz`) or everything under one prefix (`s3://bucket/prefix/`).

    A prefix has to be listed as well; the listing is bound to that prefix.

    Raises:
        ValueError: `model_uri` is not an S3 URI with a key or prefix.
    """
    match = _S3_URI.fullmatch(model_uri)
    if match is None:
        raise ValueError(
            f"model_uri must look like s3://bucket/key.tar.gz or s3://bucket/prefix/, got {model_uri!r}"
        )
    bucket_arn = f"arn:{partition}:s3:::{match['bucket']}"
    key = match["key"]
    is_prefix = key.endswith("/")
    statements: list[Statement] = [
        {
            "Sid": "ReadModel",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": f"{bucket_arn}/{key}*" if is_prefix else f"{bucket_arn}/{key}",
        }
    ]
    if is_prefix:
        statements.append(
            {
                "Sid": "ListModel",
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": bucket_arn,
                "Condition": {"StringLike": {"s3:prefix": f"{key}*"}},
            }
        )
    return statements


def share_model(partition: str, model_uri: str, role_arn: str) -> dict[str, Any]:
    """Return the bucket policy with which another account lets `role_arn` read its model.

    Reading across accounts takes both: this policy on the bucket, and `read_model` on the role.

    Raises:
        ValueError: `model_uri` is not an S3 URI with a key or prefix.
    """
    return document(
        *(
            {**statement, "Principal": {"AWS": role_arn}}
            for statement in read_model(partition, model_uri)
        )
    )


def read_objects(bucket_arn: str, prefixes: Sequence[str]) -> Statement:
    """Read objects under `prefixes` (each ending in `/`) of one bucket.

    Raises:
        ValueError: a prefix would reach beyond its own folder.
    """
    return _allow("ReadObjects", "s3:GetObject", _under(bucket_arn, prefixes))


def read_object_versions(bucket_arn: str, prefixes: Sequence[str]) -> Statement:
    """Read objects under `prefixes` (each ending in `/`), also a version that was overwritten meanwhile.

    Raises:
        ValueError: a prefix would reach beyond its own folder.
    """
    return _allow(
        "ReadObjectVersions", ["s3:GetObject", "s3:GetObjectVersion"], _under(bucket_arn, prefixes)
    )


def list_objects(bucket_arn: str, prefixes: Sequence[str]) -> Statement:
    """List what is under `prefixes` (each ending in `/`) of one bucket, and be told that an object is not there.

    To whom may not list, S3 denies what does not exist
    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, read 2026-11-25). AWS does not say whether it holds the
    key against `s3:prefix` when an object is read; for a bucket's HEAD it does not
    (https://github.com/hashicorp/terraform-provider-aws/issues/17195). `IfExists` is right either way, and the price is that
    the names of all keys, though not their content, can be listed without a prefix. Not run on AWS.

    Raises:
        ValueError: a prefix would reach beyond its own folder.
    """
    return {
        "Sid": "ListObjects",
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": bucket_arn,
        "Condition": {"StringLikeIfExists": {"s3:prefix": _patterns(prefixes)}},
    }


def put_objects(bucket_arn: str, prefixes: Sequence[str]) -> Statement:
    """Write objects under `prefixes` (each ending in `/`) of one bucket.

    Raises:
        ValueError: a prefix would reach beyond its own folder.
    """
    return _allow("PutObjects", "s3:PutObject", _under(bucket_arn, prefixes))


def upload_objects(bucket_arn: str, prefixes: Sequence[str]) -> Statement:
    """Write objects of any size under `prefixes`: a large one goes in parts, which a failure aborts.

    Raises:
        ValueError: a prefix would reach beyond its own folder.
    """
    return _allow(
        "UploadObjects", ["s3:AbortMultipartUpload", "s3:PutObject"], _under(bucket_arn, prefixes)
    )


def _allow(sid: str, action: str | list[str], resource: list[str]) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource}


def _under(bucket_arn: str, prefixes: Sequence[str]) -> list[str]:
    return [f"{bucket_arn}/{pattern}" for pattern in _patterns(prefixes)]


def _patterns(prefixes: Sequence[str]) -> list[str]:
    for prefix in prefixes:
        if not prefix.endswith("/") or prefix.startswith("/") or "*" in prefix:
            raise ValueError(f"a prefix must look like 'records/', got {prefix!r}")
    return [f"{prefix}*" for prefix in prefixes]
