"""Stands in for the images that speak OpenAI's chat completions, vLLM's first: payloads without the model.

An 8-billion-parameter model does not fit here, so the words come from the project's storyteller. What
is true is the contract: completions of chats and texts on `/invocations`, streamed as server-sent events. The
error bodies are vLLM's, and so are the stream and the choice by what a request has:
https://github.com/vllm-project/vllm/tree/main/vllm/entrypoints (read in part, 2026-11-25).
"""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from rehearsal.containers.contract_server import Reply, json_reply, serve
from rehearsal.containers.openai_completions import (
    completion_of,
    is_completion,
    reply_chunks,
    whole_reply,
)
from rehearsal.containers.start import Start
from rehearsal.containers.words import Words

_NO_HANDLER = (
    "Cannot find suitable handler for request. Expected one of: ['ChatCompletionRequest', "
    "'CompletionRequest']"
)


def main() -> None:
    """Check that there is a model to serve, then answer."""
    start = Start.from_arguments()
    start.require_model()
    words = Words()
    print(
        "stand-in for a container that speaks openai-chat is ready; the words come from the storyteller",
        flush=True,
    )
    serve(start.listening_fd, lambda request: _answer(words, request.body))


def _answer(words: Words, body: bytes) -> Reply:
    try:
        request = json.loads(body)
        if not isinstance(request, dict) or not is_completion(request):
            raise TypeError(_NO_HANDLER)  # noqa: TRY301 - answered below as any refusal is
        completion = completion_of(words, request)
    except Exception as refused:  # noqa: BLE001 - vLLM answers every bad request with a body
        error = {"message": str(refused), "type": "BadRequestError", "param": None, "code": 400}
        return json_reply(HTTPStatus.BAD_REQUEST, {"error": error})
    if request.get("stream"):
        return Reply(HTTPStatus.OK, "text/event-stream", _events(completion, request))
    return json_reply(HTTPStatus.OK, whole_reply(completion, request))


def _events(completion: dict[str, Any], request: dict[str, Any]) -> Iterator[bytes]:
    for chunk in reply_chunks(completion, request):
        yield f"data: {json.dumps(chunk)}\n\n".encode()
    yield b"data: [DONE]\n\n"


if __name__ == "__main__":
    main()
