"""`genai:endpoint`: the machines that serve the model, and how they are reached, scaled and updated."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings import limits
from settings.field_checks import (
    check_ami_version,
    check_endpoint_name,
    check_instance_type,
    check_variant_name,
)
from settings.sections.network import CaptureSettings, VpcSettings
from settings.sections.rollout import RolloutSettings
from settings.sections.scaling import (
    AsyncSettings,
    InferenceComponentSettings,
    InstanceCounts,
    ScalingSettings,
    ServerlessSettings,
)
from settings.sections.section import Section
from settings.sections.variants import VariantSettings

Mode = Literal["realtime", "serverless", "async", "scale-to-zero"]


class EndpointSettings(Section):
    """`genai:endpoint`: the machines that serve the model."""

    instance_type: Annotated[str, AfterValidator(check_instance_type)] | None = Field(
        default=None,
        description="SageMaker instance type that serves the model; required, but for the mode serverless, which has none",
        examples=["ml.m5.large"],
    )
    mode: Mode = Field(
        default="realtime",
        description="realtime (instances that answer at once), serverless (no instances, small models on a CPU), "
        "async (a queue in front of instances, which may go down to none) or scale-to-zero (realtime whose instances may go "
        "down to none; the first requests after that are answered 202 until one is back)",
    )
    name: Annotated[str, AfterValidator(check_endpoint_name)] | None = Field(
        default=None,
        description="name of the endpoint, best in lower case; <project>-<stack> unless given",
        examples=["genai-dev"],
    )
    enabled: bool = Field(
        default=True,
        description="false removes what is billed (endpoint, scaling, alarms) and keeps bucket and function, "
        "which then answers that there is no endpoint",
    )
    instances: InstanceCounts = Field(
        default=InstanceCounts(), description="how many machines serve the model"
    )
    scaling: ScalingSettings = Field(
        default=ScalingSettings(), description="what capacity follows, and when its bounds change"
    )
    serverless: ServerlessSettings | None = Field(
        default=None, description="the mode serverless: memory and concurrency"
    )
    async_: AsyncSettings | None = Field(
        default=None, description="the mode async: concurrency and notifications"
    )
    inference_component: InferenceComponentSettings | None = Field(
        default=None, description="the mode scale-to-zero: what a copy of the model takes"
    )
    weight: float = Field(
        default=1.0,
        ge=0,
        le=limits.VARIANT_WEIGHT,
        description="share of the requests that the main variant gets, in proportion to the other variants' weights",
    )
    variants: dict[Annotated[str, AfterValidator(check_variant_name)], VariantSettings] = Field(
        default_factory=dict,
        description="further variants by name, each with its share of the requests",
    )
    shadow: VariantSettings | None = Field(
        default=None,
        description="a variant that is sent copies of the requests, and whose answers nobody sees",
    )
    routing: Literal["least-outstanding-requests", "random"] = Field(
        default="least-outstanding-requests",
        description="which instance gets a request: the one with the fewest on its hands, or any",
    )
    capture: CaptureSettings | None = Field(
        default=None, description="requests and replies that SageMaker keeps in S3, under capture/"
    )
    startup_timeout_seconds: int = Field(
        default=600,
        ge=limits.STARTUP_TIMEOUT_SECONDS.minimum,
        le=limits.STARTUP_TIMEOUT_SECONDS.maximum,
        description="how long the container may take until its first healthy ping",
    )
    download_timeout_seconds: int = Field(
        default=600,
        ge=limits.DOWNLOAD_TIMEOUT_SECONDS.minimum,
        le=limits.DOWNLOAD_TIMEOUT_SECONDS.maximum,
        description="how long an instance may take to fetch the model from S3",
    )
    volume_gb: int | None = Field(
        default=None,
        ge=limits.VOLUME_GB.minimum,
        le=limits.VOLUME_GB.maximum,
        description="EBS volume of each instance; SageMaker chooses unless given",
        examples=[50],
    )
    inference_ami_version: Annotated[str, AfterValidator(check_ami_version)] | None = Field(
        default=None,
        description="host image, with the GPU driver that the image needs; the catalog's advice for the image unless given",
        examples=["al2023-ami-sagemaker-inference-gpu-4-1"],
    )
    network_isolation: bool | None = Field(
        default=None,
        description="whether the container is cut off from every network; the model still arrives from S3. Yes unless "
        "something needs the network, such as a model from the Hub; the mode serverless has no isolation, and in the mode "
        "scale-to-zero pulumi-aws cannot ask for it",
        examples=["true"],
    )
    vpc: VpcSettings | None = Field(
        default=None, description="a network of yours that the container is in"
    )
    rollout: RolloutSettings = Field(
        default=RolloutSettings(), description="how a changed configuration takes over"
    )
    retain_scaled_capacity: bool = Field(
        default=False,
        description="whether an update keeps the number of instances that scaling has reached, instead of starting over "
        "with instances.initial; the endpoint is then made through the Cloud Control API (not run on AWS)",
    )
