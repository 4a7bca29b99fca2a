"""Nobody may do everything, or something to everything, beyond a list of exceptions with their reasons."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policy.documents import (
    RESOURCE_POLICIES,
    ROLE,
    TRUST,
    Statement,
    documents_of,
    read_document,
)
from policy.findings import Finding
from policy.records import UNKNOWN, Resource

_WILD = ("*", "?")
_ATTACHMENTS = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "policyArn",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "policyArn",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "policyArn",
    "aws:iam/policyAttachment:PolicyAttachment": "policyArn",
}
_NO_TYPE = "AWS has no resource type for it"
_NOT_YET = "the network interface has no name before it exists"


@dataclass(frozen=True)
class Exemption:
    """Why an action may be allowed on every resource."""

    reason: str
    condition: str = ""
    """A key that the statement then has to have a condition on."""


EXEMPTIONS: Mapping[str, Exemption] = {
    "ecr:GetAuthorizationToken": Exemption(_NO_TYPE),
    "xray:PutTelemetryRecords": Exemption(_NO_TYPE),
    "xray:PutTraceSegments": Exemption(_NO_TYPE),
    "cloudwatch:PutMetricData": Exemption(_NO_TYPE, condition="cloudwatch:namespace"),
    "ec2:DescribeDhcpOptions": Exemption(_NO_TYPE),
    "ec2:DescribeNetworkInterfaces": Exemption(_NO_TYPE),
    "ec2:DescribeSecurityGroups": Exemption(_NO_TYPE),
    "ec2:DescribeSubnets": Exemption(_NO_TYPE),
    "ec2:DescribeVpcs": Exemption(_NO_TYPE),
    "ec2:AssignPrivateIpAddresses": Exemption(_NOT_YET),
    "ec2:CreateNetworkInterface": Exemption(_NOT_YET),
    "ec2:CreateNetworkInterfacePermission": Exemption(_NOT_YET),
    "ec2:DeleteNetworkInterface": Exemption(_NOT_YET),
    "ec2:DeleteNetworkInterfacePermission": Exemption(_NOT_YET),
    "ec2:UnassignPrivateIpAddresses": Exemption(_NOT_YET),
}
"""The actions that may be allowed on `*`; docs.aws.amazon.com/service-authorization has the resource types of each."""


def grants_are_narrow(resource: Resource, options: Mapping[str, Any]) -> Iterator[Finding]:
    """Each allowed action has its whole name, each resource a name of its own, and each role somebody it trusts."""
    del options
    yield from _foreign_policies(resource)
    for path in documents_of(resource):
        statements = read_document(resource, path)
        if statements is None:
            yield Finding(
                resource,
                path,
                UNKNOWN,
                "no action or resource with a wildcard",
                "name them",
            )
            continue
        for statement in statements:
            if statement.allows:
                yield from _wide(resource, path, statement)


def _foreign_policies(resource: Resource) -> Iterator[Finding]:
    expected = "a policy of this program, whose statements can be seen"
    fix = "write the statements that are needed; genai:roles.executionStatements and genai:invoker.statements take them"
    if path := _ATTACHMENTS.get(resource.type):
        arn = resource.read(path)
        if arn is UNKNOWN or ":iam::aws:policy/" in str(arn):
            yield Finding(resource, path, arn, expected, fix)
    if resource.type == ROLE:
        for arn in resource.read_list("managedPolicyArns"):
            if arn is UNKNOWN or ":iam::aws:policy/" in str(arn):
                yield Finding(resource, "managedPolicyArns", arn, expected, fix)


def _wide(resource: Resource, path: str, statement: Statement) -> Iterator[Finding]:
    where = f"in {statement.name}"
    for negation in statement.negations:
        yield Finding(
            resource,
            path,
            f"{negation} {where}",
            "what is allowed by name",
            f"replace {negation} by what it is meant to leave",
        )
    for action in statement.actions:
        if any(mark in action for mark in _WILD):
            yield Finding(
                resource,
                path,
                f"{action} {where}",
                "actions by their whole names",
                "name the actions that are needed; genai rehearse --least-privilege tells those that were used",
            )
    if path == TRUST or resource.type in RESOURCE_POLICIES:
        # Whom, not what: such a document's resource is the one that carries it.
        if path == TRUST and statement.is_public:
            yield Finding(
                resource,
                path,
                f'"*" {where}',
                "a principal by name",
                "name the service or the role that may assume this one",
            )
        return
    for name in statement.resources:
        if is_wide(name) and not _is_exempt(statement):
            yield Finding(
                resource,
                path,
                f"{', '.join(statement.actions)} on {name} {where}",
                "resources by name, a wildcard only behind one",
                "name the resource's ARN; what has none is to be added, with its reason, to EXEMPTIONS in "
                "policy/rules/wildcards.py",
            )


def _is_exempt(statement: Statement) -> bool:
    keys = {key for pairs in statement.condition.values() for key in pairs}
    found = [EXEMPTIONS.get(action) for action in statement.actions]
    return bool(found) and all(
        exemption is not None and (not exemption.condition or exemption.condition in keys)
        for exemption in found
    )


def is_wide(arn: str) -> bool:
    """Whether a resource's ARN leaves open which one is meant.

    `arn:aws:s3:::bucket/records/*` and `arn:aws:logs:...:log-group:name:*` do not: the wildcard stands behind a name.
    """
    parts = arn.split(":", 5)
    if len(parts) < 6:  # noqa: PLR2004 - arn:partition:service:region:account:resource
        return any(mark in arn for mark in _WILD)
    *place, resource = parts
    if any(mark in part for part in place for mark in _WILD):
        return True
    if parts[2] == "s3":
        return any(mark in resource.partition("/")[0] for mark in _WILD)
    # `type/name`, `type:name`, or a name alone.
    kind, _, name = resource.replace("/", ":").partition(":")
    return (name or kind).startswith(_WILD) or any(mark in kind for mark in _WILD)


def exemptions_told() -> list[tuple[str, str]]:
    """Every exempt action with its reason, for people."""
    return [
        (
            action,
            exemption.reason
            + (f"; only with a condition on {exemption.condition}" if exemption.condition else ""),
        )
        for action, exemption in EXEMPTIONS.items()
    ]
