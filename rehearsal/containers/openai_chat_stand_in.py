"""Stands in for the images that speak OpenAI's chat completions, vLLM's first: payloads without the model.

An 8-billion-parameter model does not fit here, so the words come from the project's storyteller. What
is true is the contract: chat completions on `/invocations`, streamed as server-sent events. The error
bodies are vLLM's, and so is the stream: LMI would stream JSON lines instead.
"""

import importlib
import json
import re
import sys
import time
import uuid
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from rehearsal.containers.contract_server import Reply, serve

STORYTELLER = Path(__file__).resolve().parents[2] / "models" / "storyteller"
SERVED_MODEL = "/opt/ml/model"
DEFAULT_MAX_TOKENS = 128


def main() -> None:
    """Check that a model was mounted, then answer."""
    listening_fd, model_dir = int(sys.argv[1]), Path(sys.argv[2])
    if not any(model_dir.iterdir()):
        sys.exit("no model files under /opt/ml/model")
    sys.path.insert(0, str(STORYTELLER / "code"))
    hooks = importlib.import_module("inference")
    model = hooks.model_fn(str(STORYTELLER))
    print(
        "stand-in for a container that speaks openai-chat is ready; the words come from the storyteller",
        flush=True,
    )
    serve(listening_fd, lambda body, _type, _accept: _answer(hooks, model, body))


def _answer(hooks: Any, model: Any, body: bytes) -> Reply:
    try:
        request = json.loads(body)
        payload = _storyteller_payload(request)
        generated = hooks.predict_fn(hooks.input_fn(json.dumps(payload), "application/json"), model)
        (completion,) = json.loads(hooks.output_fn(generated, "application/json"))
    except Exception as refused:  # noqa: BLE001 - vLLM answers every bad request with a body
        return _json(
            HTTPStatus.BAD_REQUEST,
            {"error": {"message": str(refused), "type": "BadRequestError", "code": 400}},
        )
    if request.get("stream"):
        return Reply(HTTPStatus.OK, "text/event-stream", _events(completion))
    return _json(HTTPStatus.OK, _chat_completion(completion))


def _storyteller_payload(request: Any) -> dict[str, Any]:
    messages = request.get("messages") if isinstance(request, dict) else None
    if not isinstance(messages, list) or not messages:
        raise ValueError("messages: field required, a list of {role, content}")
    parameters = {"max_new_tokens": request.get("max_tokens", DEFAULT_MAX_TOKENS)}
    for name in ("temperature", "top_p", "seed", "stop"):
        if request.get(name) is not None:
            parameters[name] = request[name]
    return {"inputs": messages[-1].get("content", ""), "parameters": parameters}


def _chat_completion(completion: dict[str, Any]) -> dict[str, Any]:
    usage = completion["usage"]
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": SERVED_MODEL,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": completion["generated_text"]},
                "finish_reason": completion["finish_reason"],
            }
        ],
        "usage": {**usage, "total_tokens": sum(usage.values())},
    }


def _events(completion: dict[str, Any]) -> Iterator[bytes]:
    identity = {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": SERVED_MODEL,
    }
    for word in re.findall(r"\s*\S+|\s+$", completion["generated_text"]):
        choice = {"index": 0, "delta": {"content": word}, "finish_reason": None}
        yield f"data: {json.dumps({**identity, 'choices': [choice]})}\n\n".encode()
    last = {"index": 0, "delta": {}, "finish_reason": completion["finish_reason"]}
    yield f"data: {json.dumps({**identity, 'choices': [last]})}\n\n".encode()
    yield b"data: [DONE]\n\n"


def _json(status: int, body: dict[str, Any]) -> Reply:
    return Reply(status, "application/json", json.dumps(body).encode())


if __name__ == "__main__":
    main()
