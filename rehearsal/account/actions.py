"""Which IAM action on which resource a request asks for.

Covers what the program's own roles call. A request that is not covered is refused when a role makes
it: the account would otherwise allow what AWS might deny.
"""

import json
import re
from urllib.parse import unquote

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.authorization import Call
from rehearsal.account.aws_request import AwsRequest

_RUNTIME_PATH = re.compile(r"/endpoints/(?P<endpoint>[^/]+)/(?P<kind>[a-z-]*invocations[a-z-]*)")
_RUNTIME_ACTIONS = {
    "invocations": "InvokeEndpoint",
    "invocations-response-stream": "InvokeEndpointWithResponseStream",
    "async-invocations": "InvokeEndpointAsync",
}
_LAMBDA_INVOKE_PATH = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/invocations")
_OBJECT_ACTIONS = {
    "GET": "GetObject",
    "HEAD": "GetObject",
    "PUT": "PutObject",
    "POST": "PutObject",
    "DELETE": "DeleteObject",
}
# Sub-resources of a bucket or object have actions of their own; a role that asks for one is refused.
_S3_PLAIN_ARGUMENTS = {
    "list-type", "prefix", "delimiter", "encoding-type", "max-keys", "continuation-token",
    "start-after", "marker", "versionId", "x-id", "uploads", "uploadId", "partNumber", "fetch-owner",
}  # fmt: skip
# The account listens on plain HTTP on the loopback; that stands for the TLS that AWS's endpoints speak.
_TRANSPORT = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}


def call_of(request: AwsRequest) -> Call | None:
    """Return what `request` asks for, or None for a request that this account cannot name."""
    reader = _READERS.get(request.service)
    return reader(request) if reader else None


def _s3(request: AwsRequest) -> Call | None:
    bucket, _, key = unquote(request.http.path).lstrip("/").partition("/")
    arguments = set(request.http.args)
    if not bucket or not all(a in _S3_PLAIN_ARGUMENTS or a.startswith("X-Amz-") for a in arguments):
        return None
    if key:
        action = _OBJECT_ACTIONS.get(request.http.method)
        resource = f"arn:aws:s3:::{bucket}/{key}"
        return Call(f"s3:{action}", resource, _TRANSPORT) if action else None
    if request.http.method in {"GET", "HEAD"}:
        prefix = {"s3:prefix": request.http.args.get("prefix", "")}
        return Call("s3:ListBucket", f"arn:aws:s3:::{bucket}", {**_TRANSPORT, **prefix})
    return None


def _sagemaker(request: AwsRequest) -> Call | None:
    runtime = _RUNTIME_PATH.fullmatch(request.http.path)
    if runtime is None or runtime["kind"] not in _RUNTIME_ACTIONS:
        return None
    resource = f"arn:aws:sagemaker:{request.region}:{ACCOUNT_ID}:endpoint/{runtime['endpoint']}"
    return Call(f"sagemaker:{_RUNTIME_ACTIONS[runtime['kind']]}", resource)


def _lambda(request: AwsRequest) -> Call | None:
    invoked = _LAMBDA_INVOKE_PATH.fullmatch(request.http.path)
    if invoked is None:
        return None
    name = unquote(invoked["function"]).rpartition("function:")[2]
    return Call(
        "lambda:InvokeFunction", f"arn:aws:lambda:{request.region}:{ACCOUNT_ID}:function:{name}"
    )


def _logs(request: AwsRequest) -> Call | None:
    try:
        group = json.loads(request.body)["logGroupName"]
        stream = json.loads(request.body).get("logStreamName")
    except (ValueError, KeyError, TypeError):
        return None
    arn = f"arn:aws:logs:{request.region}:{ACCOUNT_ID}:log-group:{group}"
    suffix = f":log-stream:{stream}" if stream else ""
    return Call(f"logs:{request.target}", arn + suffix)


def _sts(request: AwsRequest) -> Call | None:
    is_identity = b"Action=GetCallerIdentity" in request.body
    return Call("sts:GetCallerIdentity", "*") if is_identity else None


_READERS = {"s3": _s3, "sagemaker": _sagemaker, "lambda": _lambda, "logs": _logs, "sts": _sts}
