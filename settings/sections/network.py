"""`genai:endpoint.vpc` and `.capture`, `genai:keys` and `genai:roles`: where traffic and data may go."""

from typing import Annotated

from pydantic import AfterValidator, Field

from settings import limits
from settings.arns import check_boundary_arn, check_key_arn, check_role_arn
from settings.field_checks import (
    check_route_table,
    check_security_group,
    check_subnet,
    check_vpc,
)
from settings.iam_statements import Statements
from settings.sections.section import Section

EXAMPLE_KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

KeyArn = Annotated[str, AfterValidator(check_key_arn)]


class VpcEndpointSettings(Section):
    """`genai:endpoint.vpc.endpoints`: the way to AWS's services from subnets without internet."""

    vpc_id: Annotated[str, AfterValidator(check_vpc)] = Field(
        description="the VPC of the subnets", examples=["vpc-0a1b2c3d"]
    )
    route_table_ids: list[Annotated[str, AfterValidator(check_route_table)]] = Field(
        min_length=1,
        description="route tables of the subnets, which get the way to S3",
        examples=["[rtb-0a1b2c3d]"],
    )


class VpcSettings(Section):
    """`genai:endpoint.vpc`: a network of yours that the container is in."""

    subnet_ids: list[Annotated[str, AfterValidator(check_subnet)]] = Field(
        min_length=1,
        max_length=limits.SUBNETS.maximum,
        description="subnets for the instances, best in two Availability Zones or more",
        examples=["[subnet-0a1b2c3d, subnet-1a2b3c4d]"],
    )
    security_group_ids: list[Annotated[str, AfterValidator(check_security_group)]] = Field(
        min_length=1,
        max_length=limits.SECURITY_GROUPS.maximum,
        description="security groups of the instances",
        examples=["[sg-0a1b2c3d]"],
    )
    endpoints: VpcEndpointSettings | None = Field(
        default=None,
        description="make the VPC endpoints that the container needs: S3, ECR, logs, metrics",
    )


class CaptureSettings(Section):
    """`genai:endpoint.capture`: requests and replies kept in S3 by SageMaker."""

    percent: int = Field(
        ge=1,
        le=limits.CAPTURE_PERCENT,
        description="share of the requests to keep",
        examples=[100],
    )
    inputs: bool = Field(default=True, description="whether to keep what the model was sent")
    outputs: bool = Field(default=True, description="whether to keep what it answered")


class KeySettings(Section):
    """`genai:keys`: KMS keys of yours, instead of AWS's own encryption."""

    bucket_arn: KeyArn | None = Field(
        default=None, description="for the bucket's objects", examples=[EXAMPLE_KEY]
    )
    volume_arn: KeyArn | None = Field(
        default=None,
        description="for the instances' EBS volumes; refused on types with local NVMe disks, which the "
        "hardware encrypts",
        examples=[EXAMPLE_KEY],
    )
    capture_arn: KeyArn | None = Field(
        default=None,
        description="for captured requests and replies; the bucket's key unless given",
        examples=[EXAMPLE_KEY],
    )
    async_output_arn: KeyArn | None = Field(
        default=None,
        description="for results of the mode async; the bucket's key unless given",
        examples=[EXAMPLE_KEY],
    )
    function_arn: KeyArn | None = Field(
        default=None,
        description="for the function's environment, which names endpoint and bucket and holds no secret; whoever deploys "
        "needs kms:CreateGrant, kms:Decrypt and kms:Encrypt on it",
        examples=[EXAMPLE_KEY],
    )
    queue_arn: KeyArn | None = Field(
        default=None,
        description="for the function's queues, of which that of failed events holds prompts; the key's policy has to allow "
        "s3.amazonaws.com kms:Decrypt and kms:GenerateDataKey if there are inputs",
        examples=[EXAMPLE_KEY],
    )
    logs_arn: KeyArn | None = Field(
        default=None,
        description="for the logs of function, HTTP API and container; the key's policy has to allow "
        "logs.<Region>.amazonaws.com to use it, or CloudWatch refuses the log groups",
        examples=[EXAMPLE_KEY],
    )
    alarms_arn: KeyArn | None = Field(
        default=None,
        description="for the topic that is told of alarms, which has no encryption at rest without; the key's policy has to "
        "allow cloudwatch.amazonaws.com kms:Decrypt and kms:GenerateDataKey*",
        examples=[EXAMPLE_KEY],
    )


class RoleSettings(Section):
    """`genai:roles`: what a platform team asks of roles."""

    execution_role_arn: Annotated[str, AfterValidator(check_role_arn)] | None = Field(
        default=None,
        description="a role of yours for the container, instead of one made with the least it needs",
        examples=["arn:aws:iam::123456789012:role/sagemaker-execution"],
    )
    permissions_boundary_arn: Annotated[str, AfterValidator(check_boundary_arn)] | None = Field(
        default=None,
        description="the permissions boundary of every role that is made",
        examples=["arn:aws:iam::123456789012:policy/boundary"],
    )
    execution_statements: Statements = Field(
        default_factory=list,
        description="further IAM statements for the execution role, as in a policy document (Effect, "
        "Action, Resource, Condition)",
    )
