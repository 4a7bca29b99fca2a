"""Which IAM actions on which resources a request asks for.

Covers what the program's own roles call. A request that is not covered is refused when a role makes
it: the account would otherwise allow what AWS might deny.
"""

import json
import re
from typing import Any
from urllib.parse import parse_qs, unquote

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.iam.authorization import Call
from rehearsal.account.partitions import partition_of
from rehearsal.account.sagemaker.runtime_request import operation_and_endpoint

_LAMBDA_INVOKE_PATH = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/invocations")
# By method and the argument that makes it another action; no argument is the plain one.
_OBJECT_ACTIONS = {
    ("GET", ""): "GetObject",
    ("HEAD", ""): "GetObject",
    ("PUT", ""): "PutObject",
    ("DELETE", ""): "DeleteObject",
    ("GET", "versionId"): "GetObjectVersion",
    ("HEAD", "versionId"): "GetObjectVersion",
    ("DELETE", "versionId"): "DeleteObjectVersion",
    ("POST", "uploads"): "PutObject",
    ("PUT", "uploadId"): "PutObject",
    ("POST", "uploadId"): "PutObject",
    ("GET", "uploadId"): "ListMultipartUploadParts",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
}
_BUCKET_ACTIONS = {
    ("GET", ""): "ListBucket",
    ("HEAD", ""): "ListBucket",
    ("GET", "uploads"): "ListBucketMultipartUploads",
}
_S3_PLAIN_ARGUMENTS = {
    "list-type", "prefix", "delimiter", "encoding-type", "max-keys", "continuation-token",
    "start-after", "marker", "x-id", "partNumber", "fetch-owner",
    "AWSAccessKeyId", "Signature", "Expires", "x-amz-security-token",
}  # fmt: skip
_S3_TELLING_ARGUMENTS = {"versionId", "uploads", "uploadId"}
# What takes a further permission: reading the source of a copy, setting an ACL, tags or a lock.
_S3_TELLING_HEADERS = ("x-amz-copy-source", "x-amz-acl", "x-amz-grant-", "x-amz-tagging", "x-amz-object-lock-")  # fmt: skip


def calls_of(request: AwsRequest) -> list[Call]:
    """Return all that `request` asks for, or nothing for a request that this account cannot name."""
    if request.service == "sagemaker":
        return _sagemaker(request)
    reader = _READERS.get(request.service)
    call = reader(request) if reader else None
    return [call] if call else []


def _call(request: AwsRequest, action: str, resource: str, **more: str) -> Call:
    context = {
        # The account listens on plain HTTP on the loopback; that stands for the TLS that AWS speaks.
        "aws:SecureTransport": "true",
        "aws:RequestedRegion": request.region,
        "aws:PrincipalAccount": ACCOUNT_ID,
    }
    return Call(action, resource, {**context, **more})


def _s3(request: AwsRequest) -> Call | None:
    http = request.http
    bucket, _, key = http.path.removeprefix("/").partition("/")
    telling = [name for name in http.args if not _is_plain(name)]
    kind = (http.method, telling[0] if telling else "")
    action = (_OBJECT_ACTIONS if key else _BUCKET_ACTIONS).get(kind)
    is_more = any(name.lower().startswith(_S3_TELLING_HEADERS) for name, _ in http.headers)
    if not bucket or action is None or len(telling) > 1 or is_more:
        return None
    context = {"s3:TlsVersion": "1.3"}
    if not key and "prefix" in http.args:
        context["s3:prefix"] = http.args["prefix"]
    bucket_arn = f"arn:{partition_of(request.region)}:s3:::{bucket}"
    resource = f"{bucket_arn}/{key}" if key else bucket_arn
    return _call(request, f"s3:{action}", resource, **context)


def _is_plain(argument: str) -> bool:
    return argument in _S3_PLAIN_ARGUMENTS or argument.startswith(("X-Amz-", "response-"))


def _sagemaker(request: AwsRequest) -> list[Call]:
    """A call to an inference component needs the right to it and the right to its endpoint."""
    asked = operation_and_endpoint(request)
    if asked is None:
        return []
    operation, endpoint = asked
    arn = f"arn:{partition_of(request.region)}:sagemaker:{request.region}:{ACCOUNT_ID}"
    component = request.http.headers.get("X-Amzn-SageMaker-Inference-Component")
    names = [f"endpoint/{endpoint}", *([f"inference-component/{component}"] if component else [])]
    return [_call(request, f"sagemaker:{operation}", f"{arn}:{name}") for name in names]


def _lambda(request: AwsRequest) -> Call | None:
    invoked = _LAMBDA_INVOKE_PATH.fullmatch(request.http.path)
    if invoked is None:
        return None
    name = unquote(invoked["function"]).rpartition("function:")[2]
    resource = (
        f"arn:{partition_of(request.region)}:lambda:{request.region}:{ACCOUNT_ID}:function:{name}"
    )
    qualifier = request.http.args.get("Qualifier")
    return _call(
        request, "lambda:InvokeFunction", f"{resource}:{qualifier}" if qualifier else resource
    )


def _logs(request: AwsRequest) -> Call | None:
    try:
        members = json.loads(request.body)
        group, stream = members["logGroupName"], members.get("logStreamName")
    except (ValueError, KeyError, TypeError):
        return None
    arn = f"arn:{partition_of(request.region)}:logs:{request.region}:{ACCOUNT_ID}:log-group:{group}"
    suffix = f":log-stream:{stream}" if stream else ""
    return _call(request, f"logs:{request.target}", arn + suffix)


def _sns(request: AwsRequest) -> Call | None:
    arguments = parse_qs(request.body.decode())
    topic = arguments.get("TopicArn")
    is_publishing = arguments.get("Action") == ["Publish"]
    return _call(request, "sns:Publish", topic[0]) if is_publishing and topic else None


def _sqs(request: AwsRequest) -> Call | None:
    """Queues are asked in JSON or, the old way, in a form; a batch needs the right to its single action."""
    if request.target:
        members, operation = _json_members(request), request.target
    else:
        members = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        operation = members.get("Action", "")
    url = members.get("QueueUrl") or request.http.path
    _, _, name = str(url).rstrip("/").rpartition("/")
    if not operation or not name:
        return None
    arn = f"arn:{partition_of(request.region)}:sqs:{request.region}:{ACCOUNT_ID}:{name}"
    return _call(request, f"sqs:{operation.removesuffix('Batch')}", arn)


def _json_members(request: AwsRequest) -> dict[str, Any]:
    try:
        members = json.loads(request.body)
    except ValueError:
        return {}
    return members if isinstance(members, dict) else {}


def _sts(request: AwsRequest) -> Call | None:
    is_identity = parse_qs(request.body).get(b"Action") == [b"GetCallerIdentity"]
    return _call(request, "sts:GetCallerIdentity", "*") if is_identity else None


_READERS = {"s3": _s3, "lambda": _lambda, "logs": _logs, "sns": _sns, "sqs": _sqs, "sts": _sts}
