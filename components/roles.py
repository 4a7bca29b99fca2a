"""Roles and their policies, made the same way in every component."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi_aws import iam as aws_iam

from components import iam


def service_role(
    name: str,
    service: str,
    *,
    description: pulumi.Input[str],
    permissions_boundary_arn: pulumi.Input[str] | None,
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None,
    parent: pulumi.Resource,
) -> aws_iam.Role:
    """Make a role that `service` may assume on behalf of this account, with no permission yet."""
    caller = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=parent))
    return aws_iam.Role(
        name,
        description=description,
        assume_role_policy=pulumi.Output.json_dumps(
            caller.account_id.apply(lambda account_id: iam.service_trust(service, account_id))
        ),
        permissions_boundary=permissions_boundary_arn,
        tags=tags,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def grant(
    name: str,
    role_name: pulumi.Input[str],
    resource_arn: pulumi.Input[str],
    statement: Callable[[str], iam.Statement],
    parent: pulumi.Resource,
) -> aws_iam.RolePolicy:
    """Give a role one statement about one resource, as a policy of its own."""
    arn = pulumi.Output.from_input(resource_arn)
    return grant_document(
        name, role_name, arn.apply(lambda known: iam.document(statement(known))), parent
    )


def grant_document(
    name: str,
    role_name: pulumi.Input[str],
    document: pulumi.Input[dict[str, Any]],
    parent: pulumi.Resource,
) -> aws_iam.RolePolicy:
    """Give a role everything in a policy document."""
    return aws_iam.RolePolicy(
        name,
        role=role_name,
        policy=pulumi.Output.json_dumps(document),
        opts=pulumi.ResourceOptions(parent=parent),
    )
