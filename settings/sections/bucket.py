"""`genai:bucket`: the bucket for the model, the inputs and the results."""

from typing import Annotated

from pydantic import AfterValidator, Field

from settings import limits
from settings.field_checks import check_bucket_name
from settings.sections.section import Section


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
        description="days until the record of a request, a result of the mode async or captured data is deleted",
    )
    existing_name: Annotated[str, AfterValidator(check_bucket_name)] | None = Field(
        default=None,
        description="a bucket of yours to use instead of making one; its settings are left as they are, so nothing "
        "in it expires unless its own lifecycle says so",
        examples=["my-bucket"],
    )
