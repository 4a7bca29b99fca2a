"""What every group of settings is."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


def _alias(name: str) -> str:
    return to_camel(name.rstrip("_"))  # async_ is async in YAML


class Section(BaseModel):
    """A group of settings. Unknown keys are refused, and nothing is converted.

    Keys are camelCase in YAML and snake_case here. Values are taken as they are written: a number in
    quotes is a text, and a text is not a number.
    """

    model_config = ConfigDict(
        strict=True,
        allow_inf_nan=False,
        frozen=True,
        extra="forbid",
        alias_generator=_alias,
        validate_default=False,
    )
