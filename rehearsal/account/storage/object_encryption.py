"""Which rights on a KMS key an S3 request needs: the bucket's key is used in the caller's name."""

from typing import Any

from moto.s3.models import FakeKey, s3_backends

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.iam.authorization import Call
from rehearsal.account.partitions import bucket_and_key, dns_suffix, partition_of

_HEADER = "x-amz-server-side-encryption"
_KMS_ALGORITHMS = ("aws:kms", "aws:kms:dsse")
_READS = ("s3:GetObject", "s3:GetObjectVersion")
_PARTS_ARGUMENTS = {"uploads", "uploadId"}


def key_calls(call: Call, request: AwsRequest) -> list[Call]:
    """Return what `request` asks of KMS, on top of what it asks of S3.

    A key that AWS manages (`aws/s3`) asks for nothing.
    """
    bucket, key = bucket_and_key(call.resource)
    found: Any = s3_backends[ACCOUNT_ID][partition_of(request.region)].buckets.get(bucket)
    if found is None or not key:
        return []
    if call.action == "s3:PutObject":
        kms_key = _key_for_writing(found, request)
        is_in_parts = not _PARTS_ARGUMENTS.isdisjoint(request.http.args)
        actions = ["kms:GenerateDataKey", *(["kms:Decrypt"] if is_in_parts else [])]
    elif call.action in _READS and request.http.method != "HEAD":  # a copy reads as well
        kms_key, actions = _key_of(found.keys.get(key)), ["kms:Decrypt"]
    else:
        return []
    if not kms_key:
        return []
    context = {
        **call.context,
        "kms:ViaService": f"s3.{request.region}.{dns_suffix(request.region)}",
    }
    return [Call(action, key_arn(kms_key, request.region), context) for action in actions]


def key_arn(key: str, region: str) -> str:
    """Return the ARN of a key that may be given by ARN, alias or id."""
    if key.startswith("arn:"):
        return key
    path = key if key.startswith("alias/") else f"key/{key}"
    return f"arn:{partition_of(region)}:kms:{region}:{ACCOUNT_ID}:{path}"


def _key_for_writing(bucket: Any, request: AwsRequest) -> str | None:
    headers = request.http.headers
    if algorithm := headers.get(_HEADER):
        own = headers.get(f"{_HEADER}-aws-kms-key-id")
        return own if algorithm in _KMS_ALGORITHMS else None
    rule = (bucket.encryption or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
    return rule.get("KMSMasterKeyID") if rule.get("SSEAlgorithm") in _KMS_ALGORITHMS else None


def _key_of(stored: Any) -> str | None:
    is_encrypted = isinstance(stored, FakeKey) and stored.encryption in _KMS_ALGORITHMS
    return stored.kms_key_id if is_encrypted else None
