"""OpenAI's chat completions, spoken by vLLM, SGLang, llama.cpp, LMI and TGI on `/invocations`."""

import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

from rehearsal.containers.words import Words

SERVED_MODEL = "/opt/ml/model"
DEFAULT_MAX_TOKENS = 128


def chat_answer(words: Words, request: dict[str, Any]) -> dict[str, Any]:
    """Continue the last message.

    Raises:
        ValueError: the request has no messages.
        Exception: the storyteller refuses the prompt or a parameter; the message says why.
    """
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ValueError("messages: field required, a list of {role, content}")
    parameters = {"max_new_tokens": request.get("max_tokens", DEFAULT_MAX_TOKENS)}
    for name in ("temperature", "top_p", "seed", "stop"):
        parameters[name] = request.get(name)
    return words.complete(messages[-1].get("content", ""), parameters)


def chat_completion(completion: dict[str, Any]) -> dict[str, Any]:
    """Return the whole reply."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": completion["generated_text"]},
        "finish_reason": completion["finish_reason"],
    }
    return {
        **_identity("chat.completion"),
        "choices": [choice],
        "usage": _usage(completion),
    }


def chat_chunks(completion: dict[str, Any], request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the objects of a streamed reply, a word each, then the reason of its end.

    Only a request that has `stream_options` with `include_usage` gets the counts, in an object more.
    """
    identity = _identity("chat.completion.chunk")
    deltas = [{"content": word} for word in words_of(completion["generated_text"])]
    for delta in ({"role": "assistant", "content": ""}, *deltas):
        yield {**identity, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    last = {"index": 0, "delta": {}, "finish_reason": completion["finish_reason"]}
    yield {**identity, "choices": [last]}
    if (request.get("stream_options") or {}).get("include_usage"):
        yield {**identity, "choices": [], "usage": _usage(completion)}


def words_of(text: str) -> list[str]:
    """Cut a text into words with the space before each; together they are the text."""
    return re.findall(r"\s*\S+|\s+$", text)


def _usage(completion: dict[str, Any]) -> dict[str, int]:
    usage = completion["usage"]
    return {**usage, "total_tokens": sum(usage.values())}


def _identity(kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": SERVED_MODEL,
    }
