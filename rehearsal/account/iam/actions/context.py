"""The condition keys that a request itself sets.

Remembered from https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and the pages of
the services in https://docs.aws.amazon.com/service-authorization/latest/reference/. Tags of resources
(`aws:ResourceTag/...`) are not looked up: a condition on them finds no such key.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.iam.actions.operations import Asked
from rehearsal.account.partitions import partition_of

# Condition key to the member whose value it has, by signing name.
_MEMBERS: dict[str, dict[str, tuple[str, ...]]] = {
    "monitoring": {"cloudwatch:namespace": ("Namespace",)},
    "iam": {
        "iam:PolicyARN": ("PolicyArn",),
        "iam:PermissionsBoundary": ("PermissionsBoundary",),
        "iam:AWSServiceName": ("AWSServiceName",),
    },
    "sts": {"sts:ExternalId": ("ExternalId",), "sts:RoleSessionName": ("RoleSessionName",)},
    "lambda": {
        "lambda:FunctionUrlAuthType": ("AuthType", "FunctionUrlAuthType"),
        "lambda:Principal": ("Principal",),
    },
    "sns": {"sns:Protocol": ("Protocol",), "sns:Endpoint": ("Endpoint",)},
    "application-autoscaling": {
        "application-autoscaling:service-namespace": ("ServiceNamespace",),
        "application-autoscaling:scalable-dimension": ("ScalableDimension",),
    },
    "sagemaker": {
        "sagemaker:TargetModel": ("TargetModel",),
        "sagemaker:VolumeKmsKey": ("KmsKeyId",),
    },
    "secretsmanager": {"secretsmanager:Name": ("Name",), "secretsmanager:SecretId": ("SecretId",)},
}
_S3_ARGUMENTS = {
    "s3:prefix": "prefix",
    "s3:delimiter": "delimiter",
    "s3:max-keys": "max-keys",
    "s3:VersionId": "versionId",
}
_S3_HEADERS = {"if-match": "s3:if-match", "if-none-match": "s3:if-none-match"}
_S3_OWN_HEADERS = "x-amz-"


def context_of(request: AwsRequest, asked: Asked) -> dict[str, str | Sequence[str]]:
    """Return the keys with their values; what depends on who asks is added by who knows that."""
    now = datetime.now(UTC)
    context: dict[str, str | Sequence[str]] = {
        # The account listens on plain HTTP on the loopback; that stands for the TLS that AWS speaks.
        "aws:SecureTransport": "true",
        "aws:RequestedRegion": request.region,
        "aws:CurrentTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:SourceIp": request.http.remote_addr or "127.0.0.1",
        "aws:UserAgent": request.http.headers.get("User-Agent", ""),
        "aws:ViaAWSService": "false",
    }
    for key, names in _MEMBERS.get(request.service, {}).items():
        if value := asked.text(*names):
            context[key] = value
    if request.service == "lambda" and (name := asked.text("FunctionName")):
        start = f"arn:{partition_of(request.region)}:lambda:{request.region}:{ACCOUNT_ID}:function:"
        context["lambda:FunctionArn"] = start + name.rpartition("function:")[2]
    if request.service == "s3":
        context.update(_of_s3(request))
    tags = dict(_tags(request, asked))
    if tags:
        context["aws:TagKeys"] = list(tags)
        prefix = "s3:RequestObjectTag/" if request.service == "s3" else "aws:RequestTag/"
        context.update({f"{prefix}{name}": value for name, value in tags.items()})
    elif keys := _tag_keys(asked):
        context["aws:TagKeys"] = keys
    return context


def _of_s3(request: AwsRequest) -> Iterator[tuple[str, str]]:
    yield "s3:TlsVersion", "1.3"
    yield "s3:ResourceAccount", ACCOUNT_ID
    is_in_header = "Authorization" in request.http.headers
    yield "s3:authType", "REST-HEADER" if is_in_header else "REST-QUERY-STRING"
    yield (
        "s3:signatureversion",
        "AWS" if "AWSAccessKeyId" in request.http.args else "AWS4-HMAC-SHA256",
    )
    for key, argument in _S3_ARGUMENTS.items():
        if argument in request.http.args:
            yield key, request.http.args[argument]
    for name, value in request.http.headers:
        lowered = name.lower()
        if lowered.startswith(_S3_OWN_HEADERS):
            yield f"s3:{lowered}", value
        elif lowered in _S3_HEADERS:
            yield _S3_HEADERS[lowered], value


def _tags(request: AwsRequest, asked: Asked) -> Iterator[tuple[str, str]]:
    """Tags as services write them: a list of pairs, a structure, or a header of S3."""
    if request.service == "s3":
        yield from parse_qsl(request.http.headers.get("x-amz-tagging", ""), keep_blank_values=True)
        return
    tags: Any = asked.members.get("Tags", asked.members.get("tags"))
    if isinstance(tags, dict):
        yield from ((str(name), str(value)) for name, value in tags.items())
    elif isinstance(tags, list):
        for tag in tags:
            if isinstance(tag, dict):
                name = tag.get("Key", tag.get("TagKey", tag.get("key", "")))
                yield str(name), str(tag.get("Value", tag.get("TagValue", tag.get("value", ""))))


def _tag_keys(asked: Asked) -> list[str]:
    keys: Any = asked.members.get("TagKeys", asked.members.get("tagKeys"))
    if isinstance(keys, str):
        return [keys]
    return [str(key) for key in keys] if isinstance(keys, list) else []
