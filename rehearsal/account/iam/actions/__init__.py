"""Which IAM actions on which resources a request asks for.

A table for each service says what its requests are about. A request that the tables do not cover is refused when
anybody but the administrator makes it: the account would otherwise allow what AWS might deny.
"""

from collections.abc import Iterator
from urllib.parse import unquote

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.iam.actions.context import context_of
from rehearsal.account.iam.actions.operations import S3_CONTROL_PATH, Asked, asked_of
from rehearsal.account.iam.actions.resources import resources_of
from rehearsal.account.iam.actions.s3 import s3_calls
from rehearsal.account.iam.authorization import Call
from rehearsal.account.iam.patterns import Context
from rehearsal.account.partitions import partition_of

# IAM's prefix where a service signs with another name.
_PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag", "cloudcontrolapi": "cloudformation"}
# Operations with another action's name.
_ACTIONS = {
    ("lambda", "Invoke"): "InvokeFunction",
    ("lambda", "InvokeAsync"): "InvokeFunction",
    ("lambda", "InvokeWithResponseStream"): "InvokeFunction",
    ("lambda", "GetLayerVersionByArn"): "GetLayerVersion",
    ("sns", "PublishBatch"): "Publish",
    ("sqs", "SendMessageBatch"): "SendMessage",
    ("sqs", "DeleteMessageBatch"): "DeleteMessage",
    ("sqs", "ChangeMessageVisibilityBatch"): "ChangeMessageVisibility",
}
# Members by which a role is handed to a service, and the service's name.
_PASSED_ROLES = {
    "sagemaker": (("ExecutionRoleArn", "RoleArn"), "sagemaker"),
    "lambda": (("Role",), "lambda"),
    "application-autoscaling": (("RoleARN",), "application-autoscaling"),
    "apigateway": (("credentialsArn",), "apigateway"),
    "logs": (("roleArn",), "logs"),
}


def calls_of(request: AwsRequest) -> list[Call]:
    """Return all that `request` asks for, or nothing for a request that this account cannot name."""
    asked = asked_of(request)
    if asked is None:
        return []
    named = list(_named(request, asked))
    if not named:
        return []
    context = context_of(request, asked)
    calls = [Call(action, resource, context) for action, resource in named]
    return [*calls, *_what_comes_with(request, asked, context)]


def _named(request: AwsRequest, asked: Asked) -> Iterator[tuple[str, str]]:
    """Return each action with its resource."""
    if request.service == "s3" and not request.http.path.startswith(S3_CONTROL_PATH):
        yield from s3_calls(request, asked)
    elif request.service == "apigateway":
        path = unquote(request.http.environ["RAW_URI"].partition("?")[0]).removeprefix("/v2")
        start = f"arn:{partition_of(request.region)}:apigateway:{request.region}::"
        yield f"apigateway:{request.http.method}", start + path
    else:
        prefix = _PREFIXES.get(request.service, request.service)
        action = _ACTIONS.get((prefix, asked.operation), asked.operation)
        for resource in resources_of(prefix, asked, request.region):
            yield f"{prefix}:{action}", resource


def _what_comes_with(request: AwsRequest, asked: Asked, context: Context) -> Iterator[Call]:
    """Return what a request asks for beside its own action: to hand a role to a service, to tag a session."""
    members, receiver = _PASSED_ROLES.get(request.service, ((), ""))
    for member in members:
        if role := asked.text(member):
            passed = {**context, "iam:PassedToService": f"{receiver}.amazonaws.com"}
            yield Call("iam:PassRole", role, passed)
    if request.service == "sts" and asked.operation == "AssumeRole" and "Tags" in asked.members:
        yield Call("sts:TagSession", asked.text("RoleArn"), context)
