"""What every contract says and does, and what comes of asking a container."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypedDict

from handlers.errors import BadRequestError, ModelFailedError, UnexpectedReplyError
from handlers.generation_request import GenerationRequest
from handlers.json_values import (
    NotJsonError,
    is_object,
    is_unicode,
    is_whole_number,
    kind_of,
    parse_json,
    printable,
)

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "error"]


class Usage(TypedDict):
    """Tokens counted by the container."""

    prompt_tokens: int | None
    """None: the container counted only what it wrote."""
    completion_tokens: int


@dataclass(frozen=True)
class Generated:
    """What the model wrote."""

    text: str
    """The continuation alone, without the prompt; empty when there is an embedding. From the contract
    raw, the container's whole reply."""
    finish_reason: FinishReason | None
    """`stop`: the model ended by itself or met a stop text; `length`: max_new_tokens was reached;
    `error`: the container failed and gave what it had; None: the container did not say."""
    usage: Usage | None
    """None: the container did not count."""
    embedding: list[float] | None = None
    """The prompt as a vector, from a container that makes no texts."""


class StreamReader(Protocol):
    """Reads one streamed reply, whose parts may be split anywhere."""

    def feed(self, part: bytes) -> Iterator[str]:
        """The pieces of text that this part completed; the part is read even if they are not taken.

        Raises UnexpectedReplyError, or once there is a text StreamBrokenError, when a single line is
        longer than a reply may be.
        """
        ...

    def finish(self) -> Generated:
        """What was said, after the last part.

        The text begins with the pieces of `feed`, joined. What is beyond them is new: from a tail
        without a newline, or a reply that was no stream.

        Raises StreamBrokenError when the stream held an error or ended early,
        ModelRejectedRequestError when the container used it to refuse the request, and
        UnexpectedReplyError when nothing in it was in the contract's shape.
        """
        ...


class Contract(ABC):
    """One container family's request and reply."""

    name: str
    reply_shape: str
    """The reply in short, for messages."""
    streams: bool = False
    """Whether the container can be asked for a stream; if not, `stream` in a request means nothing."""

    @abstractmethod
    def request_body(self, request: GenerationRequest) -> object:
        """The container's request as a JSON value, for a request with a prompt or messages.

        May raise BadRequestError.
        """

    @abstractmethod
    def generated(self, reply: object) -> Generated | None:
        """What a JSON reply says, or None when it is not in this contract's shape."""

    @abstractmethod
    def stream_reader(self) -> StreamReader:
        """A reader for one streamed reply."""

    def is_own_reply(self, reply: object) -> bool:
        """Whether a JSON reply to a prompt is in the shape that tells this contract from others."""
        return self.generated(reply) is not None

    def payload(self, request: GenerationRequest) -> bytes:
        """The container's request as it is sent.

        Raises BadRequestError for a request that this contract cannot say.
        """
        if request.body is not None:
            raise BadRequestError(
                f"Bad request: body goes to the container as it is, which the contract {self.name}"
                " does not do: send prompt or messages, or configure the contract raw"
                " (GENAI_CONTRACT, genai:invoker:contract)."
            )
        return json.dumps(self.request_body(request), ensure_ascii=False).encode()

    def read_reply(self, body: bytes) -> Generated:
        """What the container's whole reply says.

        Raises UnexpectedReplyError, which names this contract and the kind and size of what came,
        never the text, and ModelFailedError for a reply that says that there is no text.
        """
        try:
            reply = parse_json(body.decode())
        except UnicodeDecodeError:
            raise self.unexpected("bytes that are not UTF-8", body) from None
        except NotJsonError:
            came = "text that is not JSON" if body else "an empty body"
            raise self.unexpected(came, body) from None
        generated = self.generated(reply)
        if generated is None:
            raise self.unexpected(f"{kind_of(reply)} in JSON", body, reply)
        if not is_unicode(generated.text):
            raise self.unexpected("a text that is not valid Unicode", body)
        if generated.finish_reason == "error" and not generated.text:
            raise ModelFailedError("The model's container says that it failed, and gave no text.")
        return generated

    def unexpected(self, came: str, body: bytes, reply: object = None) -> UnexpectedReplyError:
        """The error for a body that is not in this contract's shape; `reply` is its JSON, if it is any.

        The message names the contract and the kind and size of what came, never the text.
        """
        return UnexpectedReplyError(
            f"The endpoint's reply is not in the shape of the contract {self.name}"
            f" ({self.reply_shape}): {came} of {len(body)} bytes came. {_hint(reply)}"
            " (GENAI_CONTRACT, genai:invoker:contract).",
            {"raw_reply": body[:RAW_REPLY_KEPT_BYTES].decode(errors="replace")},
        )


def refuse_parameters(request: GenerationRequest, unwanted: AbstractSet[str], why: str) -> None:
    """Raise BadRequestError if the request has parameters that a container has no place for."""
    if names := [name for name in request.parameters if name in unwanted]:
        raise BadRequestError(f"Bad request: {why}: leave out {', '.join(names)}.")


class ContainerError(NamedTuple):
    """What a container says of its own failure."""

    message: str
    is_refusal: bool
    """Whether it is the request that it does not want, rather than itself that failed."""


UNNAMED = ContainerError("it did not say which", is_refusal=False)


def container_error(value: object) -> ContainerError | None:
    """The error in a JSON object that is one, in any of the containers' shapes.

    TGI: {"error", "error_type"}, or for chats {"error": {"message", "http_status_code"}}; LMI:
    {"error", "code"}; vLLM, SGLang, llama.cpp: {"error": {"message", "type", "code"}}, and before
    that {"object": "error", "message", "code"}. Sources: tests/handlers/payloads/README.md.
    """
    if not is_object(value):
        return None
    error = value.get("error")
    if is_object(error) and error:
        details = error
    elif isinstance(error, str) and error:
        details = {**value, "message": error}
    elif value.get("object") == "error":
        details = value
    else:
        return None
    message = details.get("message")
    return ContainerError(
        message if isinstance(message, str) and message else UNNAMED.message,
        is_refusal=details.get("error_type") == "validation" or _is_client_error(details),
    )


def _is_client_error(details: dict[str, object]) -> bool:
    code = details.get("http_status_code", details.get("code"))
    # 424 and 429 say that the container failed or is busy.
    return is_whole_number(code) and 400 <= code < 500 and code not in (408, 424, 429)  # noqa: PLR2004 - HTTP's own numbers


RAW_REPLY_KEPT_BYTES = 4096
"""How much of a reply that cannot be read is kept in the failure record."""

_HINTED = ("pipelines", "openai-chat", "tgi", "lmi", "tei")
"""The contracts whose replies can be told from others'."""


def _hint(reply: object) -> str:
    if error := container_error(reply):
        return (
            f"The container reported an error: {printable(error.message)}."
            " Check that the contract is the one that it speaks"
        )
    if fitting := [*_fitting_contracts(reply)]:
        return f"It reads as the contract {' or '.join(fitting)}: configure that one"
    return "Check that the contract is the one that the endpoint's container speaks"


def _fitting_contracts(reply: object) -> Iterator[str]:
    if reply is None:
        return
    from handlers.contracts import contract_named  # noqa: PLC0415 - loads all contracts, for a failure

    for name in _HINTED:
        if contract_named(name).is_own_reply(reply):
            yield name
