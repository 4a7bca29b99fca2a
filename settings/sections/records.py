"""`genai:invoker.records`: what is kept of a request and its reply."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic.json_schema import WithJsonSchema

from settings import limits
from settings.redaction import REDACTION_SCHEMA, check_redaction
from settings.sections.section import Section


class RecordSettings(Section):
    """`genai:invoker.records`: what is kept of a request and its reply, under records/."""

    keep: Literal["full", "metadata", "off"] = Field(
        default="full",
        description="full (prompt and reply too, which are personal data), metadata (their lengths instead, with tokens, "
        "times and errors) or off (nothing); bucket.recordDays says for how long",
    )
    redact: list[
        Annotated[Any, AfterValidator(check_redaction), WithJsonSchema(REDACTION_SCHEMA)]
    ] = Field(
        default_factory=list,
        max_length=limits.REDACTION_RULES,
        description="what is taken out of prompts and replies before they are kept; the caller still gets all, and so do the "
        "results of files of prompts, which are the answer. Each is a "
        "name (email, ip-address, phone with + or in the North American form, card-number) or a regular expression as "
        "{pattern, replacement}, the replacement being [redacted] unless given",
        examples=["[email]"],
    )
