"""What several containers have in common: finish reasons, counts of tokens, and TGI's `inputs`."""

from collections.abc import Mapping

from handlers.contracts.contract import FinishReason, Generated, Usage
from handlers.contracts.streams import Chunk
from handlers.json_values import is_list, is_object, is_whole_number

_FINISH_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "error": "error",
    # TGI's words, which LMI shares.
    "eos_token": "stop",
    "stop_sequence": "stop",
    # vLLM's and SGLang's word for a generation that they gave up.
    "abort": "error",
}


def first_object(value: object) -> Mapping[str, object]:
    """The first item of a list, if it is an object; else an empty one."""
    if is_list(value) and value and is_object(value[0]):
        return value[0]
    return {}


def finish_reason(value: object) -> FinishReason | None:
    """The project's word for a container's; None for what is not known."""
    return _FINISH_REASONS.get(value) if isinstance(value, str) else None


def usage_of(prompt_tokens: object, completion_tokens: object) -> Usage | None:
    """The counts, if the container counted at least what it wrote."""
    if not is_whole_number(completion_tokens):
        return None
    return {
        "prompt_tokens": prompt_tokens if is_whole_number(prompt_tokens) else None,
        "completion_tokens": completion_tokens,
    }


def usage(value: object) -> Usage | None:
    """The counts in OpenAI's `usage`."""
    if not is_object(value):
        return None
    return usage_of(value.get("prompt_tokens"), value.get("completion_tokens"))


def inputs_generated(generation: Mapping[str, object]) -> Generated | None:
    """What an object with `generated_text` says, with its `details` if there are any."""
    text = generation.get("generated_text")
    if not isinstance(text, str):
        return None
    reason, counts = _end(generation.get("details"))
    return Generated(text, reason, counts)


def token_chunk(value: object) -> Chunk | None:
    """What one line with a `token` says; the last one has `generated_text` too.

    Special tokens, such as the one that ends a text, are no part of it.
    """
    token = value.get("token") if is_object(value) else None
    if not is_object(value) or not is_object(token):
        return None
    text = token.get("text")
    # LMI's older batches call it special_token.
    is_special = token.get("special") is True or token.get("special_token") is True
    whole_text = value.get("generated_text")
    reason, counts = _end(value.get("details"))
    return Chunk(
        text if isinstance(text, str) and not is_special else "",
        reason,
        counts,
        is_last=isinstance(whole_text, str),
        whole_text=whole_text if isinstance(whole_text, str) else None,
    )


def do_sample(temperature: float | None) -> Mapping[str, bool]:
    """Say that a temperature is meant.

    TGI does not sample at a temperature of exactly 1 unless told so, and LMI up to 0.31 at none:
    https://github.com/deepjavalibrary/djl-serving/blob/0971984022bfc5e09bddfbef8e312f90345ae1bf/serving/docs/lmi/user_guides/lmi_input_output_schema.md
    """
    return {} if temperature is None else {"do_sample": temperature > 0}


def _end(details: object) -> tuple[FinishReason | None, Usage | None]:
    if not is_object(details):
        return None, None
    counts = usage_of(details.get("input_length"), details.get("generated_tokens"))
    return finish_reason(details.get("finish_reason")), counts
