"""The role that SageMaker runs an endpoint under."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import pulumi
import pulumi_aws as aws
from pulumi_aws import cloudwatch
from pulumi_aws import iam as aws_iam

from components import iam
from components.endpoint.args import GenAIEndpointArgs
from components.endpoint.configuration import async_output_key, capture_key
from components.endpoint.models import variants_beside_main
from components.endpoint.notifications import Topics
from components.endpoint.role_statements import RoleNeeds, role_statements
from components.modes import ASYNC, REALTIME
from components.roles import grant_document, service_role


class ExecutionRole(NamedTuple):
    """The role's ARN, and the policies that must be attached before SageMaker uses it."""

    arn: pulumi.Output[str]
    policies: Sequence[aws_iam.RolePolicy]


def make_execution_role(
    name: str,
    args: GenAIEndpointArgs,
    *,
    log_group: cloudwatch.LogGroup,
    topics: Topics,
    alarms: Sequence[cloudwatch.MetricAlarm],
    parent: pulumi.Resource,
) -> ExecutionRole:
    """Register the role with exactly what this endpoint needs, or take the one that is given as it is."""
    own_role_arn = args.get("execution_role_arn")
    if own_role_arn is not None:
        return ExecutionRole(pulumi.Output.from_input(own_role_arn), [])
    role = service_role(
        f"{name}-execution",
        "sagemaker.amazonaws.com",
        description=pulumi.Output.concat("Runs the container behind ", args["endpoint_name"]),
        permissions_boundary_arn=args.get("permissions_boundary_arn"),
        tags=args.get("tags"),
        parent=parent,
    )
    needs = _needs(args, log_group, topics, alarms, parent)
    document = pulumi.Output.all(**needs).apply(
        lambda known: iam.document(*role_statements(cast("RoleNeeds", known)))
    )
    policies = [grant_document(f"{name}-execution-permissions", role.name, document, parent=parent)]
    if more := args.get("execution_statements"):
        # Apart, because a statement's id is unique in its policy, and to be seen as what they are.
        policies.append(
            grant_document(
                f"{name}-execution-additions", role.name, iam.document(*more), parent=parent
            )
        )
    return ExecutionRole(role.arn, policies)


def _needs(
    args: GenAIEndpointArgs,
    log_group: cloudwatch.LogGroup,
    topics: Topics,
    alarms: Sequence[cloudwatch.MetricAlarm],
    parent: pulumi.Resource,
) -> Mapping[str, Any]:
    """Return `RoleNeeds`, with outputs where the values will be."""
    is_async = args.get("mode", REALTIME) == ASYNC
    captures = bool(args.get("capture"))
    from_package = args.get("model_package_arn") is not None
    model_uris = [
        args.get("model_uri"),
        *(variant.get("model_uri") for variant in variants_beside_main(args).values()),
    ]
    return {
        "partition": aws.get_partition_output(
            opts=pulumi.InvokeOutputOptions(parent=parent)
        ).partition,
        "log_group_arn": log_group.arn,
        "image_uri": None if from_package else args.get("image_uri"),
        "model_uris": [] if from_package else model_uris,
        "data_bucket": args.get("data_bucket_name"),
        "is_async": is_async,
        "captures": captures,
        "topic_arns": topics.arns(),
        "alarm_arns": [alarm.arn for alarm in alarms],
        "decrypt_key_arns": [args.get("model_kms_key_arn"), args.get("data_kms_key_arn")],
        "encrypt_key_arns": [
            async_output_key(args) if is_async else None,
            capture_key(args) if captures else None,
        ],
        "volume_key_arn": args.get("volume_kms_key_arn"),
        "joins_vpc": bool(args.get("vpc")),
    }
