"""The sections of a stack: every key with its type, range, default and meaning.

Keys are camelCase in YAML and snake_case here. Values are taken as they are written: a number in
quotes is a text, and a text is not a number.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from catalog.images import Contract
from settings import limits
from settings.container_variables import check_variable_name, check_variable_value
from settings.field_checks import (
    check_endpoint_name,
    check_image_family,
    check_instance_type,
    check_log_retention,
)
from settings.image_uri import CUSTOM_FAMILY, EXAMPLE_URI, check_image_uri
from settings.model_source import check_source, source_kind
from settings.tags import check_tag_key, check_tag_value

Variables = dict[
    Annotated[str, AfterValidator(check_variable_name)],
    Annotated[str, AfterValidator(check_variable_value)],
]
Tags = dict[
    Annotated[str, AfterValidator(check_tag_key)],
    Annotated[str, AfterValidator(check_tag_value)],
]


class Section(BaseModel):
    """A group of settings. Unknown keys are refused, and nothing is converted."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", alias_generator=to_camel, validate_default=False
    )


class ModelSettings(Section):
    """`genai:model`: where the model comes from."""

    source: Annotated[str, AfterValidator(check_source)] = Field(
        description="where the model comes from: a folder of this project, s3://bucket/key.tar.gz "
        "or s3://bucket/prefix/",
        examples=["./models/storyteller"],
    )

    @property
    def is_local_folder(self) -> bool:
        """Whether the model lies on this machine and has to be uploaded."""
        return source_kind(self.source) == "folder"

    def folder(self, project_dir: Path) -> Path:
        """The local folder that holds the model.

        Raises:
            ValueError: the model lies in S3.
        """
        if not self.is_local_folder:
            raise ValueError(f"{self.source} is not a local folder")
        return project_dir / self.source

    def location(self, project_dir: Path) -> str:
        """The model's S3 URI, or the path of its local folder."""
        return str(self.folder(project_dir)) if self.is_local_folder else self.source


class ImageSettings(Section):
    """`genai:image`: what serves the model."""

    family: Annotated[str, AfterValidator(check_image_family)] = Field(
        description="what serves the model: pytorch or huggingface (code/inference.py of the model), "
        "vllm, sglang, lmi or llamacpp (open-weights language models), or custom with a uri; tei and "
        "tgi-legacy are refused until the function speaks their contracts",
        examples=["pytorch"],
    )
    uri: Annotated[str, AfterValidator(check_image_uri)] | None = Field(
        default=None,
        description="the image in ECR, with tag or digest; for the family custom only, and in the "
        "stack's Region",
        examples=[EXAMPLE_URI],
    )
    env: Variables = Field(
        default_factory=dict,
        description="variables of the container, on top of those the family sets; never a secret",
    )

    @property
    def is_custom(self) -> bool:
        """Whether the stack brings its own image, of which the catalog knows nothing."""
        return self.family == CUSTOM_FAMILY


class InstanceCounts(Section):
    """`genai:endpoint.instances`: how many machines serve the model."""

    initial: int = Field(
        default=1,
        ge=limits.INITIAL_INSTANCES.minimum,
        description="how many instances to start, each billed by the second",
    )


class EndpointSettings(Section):
    """`genai:endpoint`: the machines that serve the model."""

    name: Annotated[str, AfterValidator(check_endpoint_name)] | None = Field(
        default=None,
        description="name of the endpoint, best in lower case; <project>-<stack> unless given",
        examples=["genai-dev"],
    )
    instance_type: Annotated[str, AfterValidator(check_instance_type)] = Field(
        description="SageMaker instance type that serves the model",
        examples=["ml.m5.large"],
    )
    instances: InstanceCounts = Field(
        default=InstanceCounts(), description="how many machines serve the model"
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
    network_isolation: bool = Field(
        default=True,
        description="whether the container is cut off from every network; the model still arrives "
        "from S3",
    )


class InvokerSettings(Section):
    """`genai:invoker`: the Lambda function in front of the endpoint."""

    contract: Literal["auto", Contract] = Field(
        default="auto",
        description="how the container is asked; auto is the way of the image family, which custom "
        "has none of",
    )
    timeout_seconds: int = Field(
        default=75,
        ge=limits.INVOKER_TIMEOUT_SECONDS.minimum,
        le=limits.INVOKER_TIMEOUT_SECONDS.maximum,
        description="how long one invocation may take; SageMaker answers or gives up within 60 "
        "seconds, and the rest is for the record in S3",
    )
    memory_mib: int = Field(
        default=512,
        ge=limits.INVOKER_MEMORY_MIB.minimum,
        le=limits.INVOKER_MEMORY_MIB.maximum,
        description="memory of the function; its CPU grows with it",
    )
    log_retention_days: Annotated[int, AfterValidator(check_log_retention)] = Field(
        default=30, description="how long CloudWatch keeps the logs"
    )
    log_level: Literal["DEBUG", "INFO", "WARN", "ERROR"] = Field(
        default="INFO", description="least severe log record that is kept"
    )


class BucketSettings(Section):
    """`genai:bucket`: the bucket for the model, the inputs and the results."""

    protect: bool = Field(default=False, description="whether Pulumi refuses to delete the bucket")
    force_destroy: bool = Field(
        default=False,
        description="whether destroying the stack deletes a bucket that holds objects",
    )
    record_days: int = Field(
        default=30,
        ge=limits.RECORD_DAYS.minimum,
        le=limits.RECORD_DAYS.maximum,
        description="days until the record of a request is deleted",
    )


class GenaiSettings(Section):
    """Everything under the project's own namespace, `genai:`."""

    model: ModelSettings = Field(description="where the model comes from")
    image: ImageSettings = Field(description="what serves the model")
    endpoint: EndpointSettings = Field(description="the machines that serve the model")
    invoker: InvokerSettings = Field(
        default=InvokerSettings(), description="the function in front of the endpoint"
    )
    bucket: BucketSettings = Field(
        default=BucketSettings(), description="the bucket for model, inputs and results"
    )
    tags: Tags = Field(
        default_factory=dict, description="tags of every resource, besides Project and Stack"
    )
