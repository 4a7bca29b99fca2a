"""Stands in for DJL-LMI: payloads without the model; the words come from the project's storyteller.

A request with `messages` is answered as a chat completion, one with `inputs` by an object with
`generated_text`; both are streamed as JSON lines, with no `data:` and no `[DONE]`:
https://github.com/deepjavalibrary/djl-serving/blob/master/serving/docs/lmi/user_guides/lmi_input_output_schema.md
(2026-06). The body of a refusal is ours.
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

DEFAULT_MAX_NEW_TOKENS = 30
_FINISH_REASONS = {"stop": "eos_token", "length": "length"}


def main() -> None:
    """Check that there is a model to serve, then answer."""
    start = Start.from_arguments()
    start.require_model()
    words = Words()
    print("stand-in for DJL-LMI is ready; the words come from the storyteller", flush=True)
    serve(start.listening_fd, lambda body, _type, _accept: _answer(words, body))


def _answer(words: Words, body: bytes) -> Reply:
    try:
        request = json.loads(body)
        if not isinstance(request, dict):
            raise TypeError("send a JSON object with inputs or messages")  # noqa: TRY301 - answered below as any refusal is
        is_chat = "messages" in request
        completion = chat_answer(words, request) if is_chat else _completed(words, request)
    except Exception as refused:  # noqa: BLE001 - every bad request is answered with a body
        return json_reply(HTTPStatus.BAD_REQUEST, {"error": str(refused), "code": 400})
    has_details = bool((request.get("parameters") or {}).get("details"))
    if request.get("stream"):
        objects = (
            chat_chunks(completion, request)
            if is_chat
            else _pieces(completion, has_details=has_details)
        )
        lines = (json.dumps(piece).encode() + b"\n" for piece in objects)
        return Reply(HTTPStatus.OK, "application/jsonlines", lines)
    if is_chat:
        return json_reply(HTTPStatus.OK, chat_completion(completion))
    reply: dict[str, Any] = {"generated_text": completion["generated_text"]}
    if has_details:
        reply["details"] = _details(completion)
    return json_reply(HTTPStatus.OK, reply)


def _completed(words: Words, request: dict[str, Any]) -> dict[str, Any]:
    parameters = request.get("parameters") or {}
    asked = {name: parameters.get(name) for name in PARAMETERS}
    asked["stop"] = parameters.get("stop", parameters.get("stop_sequences"))
    asked["max_new_tokens"] = parameters.get("max_new_tokens", DEFAULT_MAX_NEW_TOKENS)
    return words.complete(request.get("inputs"), asked)


def _details(completion: dict[str, Any]) -> dict[str, Any]:
    return {
        "finish_reason": _FINISH_REASONS[completion["finish_reason"]],
        "generated_tokens": completion["usage"]["completion_tokens"],
    }


def _pieces(completion: dict[str, Any], *, has_details: bool) -> Iterator[dict[str, Any]]:
    pieces = words_of(completion["generated_text"]) or [""]
    for index, word in enumerate(pieces):
        is_last = index == len(pieces) - 1
        yield {
            "index": 0,
            "token": {"id": index, "text": word, "logprob": 0.0},
            "generated_text": completion["generated_text"] if is_last else None,
            "details": _details(completion) if is_last and has_details else None,
        }


if __name__ == "__main__":
    main()
