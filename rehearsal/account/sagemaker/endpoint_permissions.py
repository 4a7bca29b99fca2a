"""What an execution role must be allowed before an endpoint can come into service, beyond its model.

Actions: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html (as archived in 2023).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.iam.authorization import Call
from rehearsal.account.iam.principals import require
from rehearsal.account.partitions import partition_of
from rehearsal.account.sagemaker.model_host import FleetError
from rehearsal.account.storage.object_encryption import key_arn
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
_VPC_ACTIONS = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeVpcs",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups",
)


def check_alarms(deployment: Members, roles: Iterable[str], region: str) -> None:
    """Refuse alarms for a rollback that are not there, or that the execution role may not look at.

    Raises:
        AwsError: naming the alarm.
    """
    alarms = deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    for name in [alarm["AlarmName"] for alarm in alarms]:
        if name not in cloudwatch_backends[ACCOUNT_ID][region].alarms:
            raise AwsError(
                "ValidationException",
                f'The alarm "{name}" of AutoRollbackConfiguration does not exist.',
            )
        arn = f"arn:{partition_of(region)}:cloudwatch:{region}:{ACCOUNT_ID}:alarm:{name}"
        for role in roles:
            try:
                require(role, Call("cloudwatch:DescribeAlarms", arn))
            except AwsError as refused:
                raise AwsError(
                    "ValidationException",
                    f'The execution role cannot look at the alarm "{name}". ({refused.message})',
                ) from refused


def check_execution_role(model: Members, configuration: Members, region: str) -> None:
    """Refuse a role that lacks what the model's network, the volume's key or the topics need.

    Raises:
        FleetError: naming role, action and resource.
    """
    role = model["ExecutionRoleArn"]
    for call in _needed(model, configuration, region):
        try:
            require(role, call)
        except AwsError as refused:
            raise FleetError(
                f'The role "{role}" lacks a permission that this endpoint needs. ({refused.message})'
            ) from refused


def _needed(model: Members, configuration: Members, region: str) -> Iterator[Call]:
    if "VpcConfig" in model:
        yield from (Call(action, "*") for action in _VPC_ACTIONS)
    if key := configuration.get("KmsKeyId"):
        context = {"kms:GrantIsForAWSResource": "true"}
        yield Call("kms:CreateGrant", key_arn(key, region), context)
    output = configuration.get("AsyncInferenceConfig", {}).get("OutputConfig", {})
    topics = output.get("NotificationConfig", {})
    for member in ("SuccessTopic", "ErrorTopic"):
        if member in topics:
            yield Call("sns:Publish", topics[member])
