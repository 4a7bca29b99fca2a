"""Stands in for the images that speak OpenAI's chat completions, vLLM's first: payloads without the model.

An 8-billion-parameter model does not fit here, so the words come from the project's storyteller. What
is true is the contract: chat completions on `/invocations`, streamed as server-sent events. The error
bodies are vLLM's, and so is the stream.
"""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from rehearsal.containers.chat_completions import chat_answer, chat_chunks, chat_completion
from rehearsal.containers.contract_server import Reply, json_reply, serve
from rehearsal.containers.start import Start
from rehearsal.containers.words import Words


def main() -> None:
    """Check that there is a model to serve, then answer."""
    start = Start.from_arguments()
    start.require_model()
    words = Words()
    print(
        "stand-in for a container that speaks openai-chat is ready; the words come from the storyteller",
        flush=True,
    )
    serve(start.listening_fd, lambda body, _type, _accept: _answer(words, body))


def _answer(words: Words, body: bytes) -> Reply:
    try:
        request = json.loads(body)
        completion = chat_answer(words, request if isinstance(request, dict) else {})
    except Exception as refused:  # noqa: BLE001 - vLLM answers every bad request with a body
        error = {"message": str(refused), "type": "BadRequestError", "code": 400}
        return json_reply(HTTPStatus.BAD_REQUEST, {"error": error})
    if request.get("stream"):
        return Reply(HTTPStatus.OK, "text/event-stream", _events(completion, request))
    return json_reply(HTTPStatus.OK, chat_completion(completion))


def _events(completion: dict[str, Any], request: dict[str, Any]) -> Iterator[bytes]:
    for chunk in chat_chunks(completion, request):
        yield f"data: {json.dumps(chunk)}\n\n".encode()
    yield b"data: [DONE]\n\n"


if __name__ == "__main__":
    main()
