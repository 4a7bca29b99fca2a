"""Stands in for Text Generation Inference: payloads without the model.

The words come from the project's storyteller. True are the contract and its refusals, in the words of
https://github.com/huggingface/text-generation-inference/blob/01067f8ba8bc1d378bb0fb3cd7ef6fe43fba86c0/router/src/validation.rs
(read in part 2026-11-24): a list with one object, streamed as server-sent events; `messages` make a chat completion.
"""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from rehearsal.containers.chat_completions import (
    chat_answer,
    chat_chunks,
    chat_completion,
    words_of,
)
from rehearsal.containers.contract_server import Reply, json_reply, serve
from rehearsal.containers.start import Start
from rehearsal.containers.words import PARAMETERS, Words

DEFAULT_MAX_NEW_TOKENS = 1024
_FINISH_REASONS = {"stop": "eos_token", "length": "length"}


class _InvalidError(Exception):
    """What TGI refuses before it generates."""


def main() -> None:
    """Check that there is a model to serve, then answer."""
    start = Start.from_arguments()
    start.require_model()
    words = Words()
    print(
        "stand-in for Text Generation Inference is ready; the words come from the storyteller",
        flush=True,
    )
    serve(start.listening_fd, lambda body, _type, _accept: _answer(words, body))


def _answer(words: Words, body: bytes) -> Reply:
    try:
        request = json.loads(body)
        if not isinstance(request, dict):
            raise _InvalidError("a JSON object is expected")  # noqa: TRY301 - answered below as any refusal is
        is_chat = "messages" in request
        completion = chat_answer(words, request) if is_chat else _completed(words, request)
    except Exception as refused:  # noqa: BLE001 - every bad request is answered with a body
        error = {"error": f"Input validation error: {refused}", "error_type": "validation"}
        return json_reply(HTTPStatus.UNPROCESSABLE_ENTITY, error)
    details = (request.get("parameters") or {}).get("details")
    if request.get("stream"):
        objects = (
            chat_chunks(completion, request)
            if is_chat
            else _pieces(completion, has_details=bool(details))
        )
        return Reply(HTTPStatus.OK, "text/event-stream", _events(objects, ends_with_done=is_chat))
    if is_chat:
        return json_reply(HTTPStatus.OK, chat_completion(completion))
    reply: dict[str, Any] = {"generated_text": completion["generated_text"]}
    if details:
        reply["details"] = {**_details(completion), "prefill": [], "tokens": []}
    return json_reply(HTTPStatus.OK, [reply])


def _completed(words: Words, request: dict[str, Any]) -> dict[str, Any]:
    parameters: dict[str, Any] = request.get("parameters") or {}
    _refuse_what_tgi_refuses(request.get("inputs"), parameters)
    asked = {name: parameters.get(name) for name in PARAMETERS}
    asked["max_new_tokens"] = parameters.get("max_new_tokens", DEFAULT_MAX_NEW_TOKENS)
    return words.complete(request["inputs"], asked)


def _refuse_what_tgi_refuses(inputs: object, parameters: dict[str, Any]) -> None:
    if not inputs:
        raise _InvalidError("`inputs` cannot be empty")
    temperature, top_p = parameters.get("temperature"), parameters.get("top_p")
    if temperature is not None and temperature <= 0:
        raise _InvalidError("`temperature` must be strictly positive")
    if top_p is not None and not 0 < top_p < 1:
        raise _InvalidError("`top_p` must be > 0.0 and < 1.0")
    for name in ("top_k", "max_new_tokens", "repetition_penalty"):
        if parameters.get(name) is not None and parameters[name] <= 0:
            raise _InvalidError(f"`{name}` must be strictly positive")


def _details(completion: dict[str, Any]) -> dict[str, Any]:
    return {
        "finish_reason": _FINISH_REASONS[completion["finish_reason"]],
        "generated_tokens": completion["usage"]["completion_tokens"],
        "seed": None,
    }


def _pieces(completion: dict[str, Any], *, has_details: bool) -> Iterator[dict[str, Any]]:
    """Yield a word each; a model that ends by itself says so with a token that is no text."""
    tokens = [(word, False) for word in words_of(completion["generated_text"])]
    if completion["finish_reason"] == "stop":
        tokens.append(("</s>", True))
    for index, (text, is_special) in enumerate(tokens, start=1):
        is_last = index == len(tokens)
        yield {
            "index": index,
            "token": {"id": index, "text": text, "logprob": 0.0, "special": is_special},
            "generated_text": completion["generated_text"] if is_last else None,
            "details": _stream_details(completion) if is_last and has_details else None,
        }


def _stream_details(completion: dict[str, Any]) -> dict[str, Any]:
    return {**_details(completion), "input_length": completion["usage"]["prompt_tokens"]}


def _events(objects: Iterator[dict[str, Any]], *, ends_with_done: bool) -> Iterator[bytes]:
    for piece in objects:
        yield f"data:{json.dumps(piece)}\n\n".encode()
    if ends_with_done:
        yield b"data: [DONE]\n\n"


if __name__ == "__main__":
    main()
