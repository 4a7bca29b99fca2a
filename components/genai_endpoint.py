"""A generative model on a SageMaker real-time endpoint, with the role it runs under."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws
from pulumi_aws import cloudwatch, sagemaker
from pulumi_aws import iam as aws_iam

from components import iam
from components.roles import grant, grant_document, service_role

VARIANT_NAME = "AllTraffic"
DEFAULT_INSTANCE_COUNT = 1
DEFAULT_TIMEOUT_SECONDS = 600
DEFAULT_LOG_RETENTION_DAYS = 30
# Where SageMaker hosting writes a container's output; the name is AWS's, not ours to choose.
CONTAINER_LOG_GROUP_PREFIX = "/aws/sagemaker/Endpoints/"


class GenAIEndpointArgs(TypedDict):
    """What a GenAIEndpoint needs."""

    endpoint_name: pulumi.Input[str]
    """Physical name, 1 to 63 letters, digits and inner hyphens. Callers depend on it, so it is fixed."""

    model_uri: pulumi.Input[str]
    """S3 URI of the model: an archive (`s3://bucket/key.tar.gz`) or a prefix (`s3://bucket/prefix/`).
    Must be in the stack's Region."""

    image_uri: pulumi.Input[str]
    """ECR URI of the serving image."""

    instance_type: pulumi.Input[str]
    """SageMaker hosting instance type, such as `ml.c5.large`."""

    initial_instance_count: NotRequired[pulumi.Input[int]]
    """Instances to start with, at least 1. Default 1."""

    environment: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Environment of the container; at most 100 entries of 1,024 characters. Never a secret: anyone who
    may describe the model can read it."""

    network_isolation: NotRequired[pulumi.Input[bool]]
    """Give the container no network at all; the platform still mounts the model. Default true."""

    startup_timeout_seconds: NotRequired[pulumi.Input[int]]
    """How long the container may take to answer its first ping, 60 to 3,600 seconds. Default 600."""

    download_timeout_seconds: NotRequired[pulumi.Input[int]]
    """How long the model may take to arrive from S3, 60 to 3,600 seconds. Default 600."""

    volume_gb: NotRequired[pulumi.Input[int] | None]
    """Size of the instance's EBS volume, 1 to 512 GB. Default: SageMaker's own for the instance type."""

    inference_ami_version: NotRequired[pulumi.Input[str] | None]
    """Host image with the GPU driver that the serving image needs. Default: SageMaker's own."""

    log_retention_days: NotRequired[pulumi.Input[int]]
    """Days to keep the container's logs; one of CloudWatch's fixed values. Default 30."""

    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags for every resource that can carry them."""


class GenAIEndpoint(pulumi.ComponentResource):
    """Execution role, Model, EndpointConfiguration and Endpoint of one real-time variant.

    Only the endpoint has a fixed name. A changed model, image, environment or instance type becomes a
    new Model and a new EndpointConfiguration under new names, and the endpoint is updated in place: the
    old fleet answers until the new one is in service.

    The execution role may read this model, pull this image, write this endpoint's logs and publish
    SageMaker's metrics; nothing else.

    `ignore_changes`, `replace_on_changes` and `depends_on` given to this component do not reach
    its children.
    """

    endpoint_name: pulumi.Output[str]
    """Name of the endpoint; known only once the endpoint exists."""

    endpoint_arn: pulumi.Output[str]
    """ARN of the endpoint."""

    model_name: pulumi.Output[str]
    """Name of the SageMaker model in service; new whenever the model, image or environment changes."""

    endpoint_configuration_name: pulumi.Output[str]
    """Name of the endpoint configuration in service."""

    execution_role_arn: pulumi.Output[str]
    """ARN of the role that the container runs under."""

    def __init__(
        self, name: str, args: GenAIEndpointArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("genai:index:GenAIEndpoint", name, {**args}, opts)
        self._name = name
        child = pulumi.ResourceOptions(parent=self)
        tags = args.get("tags")

        log_group = cloudwatch.LogGroup(
            f"{name}-container-logs",
            name=pulumi.Output.concat(CONTAINER_LOG_GROUP_PREFIX, args["endpoint_name"]),
            retention_in_days=args.get("log_retention_days", DEFAULT_LOG_RETENTION_DAYS),
            tags=tags,
            opts=child,
        )
        role, permissions = self._execution_role(args, log_group)
        model = sagemaker.Model(
            f"{name}-model",
            execution_role_arn=role.arn,
            primary_container={
                "image": args["image_uri"],
                "model_data_source": {"s3_data_sources": [_s3_data_source(args["model_uri"])]},
                "environment": args.get("environment"),
            },
            enable_network_isolation=args.get("network_isolation", True),
            tags=tags,
            # The role alone is not enough: without its policy CreateModel cannot read the artifact.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permissions]),
        )
        configuration = sagemaker.EndpointConfiguration(
            f"{name}-configuration",
            production_variants=[_variant(args, model.name)],
            tags=tags,
            opts=child,
        )
        endpoint = sagemaker.Endpoint(
            f"{name}-endpoint",
            name=args["endpoint_name"],
            endpoint_config_name=configuration.name,
            tags=tags,
            # SageMaker would make the log group itself, without retention, on the first line it writes.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[log_group, permissions]),
        )

        self.endpoint_name = endpoint.name
        self.endpoint_arn = endpoint.arn
        self.model_name = model.name
        self.endpoint_configuration_name = configuration.name
        self.execution_role_arn = role.arn
        self.register_outputs(
            {
                "endpoint_name": self.endpoint_name,
                "endpoint_arn": self.endpoint_arn,
                "model_name": self.model_name,
                "endpoint_configuration_name": self.endpoint_configuration_name,
                "execution_role_arn": self.execution_role_arn,
            }
        )

    def grant_invoke(self, grantee: str, role_name: pulumi.Input[str]) -> None:
        """Let a role invoke this endpoint, and no other.

        Args:
            grantee: short logical name of who gets the permission; names the policy.
            role_name: name of the role.
        """
        grant(
            f"{self._name}-{grantee}-invoke",
            role_name,
            self.endpoint_arn,
            iam.invoke_endpoint,
            parent=self,
        )

    def _execution_role(
        self, args: GenAIEndpointArgs, log_group: cloudwatch.LogGroup
    ) -> tuple[aws_iam.Role, aws_iam.RolePolicy]:
        role = service_role(
            f"{self._name}-execution",
            "sagemaker.amazonaws.com",
            description=pulumi.Output.concat("Runs the container behind ", args["endpoint_name"]),
            tags=args.get("tags"),
            parent=self,
        )
        within = pulumi.InvokeOutputOptions(parent=self)
        policy = pulumi.Output.all(
            partition=aws.get_partition_output(opts=within).partition,
            model_uri=args["model_uri"],
            image_uri=args["image_uri"],
            log_group_arn=log_group.arn,
        ).apply(_execution_policy)
        permissions = grant_document(
            f"{self._name}-execution-permissions", role.name, policy, parent=self
        )
        return role, permissions


def _execution_policy(known: Mapping[str, str]) -> dict[str, Any]:
    return iam.document(
        *iam.read_model(known["partition"], known["model_uri"]),
        *iam.pull_image(known["partition"], known["image_uri"]),
        iam.write_container_logs(known["log_group_arn"]),
        iam.publish_endpoint_metrics(),
    )


def _s3_data_source(
    model_uri: pulumi.Input[str],
) -> sagemaker.ModelPrimaryContainerModelDataSourceS3DataSourceArgsDict:
    is_prefix = pulumi.Output.from_input(model_uri).apply(lambda uri: uri.endswith("/"))
    return {
        "s3_uri": model_uri,
        "s3_data_type": is_prefix.apply(lambda prefix: "S3Prefix" if prefix else "S3Object"),
        "compression_type": is_prefix.apply(lambda prefix: "None" if prefix else "Gzip"),
    }


def _variant(
    args: GenAIEndpointArgs, model_name: pulumi.Input[str]
) -> sagemaker.EndpointConfigurationProductionVariantArgs:
    return sagemaker.EndpointConfigurationProductionVariantArgs(
        variant_name=VARIANT_NAME,
        model_name=model_name,
        instance_type=args["instance_type"],
        initial_instance_count=args.get("initial_instance_count", DEFAULT_INSTANCE_COUNT),
        initial_variant_weight=1.0,
        volume_size_in_gb=args.get("volume_gb"),
        inference_ami_version=args.get("inference_ami_version"),
        container_startup_health_check_timeout_in_seconds=args.get(
            "startup_timeout_seconds", DEFAULT_TIMEOUT_SECONDS
        ),
        model_data_download_timeout_in_seconds=args.get(
            "download_timeout_seconds", DEFAULT_TIMEOUT_SECONDS
        ),
        # Random routing, the default, queues requests behind a long generation on a busy instance.
        routing_configs=[
            sagemaker.EndpointConfigurationProductionVariantRoutingConfigArgs(
                routing_strategy="LEAST_OUTSTANDING_REQUESTS"
            )
        ],
    )
