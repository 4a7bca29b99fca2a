"""OpenAI's completions of chats and texts, spoken by vLLM, SGLang, llama.cpp, LMI and TGI on `/invocations`."""

import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

from rehearsal.containers.words import Words

SERVED_MODEL = "/opt/ml/model"
DEFAULT_MAX_TOKENS = 128
DEFAULT_MAX_TEXT_TOKENS = 16  # OpenAI's own for texts
# Object and the beginning of its id.
_CHAT = ("chat.completion", "chatcmpl")
_CHAT_CHUNK = ("chat.completion.chunk", "chatcmpl")
_TEXT = ("text_completion", "cmpl")


def is_completion(request: dict[str, Any]) -> bool:
    """Tell whether a request is for a completion, of a chat or of a text."""
    return "messages" in request or "prompt" in request


def completion_of(words: Words, request: dict[str, Any]) -> dict[str, Any]:
    """Continue the last message, or the text.

    Raises:
        ValueError: the request has neither.
        RefusedError: the storyteller takes no such prompt or parameter.
    """
    if "messages" in request:
        messages = request["messages"]
        if not isinstance(messages, list) or not messages:
            raise ValueError("messages: field required, a list of {role, content}")
        prompt = messages[-1].get("content", "")
        limit = request.get("max_completion_tokens", request.get("max_tokens", DEFAULT_MAX_TOKENS))
    else:
        prompt = request["prompt"]
        limit = request.get("max_tokens", DEFAULT_MAX_TEXT_TOKENS)
    parameters = {"max_new_tokens": limit}
    for name in ("temperature", "top_p", "seed", "stop"):
        parameters[name] = request.get(name)
    return words.complete(prompt, parameters)


def whole_reply(completion: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """Return the whole reply."""
    text = completion["generated_text"]
    is_chat = "messages" in request
    said = {"message": {"role": "assistant", "content": text}} if is_chat else {"text": text}
    choice = {"index": 0, **said, "logprobs": None, "finish_reason": completion["finish_reason"]}
    return {
        **_identity(*(_CHAT if is_chat else _TEXT)),
        "choices": [choice],
        "usage": _usage(completion),
    }


def reply_chunks(completion: dict[str, Any], request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the objects of a streamed reply, a word each, then the reason of its end.

    Only a request that has `stream_options` with `include_usage` gets the counts, in an object more.
    """
    is_chat = "messages" in request
    identity = _identity(*(_CHAT_CHUNK if is_chat else _TEXT))
    words = words_of(completion["generated_text"])
    if is_chat:
        said = [
            {"delta": {"role": "assistant", "content": ""}},
            *({"delta": {"content": word}} for word in words),
        ]
        last: dict[str, Any] = {"delta": {}}
    else:
        said = [{"text": word} for word in words]
        last = {"text": ""}
    for piece in said:
        yield {**identity, "choices": [{"index": 0, **piece, "finish_reason": None}]}
    reason = completion["finish_reason"]
    yield {**identity, "choices": [{"index": 0, **last, "finish_reason": reason}]}
    if (request.get("stream_options") or {}).get("include_usage"):
        yield {**identity, "choices": [], "usage": _usage(completion)}


def words_of(text: str) -> list[str]:
    """Cut a text into words with the space before each; together they are the text."""
    return re.findall(r"\s*\S+|\s+$", text)


def _usage(completion: dict[str, Any]) -> dict[str, int]:
    usage = completion["usage"]
    return {**usage, "total_tokens": sum(usage.values())}


def _identity(kind: str, prefix: str) -> dict[str, Any]:
    return {
        "id": f"{prefix}-{uuid.uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": SERVED_MODEL,
    }
