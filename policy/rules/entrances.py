"""Nobody calls a function, or sends to a queue or topic, without being known."""

from collections.abc import Iterator, Mapping
from typing import Any

from policy.documents import QUEUE_POLICY, TOPIC_POLICY, read_document
from policy.findings import Finding, expect
from policy.records import UNKNOWN, Resource

_URL = "aws:lambda/functionUrl:FunctionUrl"
_ROUTE = "aws:apigatewayv2/route:Route"
_PERMISSION = "aws:lambda/permission:Permission"
_IAM = "AWS_IAM"
_SERVICE_ENDS = (".amazonaws.com", ".amazonaws.com.cn")


def callers_are_known(resource: Resource, options: Mapping[str, Any]) -> Iterator[Finding]:
    """URLs and routes ask for signed requests, and no permission or policy lets everybody in."""
    del options
    match resource.type:
        case "aws:lambda/functionUrl:FunctionUrl" | "aws:apigatewayv2/route:Route":
            yield from expect(
                resource,
                "authorizationType",
                lambda value: (
                    value in {_IAM, *(("JWT", "CUSTOM") if resource.type == _ROUTE else ())}
                ),
                expected=f"{_IAM}, so that requests are signed",
                fix=f"set authorizationType to {_IAM}; genai invoke and the AWS SDKs sign",
            )
        case "aws:lambda/permission:Permission":
            yield from _permission(resource)
        case _ if resource.type in {QUEUE_POLICY, TOPIC_POLICY}:
            yield from _policy(resource)
        case _:
            return


def _permission(resource: Resource) -> Iterator[Finding]:
    principal = resource.read("principal")
    bound = resource.read("principalOrgId") or resource.read("sourceAccount")
    if principal is UNKNOWN or (principal == "*" and not bound):
        yield Finding(
            resource,
            "principal",
            principal,
            "an account, a role or a service",
            "name the account's ARN, or bind it with principalOrgId",
        )
    elif str(principal).endswith(_SERVICE_ENDS) and not (bound or resource.read("sourceArn")):
        yield Finding(
            resource,
            "sourceArn",
            None,
            f"what of {principal} may call: without it every account's may",
            "set sourceArn or sourceAccount",
        )


def _policy(resource: Resource) -> Iterator[Finding]:
    expected = "no statement that allows everybody without a condition on who it is"
    fix = 'name the service or role in "Principal", and bind a service with aws:SourceAccount'
    statements = read_document(resource, "policy")
    if statements is None:
        yield Finding(resource, "policy", UNKNOWN, expected, fix)
        return
    for statement in statements:
        if statement.is_public or (statement.allows and "NotPrincipal" in statement.negations):
            yield Finding(
                resource, "policy", f"open to everybody in {statement.name}", expected, fix
            )
