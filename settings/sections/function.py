"""Groups of `genai:invoker` that are about the function itself: its retries, its network, its versions."""

from typing import Annotated

from pydantic import AfterValidator, Field

from settings import limits
from settings.field_checks import check_security_group, check_subnet
from settings.sections.section import Section


class RetrySettings(Section):
    """`genai:invoker.retries`: when the endpoint is asked again."""

    attempts: int = Field(
        default=3,
        ge=limits.ATTEMPTS.minimum,
        le=limits.ATTEMPTS.maximum,
        description="how often the endpoint is asked at most, where that is safe: it was busy, not ready or not reached, "
        "so nothing was generated; 1 is never again",
    )
    after_timeout: bool = Field(
        default=False,
        description="whether to ask again when no answer came in time too; the model may then generate, and be paid for, twice",
    )


class AsyncInvokeSettings(Section):
    """`genai:invoker.asynchronous`: invocations that nobody waits for (InvocationType Event, SNS, EventBridge)."""

    # The waits: docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    retries: int = Field(
        default=0,
        ge=limits.INVOKER_RETRIES.minimum,
        le=limits.INVOKER_RETRIES.maximum,
        description="how often Lambda runs a failed one again, a minute and then two after the failure; the function has "
        "retries of its own within each",
    )
    max_age_seconds: int = Field(
        default=21_600,
        ge=limits.INVOKER_MAX_AGE_SECONDS.minimum,
        le=limits.INVOKER_MAX_AGE_SECONDS.maximum,
        description="how long one may wait for its turn, in seconds; 21600 is six hours",
    )
    on_failure: bool = Field(
        default=True,
        description="whether one that failed for good is kept in a queue, with its prompt, instead of being lost",
    )


class FunctionVpcSettings(Section):
    """`genai:invoker.vpc`: a network of yours that the function is in."""

    subnet_ids: list[Annotated[str, AfterValidator(check_subnet)]] = Field(
        min_length=1,
        max_length=limits.INVOKER_SUBNETS.maximum,
        description="subnets for the function, best in two Availability Zones or more, with a way to SageMaker's runtime, to "
        "S3 and, with inputs, to SQS: a NAT gateway, or VPC endpoints for sagemaker.runtime, s3 and sqs. Without one "
        "every request ends in a time-out",
        examples=["[subnet-0a1b2c3d, subnet-1a2b3c4d]"],
    )
    security_group_ids: list[Annotated[str, AfterValidator(check_security_group)]] = Field(
        min_length=1,
        max_length=limits.INVOKER_SECURITY_GROUPS.maximum,
        description="security groups of the function, which need to let HTTPS out",
        examples=["[sg-0a1b2c3d]"],
    )


class VersionSettings(Section):
    """`genai:invoker.versions`: which code answers."""

    publish: bool = Field(
        default=True,
        description="whether each changed function is a new version, and callers reach it by the alias live; older versions "
        "stay, and cost nothing",
    )
    previous_version: int | None = Field(
        default=None,
        ge=1,
        description="the version that still gets previousPercent of the invocations, while a new one proves itself",
        examples=[7],
    )
    previous_percent: int | None = Field(
        default=None,
        ge=1,
        le=99,
        description="share of the invocations that previousVersion gets, in percent",
        examples=[90],
    )
