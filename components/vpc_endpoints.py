"""What containers in a VPC without a way to the Internet need to reach AWS."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws
from pulumi_aws import ec2

# The model comes from S3, the image from ECR (whose layers lie in S3), logs and metrics go to CloudWatch, the
# role's credentials come from STS, and callers inside the VPC reach the endpoint.
INTERFACE_SERVICES = ("ecr.api", "ecr.dkr", "logs", "monitoring", "sagemaker.runtime", "sts")

# Those whose endpoint service has China's prefix in China; the others have the usual one there, too. From AWS's list in
# aws-cdk-lib, InterfaceVpcEndpointAwsService.getDefaultEndpointPrefix (read 2026-11-25). Not run on AWS.
_PREFIXED_IN_CHINA = ("ecr.api", "ecr.dkr", "monitoring", "sagemaker.runtime", "sts")


class VpcEndpointsArgs(TypedDict):
    """What a VpcEndpoints needs."""

    vpc_id: pulumi.Input[str]
    """The VPC."""

    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Subnets that get a network interface of each service; at most one in each zone."""

    security_group_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Security groups of those interfaces; they must let HTTPS in from the containers."""

    route_table_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Route tables of the containers' subnets, for the way to S3."""

    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags for every resource that can carry them."""


class VpcEndpoints(pulumi.ComponentResource):
    """A gateway endpoint for S3, and interface endpoints for ECR, CloudWatch, SageMaker and STS.

    Interface endpoints are billed by the hour and zone. A VPC takes one endpoint of a service with private
    names: one `VpcEndpoints` serves every stack in it.

    `ignore_changes`, `replace_on_changes` and `depends_on` given to this component do not reach
    its children.
    """

    s3_endpoint_id: pulumi.Output[str]
    """Id of the gateway endpoint."""

    interface_endpoint_ids: pulumi.Output[Mapping[str, str]]
    """Id of each interface endpoint by service (`ecr.api`)."""

    def __init__(
        self, name: str, args: VpcEndpointsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("genai:index:VpcEndpoints", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        region = aws.get_region_output(opts=pulumi.InvokeOutputOptions(parent=self)).region

        s3_endpoint = ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=args["vpc_id"],
            vpc_endpoint_type="Gateway",
            service_name=_service_name(region, "s3"),
            route_table_ids=args["route_table_ids"],
            tags=args.get("tags"),
            opts=child,
        )
        interfaces = {
            service: ec2.VpcEndpoint(
                f"{name}-{service.replace('.', '-')}",
                vpc_id=args["vpc_id"],
                vpc_endpoint_type="Interface",
                service_name=_service_name(region, service),
                subnet_ids=args["subnet_ids"],
                security_group_ids=args["security_group_ids"],
                # The SDKs' own host names then lead to these interfaces.
                private_dns_enabled=True,
                tags=args.get("tags"),
                opts=child,
            )
            for service in INTERFACE_SERVICES
        }

        self.s3_endpoint_id = s3_endpoint.id
        self.interface_endpoint_ids = pulumi.Output.all(
            **{service: endpoint.id for service, endpoint in interfaces.items()}
        )
        self.register_outputs(
            {
                "s3_endpoint_id": self.s3_endpoint_id,
                "interface_endpoint_ids": self.interface_endpoint_ids,
            }
        )


def _service_name(region: pulumi.Output[str], service: str) -> pulumi.Output[str]:
    def name(region: str) -> str:
        prefix = "cn." if region.startswith("cn-") and service in _PREFIXED_IN_CHINA else ""
        return f"{prefix}com.amazonaws.{region}.{service}"

    return region.apply(name)
