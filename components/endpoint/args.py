"""Arguments of a GenAIEndpoint."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from components.endpoint.feature_args import (
    AsyncArgs,
    CaptureArgs,
    InferenceComponentArgs,
    RolloutArgs,
    ScalingArgs,
    ServerlessArgs,
    VariantArgs,
    VpcArgs,
)

DEFAULT_INSTANCE_COUNT = 1
DEFAULT_TIMEOUT_SECONDS = 600
DEFAULT_LOG_RETENTION_DAYS = 30
# Random routing, SageMaker's default, queues requests behind a long generation on a busy instance.
DEFAULT_ROUTING_STRATEGY = "LEAST_OUTSTANDING_REQUESTS"


class GenAIEndpointArgs(TypedDict):
    """What a GenAIEndpoint needs.

    Which resources exist follows from plain values alone, so that a preview shows all of them.
    """

    endpoint_name: pulumi.Input[str]
    """Physical name, 1 to 63 letters, digits and inner hyphens. Callers depend on it, so it is fixed."""

    mode: NotRequired[str]
    """`realtime` (instances that always run), `serverless` (CPU only, up to 6 GB), `async` (a queue in front,
    results in S3) or `scale-to-zero` (an inference component that may have no copy). Default `realtime`."""

    enabled: NotRequired[bool]
    """False removes what is billed and keeps role, log group and model. Default true."""

    model_uri: NotRequired[pulumi.Input[str] | None]
    """S3 URI of the model: an archive (`s3://bucket/key.tar.gz`) or a prefix (`s3://bucket/prefix/`; not
    serverless), in the stack's Region. None or empty if the container fetches it from a hub, or comes with
    `model_package_arn`."""

    model_package_arn: NotRequired[pulumi.Input[str] | None]
    """ARN of a model package, which brings image and model. The role gets no permission for what the package
    refers to: a package of this account may need `execution_statements`."""

    image_uri: NotRequired[pulumi.Input[str] | None]
    """ECR URI of the serving image. None only with `model_package_arn`."""

    accept_eula: NotRequired[bool]
    """Accept the licence of a gated model in S3. Default false."""

    model_kms_key_arn: NotRequired[pulumi.Input[str] | None]
    """Key that encrypts the model in S3, if it is neither S3's own nor `data_kms_key_arn`."""

    model_bucket_owner: NotRequired[pulumi.Input[str] | None]
    """Account that owns the model's bucket, if it is not this one: `model_bucket_policy` is then what that
    account has to attach to the bucket."""

    environment: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Environment of the container; at most 100 entries of 1,024 characters. Never a secret: anyone who
    may describe the model can read it."""

    secret_environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Variables added to `environment` and kept encrypted in Pulumi's state. AWS still shows them to whoever may
    describe the model."""

    environment_from_secrets: NotRequired[Mapping[str, str]]
    """Variables added to `environment`, each with the ARN of the Secrets Manager secret that holds its value. Read
    at deployment by whoever deploys, and kept encrypted in Pulumi's state."""

    instance_type: NotRequired[pulumi.Input[str] | None]
    """SageMaker hosting instance type, such as `ml.c5.large`. None only if serverless."""

    initial_instance_count: NotRequired[pulumi.Input[int]]
    """Instances to start with, at least 1. Default 1. **Every update returns a scaled-out fleet to this number**
    unless `retain_scaled_capacity` is set."""

    scaling: NotRequired[ScalingArgs | None]
    """How capacity follows the load. Default: it does not."""

    serverless: NotRequired[ServerlessArgs | None]
    """Size of a serverless endpoint; needed in that mode."""

    asynchronous: NotRequired[AsyncArgs | None]
    """Queueing and notification of an async endpoint."""

    data_bucket_name: NotRequired[pulumi.Input[str] | None]
    """Bucket for `async/` and `capture/`; needed by async mode and by `capture`."""

    data_kms_key_arn: NotRequired[pulumi.Input[str] | None]
    """Key that encrypts the data bucket, if it is not S3's own."""

    volume_kms_key_arn: NotRequired[pulumi.Input[str] | None]
    """Key for the instances' EBS volumes. SageMaker refuses it on types with local NVMe storage."""

    capture_kms_key_arn: NotRequired[pulumi.Input[str] | None]
    """Key for captured requests and replies. Default `data_kms_key_arn`."""

    async_output_kms_key_arn: NotRequired[pulumi.Input[str] | None]
    """Key for asynchronous results. Default `data_kms_key_arn`."""

    log_kms_key_arn: NotRequired[pulumi.Input[str] | None]
    """Key for the container's logs; its policy must let CloudWatch Logs of the Region use it. Default:
    CloudWatch's own."""

    inference_component: NotRequired[InferenceComponentArgs | None]
    """What one copy of the model needs; needed in scale-to-zero mode."""

    variant_weight: NotRequired[float]
    """Share of the traffic of the main variant, relative to the extra ones. Default 1."""

    extra_variants: NotRequired[Mapping[str, VariantArgs]]
    """More variants by name, which share the traffic by weight. Not autoscaled."""

    shadow_variants: NotRequired[Mapping[str, VariantArgs]]
    """At most one variant by name that gets a copy of requests and whose replies nobody sees."""

    routing_strategy: NotRequired[str]
    """How requests find an instance. Default `LEAST_OUTSTANDING_REQUESTS`."""

    capture: NotRequired[CaptureArgs | None]
    """Keeping of requests and replies. Default none."""

    network_isolation: NotRequired[pulumi.Input[bool]]
    """Give the container no network at all; the platform still mounts the model. Default true. Set it to false
    for a container that fetches its model from a hub. Serverless endpoints have no isolation to switch on. For
    scale-to-zero it is set on the model only: the provider cannot set it on the endpoint configuration yet
    (https://github.com/hashicorp/terraform-provider-aws/issues/48713). Not run on AWS."""

    vpc: NotRequired[VpcArgs | None]
    """Network that the containers run in. Default: SageMaker's own. Not serverless; for scale-to-zero as with
    `network_isolation`."""

    startup_timeout_seconds: NotRequired[pulumi.Input[int]]
    """How long the container may take to answer its first ping, 60 to 3,600 seconds. Default 600."""

    download_timeout_seconds: NotRequired[pulumi.Input[int]]
    """How long the model may take to arrive from S3, 60 to 3,600 seconds. Default 600."""

    volume_gb: NotRequired[pulumi.Input[int] | None]
    """Size of the instance's EBS volume, 1 to 512 GB. Default: SageMaker's own for the instance type."""

    inference_ami_version: NotRequired[pulumi.Input[str] | None]
    """Host image with the GPU driver that the serving image needs. Default: SageMaker's own."""

    rollout: NotRequired[RolloutArgs | None]
    """How an update reaches the endpoint. Default: SageMaker's, all at once and without rollback alarms."""

    retain_scaled_capacity: NotRequired[bool]
    """Let an update keep the instances that scaling added, through Cloud Control, as the provider's own endpoint
    cannot. Default false. Decide it before the first deployment: switching makes another resource of the same
    name. Not run on AWS."""

    execution_role_arn: NotRequired[pulumi.Input[str] | None]
    """A role to run under instead of one made here. It gets no policy; what it must be allowed to do is what
    `components/endpoint/role_statements.py` lists for the same arguments."""

    permissions_boundary_arn: NotRequired[pulumi.Input[str] | None]
    """Policy that bounds the role made here."""

    execution_statements: NotRequired[Sequence[Mapping[str, Any]]]
    """More IAM statements for the role made here, for what its container calls itself."""

    log_retention_days: NotRequired[pulumi.Input[int]]
    """Days to keep the container's logs; one of CloudWatch's fixed values. Default 30."""

    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags for every resource that can carry them."""
