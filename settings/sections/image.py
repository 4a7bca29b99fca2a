"""`genai:image`: what serves the model."""

from typing import Annotated

from pydantic import AfterValidator, Field

from settings.container_variables import check_variable_name, check_variable_value
from settings.field_checks import check_image_family
from settings.image_uri import CUSTOM_FAMILY, EXAMPLE_URI, PACKAGE_FAMILY, check_image_uri
from settings.sections.section import Section

Variables = dict[
    Annotated[str, AfterValidator(check_variable_name)],
    Annotated[str, AfterValidator(check_variable_value)],
]


class ImageSettings(Section):
    """`genai:image`: what serves the model."""

    family: Annotated[str, AfterValidator(check_image_family)] = Field(
        description="what serves the model: pytorch or huggingface (code/inference.py of the model), "
        "vllm, sglang, lmi, llamacpp or tgi-legacy (open-weights language models), tei (embeddings), "
        "custom with a uri, or model-package, whose image the package names",
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

    @property
    def is_from_a_package(self) -> bool:
        """Whether the model package names the image."""
        return self.family == PACKAGE_FAMILY
