"""Stands in for DJL-LMI: payloads without the model; the words come from the project's storyteller.

A request with `messages` is answered as a chat completion, one with `inputs` by an object with
`generated_text`; both are streamed as JSON lines, with no `data:` and no `[DONE]`. With OPTION_TGI_COMPAT the
object comes in a list, and its stream as server-sent events:
https://github.com/deepjavalibrary/djl-serving/blob/master/serving/docs/lmi/user_guides/lmi_input_output_schema.md
(2026-11-25, which has the refusals as well).
"""

import json
import os
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from rehearsal.containers.contract_server import Reply, json_reply, serve
from rehearsal.containers.openai_completions import (
    completion_of,
    reply_chunks,
    whole_reply,
    words_of,
)
from rehearsal.containers.start import Start
from rehearsal.containers.words import PARAMETERS, Words

DEFAULT_MAX_NEW_TOKENS = 30
_FINISH_REASONS = {"stop": "stop_sequence", "length": "length"}


def main() -> None:
    """Check that there is a model to serve, then answer."""
    start = Start.from_arguments()
    start.require_model()
    words = Words()
    print("stand-in for DJL-LMI is ready; the words come from the storyteller", flush=True)
    serve(start.listening_fd, lambda request: _answer(words, request.body))


def _answer(words: Words, body: bytes) -> Reply:
    try:
        request = json.loads(body)
        if not isinstance(request, dict):
            raise TypeError("send a JSON object with inputs or messages")  # noqa: TRY301 - answered below as any refusal is
        is_chat = "messages" in request
        completion = completion_of(words, request) if is_chat else _completed(words, request)
    except Exception as refused:  # noqa: BLE001 - every bad request is answered with a body
        error = {"error": str(refused), "code": HTTPStatus.FAILED_DEPENDENCY.value}
        return json_reply(HTTPStatus.FAILED_DEPENDENCY, error)
    if is_chat:
        if request.get("stream"):
            return _lines(reply_chunks(completion, request))
        return json_reply(HTTPStatus.OK, whole_reply(completion, request))
    inputs = request["inputs"] if (request.get("parameters") or {}).get("details") else None
    is_like_tgi = os.environ.get("OPTION_TGI_COMPAT", "").lower() == "true"
    if request.get("stream"):
        pieces = _pieces(completion, inputs)
        return _events(pieces) if is_like_tgi else _lines(pieces)
    reply: dict[str, Any] = {"generated_text": completion["generated_text"]}
    if inputs is not None:
        reply["details"] = {**_details(completion, inputs), "tokens": _tokens(completion)}
    return json_reply(HTTPStatus.OK, [reply] if is_like_tgi else reply)


def _lines(objects: Iterator[dict[str, Any]]) -> Reply:
    lines = (json.dumps(piece).encode() + b"\n" for piece in objects)
    return Reply(HTTPStatus.OK, "application/jsonlines", lines)


def _events(objects: Iterator[dict[str, Any]]) -> Reply:
    events = (f"data: {json.dumps(piece)}\n\n".encode() for piece in objects)
    return Reply(HTTPStatus.OK, "text/event-stream", events)


def _completed(words: Words, request: dict[str, Any]) -> dict[str, Any]:
    parameters = request.get("parameters") or {}
    asked = {name: parameters.get(name) for name in PARAMETERS}
    asked["stop"] = parameters.get("stop", parameters.get("stop_sequences"))
    asked["max_new_tokens"] = parameters.get("max_new_tokens", DEFAULT_MAX_NEW_TOKENS)
    return words.complete(request.get("inputs"), asked)


def _details(completion: dict[str, Any], inputs: str) -> dict[str, Any]:
    return {
        "finish_reason": _FINISH_REASONS[completion["finish_reason"]],
        "generated_tokens": completion["usage"]["completion_tokens"],
        "inputs": inputs,
    }


def _tokens(completion: dict[str, Any]) -> list[dict[str, Any]]:
    words = words_of(completion["generated_text"]) or [""]
    return [{"id": index, "text": word, "logprob": 0.0} for index, word in enumerate(words)]


def _pieces(completion: dict[str, Any], inputs: str | None) -> Iterator[dict[str, Any]]:
    """Yield a word each; the last has the whole text, and details if there are `inputs` to name in them."""
    tokens = _tokens(completion)
    for token in tokens:
        is_last = token is tokens[-1]
        yield {
            "index": 0,
            "token": token,
            "generated_text": completion["generated_text"] if is_last else None,
            "details": _details(completion, inputs) if is_last and inputs is not None else None,
        }


if __name__ == "__main__":
    main()
