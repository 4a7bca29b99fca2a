"""What everything of one function is made with."""

from collections.abc import Sequence
from typing import NamedTuple

import pulumi
from pulumi_aws import cloudwatch
from pulumi_aws import iam as aws_iam


class FunctionRole(NamedTuple):
    """The role, and the policies that Lambda looks for when it makes the function."""

    resource: aws_iam.Role
    policies: Sequence[aws_iam.RolePolicy]


class Place(NamedTuple):
    """What a function runs under and writes to, and the component that it belongs to."""

    role: FunctionRole
    log_group: cloudwatch.LogGroup
    parent: pulumi.Resource
