"""What containers speak: the request they take and the reply they give, as pure functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypedDict

from handlers.errors import UnexpectedReplyError
from handlers.generation_request import GenerationRequest
from handlers.json_values import (
    NotJsonError,
    is_list,
    is_object,
    is_unicode,
    is_whole_number,
    kind_of,
    parse_json,
)

FinishReason = Literal["stop", "length"]

RAW_REPLY_KEPT_BYTES = 4096
"""How much of a reply that cannot be read is kept in the failure record."""


class Usage(TypedDict):
    """Tokens counted by the container."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Generated:
    """What the model wrote."""

    text: str
    """The continuation alone, without the prompt."""
    finish_reason: FinishReason | None
    """`stop`: the model ended by itself or met a stop text; `length`: max_new_tokens was reached;
    None: the container did not say."""
    usage: Usage | None
    """None: the container did not count."""


@dataclass(frozen=True)
class Contract:
    """One container family's request and reply."""

    name: str
    reply_shape: str
    """The reply in short, for messages."""
    payload: Callable[[GenerationRequest], Mapping[str, object]]
    """The container's request, a JSON object."""
    generated: Callable[[object], Generated | None]
    """What a JSON reply says, or None when it is not in this contract's shape."""

    def read_reply(self, body: bytes) -> Generated:
        """What the container's reply says.

        Raises UnexpectedReplyError, which names this contract and the kind and size of what came,
        never the text.
        """
        try:
            reply = parse_json(body.decode())
        except UnicodeDecodeError:
            raise self._unexpected("bytes that are not UTF-8", body) from None
        except NotJsonError:
            raise self._unexpected(
                "text that is not JSON" if body else "an empty body", body
            ) from None
        generated = self.generated(reply)
        if generated is None:
            raise self._unexpected(f"{kind_of(reply)} in JSON", body, hint=_contract_hint(reply))
        if not is_unicode(generated.text):
            raise self._unexpected("a text that is not valid Unicode", body)
        return generated

    def _unexpected(self, came: str, body: bytes, hint: str | None = None) -> UnexpectedReplyError:
        hint = hint or "Check that the contract is the one that the endpoint's container speaks"
        return UnexpectedReplyError(
            f"The endpoint's reply is not in the shape of the contract {self.name}"
            f" ({self.reply_shape}): {came} of {len(body)} bytes came. {hint}"
            " (GENAI_CONTRACT, genai:invoker:contract).",
            {"raw_reply": body[:RAW_REPLY_KEPT_BYTES].decode(errors="replace")},
        )


def _contract_hint(reply: object) -> str | None:
    for contract in CONTRACTS.values():
        if contract.generated(reply) is not None:
            return f"It reads as the contract {contract.name}: configure that one"
    return None


def _pipelines_payload(request: GenerationRequest) -> Mapping[str, object]:
    return {
        "inputs": request.prompt,
        "parameters": {**request.parameters, "return_full_text": False},
    }


def _pipelines_generated(reply: object) -> Generated | None:
    first = _first(reply)
    text = first.get("generated_text")
    if not isinstance(text, str):
        return None
    return Generated(text, _finish_reason(first.get("finish_reason")), _usage(first.get("usage")))


def _openai_chat_payload(request: GenerationRequest) -> Mapping[str, object]:
    parameters = {
        "max_tokens" if name == "max_new_tokens" else name: value
        for name, value in request.parameters.items()
    }
    return {"messages": [{"role": "user", "content": request.prompt}], **parameters}


def _openai_chat_generated(reply: object) -> Generated | None:
    if not is_object(reply):
        return None
    choice = _first(reply.get("choices"))
    message = choice.get("message")
    text = message.get("content") if is_object(message) else None
    if not isinstance(text, str):
        return None
    return Generated(text, _finish_reason(choice.get("finish_reason")), _usage(reply.get("usage")))


def _first(value: object) -> Mapping[str, object]:
    """The first object of a list of objects; empty when there is none."""
    if is_list(value) and value and is_object(value[0]):
        return value[0]
    return {}


def _finish_reason(value: object) -> FinishReason | None:
    if value == "stop":
        return "stop"
    return "length" if value == "length" else None


def _usage(value: object) -> Usage | None:
    if not is_object(value):
        return None
    prompt_tokens, completion_tokens = value.get("prompt_tokens"), value.get("completion_tokens")
    if is_whole_number(prompt_tokens) and is_whole_number(completion_tokens):
        return {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens}
    return None


CONTRACTS: Mapping[str, Contract] = {
    contract.name: contract
    for contract in (
        # PyTorch and Hugging Face inference toolkits; the storyteller.
        Contract(
            name="pipelines",
            reply_shape='[{"generated_text": string, ...}]',
            payload=_pipelines_payload,
            generated=_pipelines_generated,
        ),
        # vLLM, SGLang.
        Contract(
            name="openai-chat",
            reply_shape='{"choices": [{"message": {"content": string}, ...}], ...}',
            payload=_openai_chat_payload,
            generated=_openai_chat_generated,
        ),
    )
}
"""Every contract by its name, which is the value of GENAI_CONTRACT."""
