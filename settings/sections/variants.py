"""`genai:endpoint.variants` and `.shadow`: other models or machines behind the same endpoint."""

from typing import Annotated

from pydantic import AfterValidator, Field

from settings import limits
from settings.field_checks import check_instance_type
from settings.model_source import check_s3_source
from settings.sections.image import Variables
from settings.sections.section import Section


class VariantSettings(Section):
    """One entry of `genai:endpoint.variants`: what it does not say is as in the main variant."""

    weight: float = Field(
        default=1.0,
        ge=0,
        le=limits.VARIANT_WEIGHT,
        description="share of the requests, in proportion to the weights of the other variants (the main "
        "one's is endpoint.weight); for a shadow, in proportion to the main one's",
    )
    instance_type: Annotated[str, AfterValidator(check_instance_type)] | None = Field(
        default=None,
        description="instance type of this variant",
        examples=["ml.m5.xlarge"],
    )
    initial: int = Field(
        default=1,
        ge=limits.INITIAL_INSTANCES.minimum,
        le=limits.INSTANCES,
        description="how many instances to start; this variant is not scaled",
    )
    source: Annotated[str, AfterValidator(check_s3_source)] | None = Field(
        default=None,
        description="another model, as an archive or a prefix in S3",
        examples=["s3://bucket/candidate.tar.gz"],
    )
    env: Variables = Field(
        default_factory=dict,
        description="variables of this variant's container, on top of the stack's",
    )
