"""Stands in for Text Generation Inference: payloads without the model.

The words come from the project's storyteller. True are the contract and its refusals, in the words of
https://github.com/huggingface/text-generation-inference/tree/01067f8ba8bc1d378bb0fb3cd7ef6fe43fba86c0/router/src
(validation.rs, server.rs, sagemaker.rs and lib.rs, read in part 2026-11-25): a list with one object, streamed as
server-sent events; `messages` and `prompt` make OpenAI's completions. What is refused before it is a request
has a status; in a stream a refusal is an event.
"""

import json
import os
import threading
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from rehearsal.containers.contract_server import Reply, json_reply, serve
from rehearsal.containers.openai_completions import (
    completion_of,
    is_completion,
    reply_chunks,
    whole_reply,
    words_of,
)
from rehearsal.containers.start import Start
from rehearsal.containers.words import PARAMETERS, RefusedError, Words

DEFAULT_MAX_NEW_TOKENS = 1024
_DEFAULT_MAX_CONCURRENT_REQUESTS = 128
_FINISH_REASONS = {"stop": "stop_sequence", "length": "length"}
_STATUS_OF_ERRORS = {
    "validation": HTTPStatus.UNPROCESSABLE_ENTITY,
    "generation": HTTPStatus.FAILED_DEPENDENCY,
    "overloaded": HTTPStatus.TOO_MANY_REQUESTS,
}
_NO_VARIANT = (
    "Failed to deserialize the JSON body into the target type: data did not match any variant of untagged "
    "enum SagemakerRequest"
)


class _TgiError(Exception):
    """Why there is no text, as TGI says it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind

    @property
    def body(self) -> dict[str, str]:
        return {"error": str(self), "error_type": self.kind}


def main() -> None:
    """Check that there is a model to serve, then answer."""
    start = Start.from_arguments()
    start.require_model()
    server = _Server(Words())
    print(
        "stand-in for Text Generation Inference is ready; the words come from the storyteller",
        flush=True,
    )
    serve(start.listening_fd, lambda request: server.answer(request.body))


class _Server:
    """TGI's router, over the storyteller."""

    def __init__(self, words: Words) -> None:
        self._words = words
        limit = os.environ.get("MAX_CONCURRENT_REQUESTS", _DEFAULT_MAX_CONCURRENT_REQUESTS)
        self._free = threading.Semaphore(int(limit))

    def answer(self, body: bytes) -> Reply:
        """Answer one request."""
        try:
            request = json.loads(body)
        except ValueError as failure:
            said = f"Failed to parse the request body as JSON: {failure}"
            return Reply(HTTPStatus.BAD_REQUEST, "text/plain", said.encode())
        if not isinstance(request, dict) or not ("inputs" in request or is_completion(request)):
            return Reply(HTTPStatus.UNPROCESSABLE_ENTITY, "text/plain", _NO_VARIANT.encode())
        # TGI looks for its own kind of request first.
        return self._answer(request, is_openai="inputs" not in request)

    def _answer(self, request: dict[str, Any], *, is_openai: bool) -> Reply:
        is_stream = bool(request.get("stream"))
        try:
            completion = self._complete(request, is_openai=is_openai)
        except _TgiError as refused:
            if is_stream:
                return _events(iter([refused.body]), ends_with_done=is_openai)
            return json_reply(_STATUS_OF_ERRORS[refused.kind], refused.body)
        if not is_stream:
            whole = whole_reply if is_openai else _whole
            return json_reply(HTTPStatus.OK, whole(completion, request))
        pieces = reply_chunks if is_openai else _pieces
        return _events(pieces(completion, request), ends_with_done=is_openai)

    def _complete(self, request: dict[str, Any], *, is_openai: bool) -> dict[str, Any]:
        if not self._free.acquire(blocking=False):
            raise _TgiError("overloaded", "Model is overloaded")
        try:
            if is_openai:
                return completion_of(self._words, request)
            return self._words.complete(request["inputs"], _checked(request))
        except (RefusedError, ValueError) as refused:
            raise _TgiError("validation", f"Input validation error: {refused}") from refused
        except Exception as failure:
            said = f"Request failed during generation: {failure}"
            raise _TgiError("generation", said) from failure
        finally:
            self._free.release()


def _checked(request: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters for the storyteller, once TGI has nothing against the request."""
    parameters: dict[str, Any] = request.get("parameters") or {}
    if not request["inputs"]:
        raise ValueError("`inputs` cannot be empty")
    temperature, top_p = parameters.get("temperature"), parameters.get("top_p")
    if temperature is not None and temperature <= 0:
        raise ValueError("`temperature` must be strictly positive")
    if top_p is not None and not 0 < top_p < 1:
        raise ValueError("`top_p` must be > 0.0 and < 1.0")
    for name in ("top_k", "max_new_tokens", "repetition_penalty"):
        if parameters.get(name) is not None and parameters[name] <= 0:
            raise ValueError(f"`{name}` must be strictly positive")
    asked = {name: parameters.get(name) for name in PARAMETERS}
    asked["max_new_tokens"] = parameters.get("max_new_tokens", DEFAULT_MAX_NEW_TOKENS)
    return asked


def _whole(completion: dict[str, Any], request: dict[str, Any]) -> list[dict[str, Any]]:
    reply: dict[str, Any] = {"generated_text": completion["generated_text"]}
    if _wants_details(request):
        details = _details(completion, request)
        reply["details"] = {**details, "prefill": [], "tokens": _tokens(completion)}
    return [reply]


def _wants_details(request: dict[str, Any]) -> bool:
    return bool((request.get("parameters") or {}).get("details"))


def _details(completion: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    return {
        "finish_reason": _FINISH_REASONS[completion["finish_reason"]],
        "generated_tokens": completion["usage"]["completion_tokens"],
        "seed": (request.get("parameters") or {}).get("seed"),
    }


def _tokens(completion: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"id": index, "text": word, "logprob": 0.0, "special": False}
        for index, word in enumerate(words_of(completion["generated_text"]) or [""], start=1)
    ]


def _pieces(completion: dict[str, Any], request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a word each; the last has the whole text too."""
    tokens = _tokens(completion)
    for token in tokens:
        is_last = token is tokens[-1]
        details: dict[str, Any] | None = None
        if is_last and _wants_details(request):
            input_length = completion["usage"]["prompt_tokens"]
            details = {**_details(completion, request), "input_length": input_length}
        yield {
            "index": token["id"],
            "token": token,
            "generated_text": completion["generated_text"] if is_last else None,
            "details": details,
        }


def _events(objects: Iterator[dict[str, Any]], *, ends_with_done: bool) -> Reply:
    def lines() -> Iterator[bytes]:
        for piece in objects:
            yield f"data:{json.dumps(piece)}\n\n".encode()
        if ends_with_done:
            yield b"data: [DONE]\n\n"

    return Reply(HTTPStatus.OK, "text/event-stream", lines())


if __name__ == "__main__":
    main()
