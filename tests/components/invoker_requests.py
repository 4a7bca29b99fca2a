"""What the provider would ask AWS for what a function registers, to hold it against AWS's service models.

Where the provider's shapes differ from the API's, each difference is one line here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.deployer.requests import to_request
from rehearsal.program import ProgramRun
from tests.components.requests import Request
from tests.harness import EchoMocks, inputs_of

Inputs = dict[str, Any]
ROLE = "arn:aws:iam::123456789012:role/{}"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:{}"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:{}"
LOG_GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:{}"


class AwsLikeInvokerMocks(EchoMocks):
    """Answers with ARNs that AWS's patterns accept."""

    ARNS: Mapping[str, str] = {
        "aws:iam/role:Role": ROLE,
        "aws:lambda/function:Function": FUNCTION,
        "aws:lambda/alias:Alias": FUNCTION + ":live",
        "aws:sqs/queue:Queue": QUEUE,
        "aws:cloudwatch/logGroup:LogGroup": LOG_GROUP,
    }

    def new_resource(self, args: Any) -> tuple[str | None, dict[Any, Any]]:
        resource_id, outputs = super().new_resource(args)
        if args.typ in self.ARNS:
            outputs = {**outputs, "arn": self.ARNS[args.typ].format(args.name)}
        return resource_id, outputs


def invoker_requests_of(run: ProgramRun) -> dict[str, Request]:
    """The request of every resource that has one here, by the resource's type and name."""
    return {
        f"{r.type.rpartition(':')[2]} {r.name}": _REQUESTS[r.type](r.name, inputs_of(r))
        for r in run.registrations
        if r.type in _REQUESTS
    }


def _request(service: str, operation: str, inputs: Inputs) -> Request:
    members = {key: value for key, value in inputs.items() if key != "tags"}
    return Request(service, operation, to_request(service, operation, members))


def _function(name: str, inputs: Inputs) -> Request:
    code = {"s3Bucket": "code", "s3Key": "code.zip"}
    members = {**inputs, "functionName": name, "code": code}
    members.pop(
        "reservedConcurrentExecutions", None
    )  # a request of its own, PutFunctionConcurrency
    return _request("lambda", "CreateFunction", members)


def _url(_name: str, inputs: Inputs) -> Request:
    members = {**inputs, "authType": inputs["authorizationType"]}
    del members["authorizationType"]
    return _request("lambda", "CreateFunctionUrlConfig", members)


def _permission(name: str, inputs: Inputs) -> Request:
    members = {**inputs, "functionName": inputs["function"], "statementId": name}
    del members["function"]
    return _request("lambda", "AddPermission", members)


def _queue(name: str, inputs: Inputs) -> Request:
    attributes = {
        _attribute(key): str(value).lower() if isinstance(value, bool) else _text(value)
        for key, value in inputs.items()
        if key != "tags"
    }
    return _request("sqs", "CreateQueue", {"queueName": name, "attributes": attributes})


def _attribute(key: str) -> str:
    known = {
        "messageRetentionSeconds": "MessageRetentionPeriod",
        "visibilityTimeoutSeconds": "VisibilityTimeout",
        "sqsManagedSseEnabled": "SqsManagedSseEnabled",
        "redrivePolicy": "RedrivePolicy",
        "kmsMasterKeyId": "KmsMasterKeyId",
    }
    return known[key]


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) else str(value)


def _api(name: str, inputs: Inputs) -> Request:
    return _request("apigatewayv2", "CreateApi", {**inputs, "name": name})


def _integration(_name: str, inputs: Inputs) -> Request:
    members = {**inputs, "timeoutInMillis": inputs["timeoutMilliseconds"]}
    del members["timeoutMilliseconds"]
    return _request("apigatewayv2", "CreateIntegration", members)


def _stage(_name: str, inputs: Inputs) -> Request:
    members = {**inputs, "stageName": inputs["name"]}
    del members["name"]
    return _request("apigatewayv2", "CreateStage", members)


def _as_it_is(service: str, operation: str) -> Callable[[str, Inputs], Request]:
    return lambda _name, inputs: _request(service, operation, inputs)


_REQUESTS: dict[str, Callable[[str, Inputs], Request]] = {
    "aws:lambda/function:Function": _function,
    "aws:lambda/alias:Alias": _as_it_is("lambda", "CreateAlias"),
    "aws:lambda/functionUrl:FunctionUrl": _url,
    "aws:lambda/permission:Permission": _permission,
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": _as_it_is(
        "lambda", "PutFunctionEventInvokeConfig"
    ),
    "aws:lambda/eventSourceMapping:EventSourceMapping": _as_it_is(
        "lambda", "CreateEventSourceMapping"
    ),
    "aws:sqs/queue:Queue": _queue,
    "aws:apigatewayv2/api:Api": _api,
    "aws:apigatewayv2/integration:Integration": _integration,
    "aws:apigatewayv2/route:Route": _as_it_is("apigatewayv2", "CreateRoute"),
    "aws:apigatewayv2/stage:Stage": _stage,
}
