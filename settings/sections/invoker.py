"""`genai:invoker`: the Lambda function in front of the endpoint."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from catalog.images import Contract
from settings import limits
from settings.field_checks import check_log_retention
from settings.sections.section import Section


class InvokerSettings(Section):
    """`genai:invoker`: the Lambda function in front of the endpoint."""

    contract: Literal["auto", Contract] = Field(
        default="auto",
        description="how the container is asked; auto is the way of the image family, which custom and "
        "model-package have none of",
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
