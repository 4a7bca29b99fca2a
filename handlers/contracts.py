"""What containers speak: the request they take and the reply they give, as pure functions."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypedDict, TypeGuard

from handlers.errors import BadRequestError, UnexpectedReplyError
from handlers.generation_request import GenerationParameters, GenerationRequest
from handlers.json_values import (
    NotJsonError,
    is_list,
    is_number,
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

    prompt_tokens: int | None
    """None: the container counted only what it wrote."""
    completion_tokens: int


@dataclass(frozen=True)
class Generated:
    """What the model wrote."""

    text: str
    """The continuation alone, without the prompt; empty when there is an embedding."""
    finish_reason: FinishReason | None
    """`stop`: the model ended by itself or met a stop text; `length`: max_new_tokens was reached;
    None: the container did not say."""
    usage: Usage | None
    """None: the container did not count."""
    embedding: list[float] | None = None
    """The prompt as a vector, from a container that makes no texts."""


@dataclass(frozen=True)
class Contract:
    """One container family's request and reply."""

    name: str
    reply_shape: str
    """The reply in short, for messages."""
    payload: Callable[[GenerationRequest], Mapping[str, object]]
    """The container's request, a JSON object. May raise BadRequestError."""
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
    fitting = [name for name, contract in CONTRACTS.items() if contract.generated(reply)]
    if not fitting:
        return None
    return f"It reads as the contract {' or '.join(fitting)}: configure that one"


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


def _tgi_payload(request: GenerationRequest) -> Mapping[str, object]:
    return {
        "inputs": request.prompt,
        "parameters": {
            **_tgi_parameters(request.parameters),
            # With decoder_input_details it would count the prompt's tokens too, but since TGI 3 only
            # if its launcher allows: https://github.com/huggingface/text-generation-inference/issues/3070
            "details": True,
            # What it does otherwise depends on the model's card on the Hub.
            "return_full_text": False,
        },
    }


def _tgi_parameters(given: GenerationParameters) -> Mapping[str, object]:
    """The parameters without those values that mean "no effect" to others and are refused by TGI.

    https://github.com/huggingface/text-generation-inference/blob/01067f8ba8bc1d378bb0fb3cd7ef6fe43fba86c0/router/src/validation.rs
    """
    temperature, top_p = given.get("temperature"), given.get("top_p")
    refused: set[str] = {"top_p"} if top_p == 1 else set()
    if temperature == 0:
        # Without top_p, because with one it samples whatever do_sample says.
        refused = {"temperature", "top_p"}
    return {
        **{name: value for name, value in given.items() if name not in refused},
        **_do_sample(temperature),
    }


def _tgi_generated(reply: object) -> Generated | None:
    return _inputs_generated(_first(reply))


def _lmi_payload(request: GenerationRequest) -> Mapping[str, object]:
    # No details: where batches are not rolling, as on a CPU, they are a parameter too many:
    # https://github.com/deepjavalibrary/djl-serving/blob/034e763837ea5f4c39beb2a33623af894d782749/engines/python/setup/djl_python/huggingface_dynamic_batch.py
    parameters = {**request.parameters, **_do_sample(request.parameters.get("temperature"))}
    return {"inputs": request.prompt, "parameters": parameters}


def _lmi_generated(reply: object) -> Generated | None:
    # In a list with OPTION_TGI_COMPAT, and from batches that are not rolling.
    return _inputs_generated(reply if is_object(reply) else _first(reply))


def _do_sample(temperature: float | None) -> Mapping[str, bool]:
    """Say that a temperature is meant.

    TGI does not sample at a temperature of exactly 1 unless told so, and LMI up to 0.31 at none:
    https://github.com/deepjavalibrary/djl-serving/blob/0971984022bfc5e09bddfbef8e312f90345ae1bf/serving/docs/lmi/user_guides/lmi_input_output_schema.md
    """
    return {} if temperature is None else {"do_sample": temperature > 0}


def _inputs_generated(generation: Mapping[str, object]) -> Generated | None:
    """The text of a container whose request has `inputs`, with its `details` if there are any."""
    text = generation.get("generated_text")
    if not isinstance(text, str):
        return None
    details = generation.get("details")
    if not is_object(details):
        return Generated(text, None, None)
    tokens = details.get("generated_tokens")
    usage: Usage | None = None
    if is_whole_number(tokens):
        usage = {"prompt_tokens": None, "completion_tokens": tokens}
    return Generated(text, _finish_reason(details.get("finish_reason")), usage)


def _tei_payload(request: GenerationRequest) -> Mapping[str, object]:
    if request.parameters:
        raise BadRequestError(
            "Bad request: an embedding takes no parameters, and the contract tei makes embeddings."
            ' Send for example {"prompt": "Once upon a time"}.'
        )
    return {"inputs": request.prompt}


def _tei_generated(reply: object) -> Generated | None:
    vector = reply[0] if is_list(reply) and len(reply) == 1 else None
    if not is_list(vector) or not vector:
        return None
    embedding = [value for value in vector if _is_finite(value)]
    return Generated("", None, None, embedding) if len(embedding) == len(vector) else None


def _is_finite(value: object) -> TypeGuard[float]:
    # JSON may hold 1e999, which Python reads as infinity and could not write as JSON again.
    return is_number(value) and abs(value) <= sys.float_info.max


def _first(value: object) -> Mapping[str, object]:
    """The first object of a list of objects; empty when there is none."""
    if is_list(value) and value and is_object(value[0]):
        return value[0]
    return {}


def _finish_reason(value: object) -> FinishReason | None:
    return _FINISH_REASONS.get(value) if isinstance(value, str) else None


_FINISH_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    # TGI's words, which LMI shares.
    "eos_token": "stop",
    "stop_sequence": "stop",
}


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
        # Text Generation Inference.
        Contract(
            name="tgi",
            reply_shape='[{"generated_text": string, ...}]',
            payload=_tgi_payload,
            generated=_tgi_generated,
        ),
        # Large Model Inference (DJL Serving), asked with `inputs`.
        Contract(
            name="lmi",
            reply_shape='{"generated_text": string, ...}',
            payload=_lmi_payload,
            generated=_lmi_generated,
        ),
        # Text Embeddings Inference.
        Contract(
            name="tei",
            reply_shape="[[number, ...]]",
            payload=_tei_payload,
            generated=_tei_generated,
        ),
    )
}
"""Every contract by its name, which is the value of GENAI_CONTRACT."""
