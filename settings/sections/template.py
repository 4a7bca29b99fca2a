"""`genai:invoker.template`: how to ask a container that no contract fits, and how to read its reply."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from settings.sections.section import Section
from settings.template import check_path, check_request

Path = Annotated[str, AfterValidator(check_path)]


class TemplateSettings(Section):
    """`genai:invoker.template`: a request with placeholders, and paths into the reply."""

    request: Annotated[dict[str, Any], AfterValidator(check_request)] = Field(
        description="the request as the container takes it, with <<prompt>> or <<messages>> and, where they go, "
        "<<max_new_tokens>>, <<temperature>>, <<seed>>, <<top_p>>, <<top_k>>, <<repetition_penalty>>, <<stop>> and "
        "<<stream>>; a key whose placeholder has no value in a request is left out",
        examples=['{prompt: "<<prompt>>", max_tokens: "<<max_new_tokens>>"}'],
    )
    text: Path = Field(
        description="where the text is in the reply: names with dots between them, and [0] for the first of a list",
        examples=["choices[0].text"],
    )
    finish_reason: Path | None = Field(
        default=None,
        description="where the reply says why it ended; not known unless given",
        examples=["choices[0].finish_reason"],
    )
    prompt_tokens: Path | None = Field(
        default=None,
        description="where the reply counts the prompt's tokens; not known unless given",
        examples=["usage.prompt_tokens"],
    )
    completion_tokens: Path | None = Field(
        default=None,
        description="where the reply counts its own tokens; not known unless given",
        examples=["usage.completion_tokens"],
    )
    stream_text: Path | None = Field(
        default=None,
        description="where a line of a streamed reply has its piece of text; the container is not asked for streams unless given",
        examples=["choices[0].text"],
    )
