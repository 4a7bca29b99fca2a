"""Plays the Hugging Face inference image: the model folder's own code, or a pipeline in its place.

Its hooks read and write JSON by default, and hand `inputs` and `parameters` to the model as to a function. Whatever
is raised is answered with 400, and a reply is one whole: an iterator is none. Facts:
https://github.com/aws/sagemaker-huggingface-inference-toolkit/tree/main/src (handler_service.py,
decoder_encoder.py, 2026-11-25); the body of a refusal is as users quote it, such as in
https://github.com/aws/sagemaker-python-sdk/issues/2955.

Without `code/inference.py` the image runs a transformers pipeline over the model. The weights and
transformers are not here, so the project's storyteller answers behind the pipeline's contract: it reads
`inputs` and `parameters` and no other key, answers at once, and takes a conversation as well as a text.
https://github.com/huggingface/transformers/blob/v4.41.1/src/transformers/pipelines/text_generation.py
"""

import json
import os
import sys
import traceback
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, TypeGuard

from rehearsal.containers.contract_server import Reply, Request, json_reply, serve
from rehearsal.containers.inference_toolkit import Hooks, Toolkit, load_module
from rehearsal.containers.start import Start
from rehearsal.containers.words import STORYTELLER, storyteller_hooks


def main() -> None:
    """Load the model, then answer."""
    start = Start.from_arguments()
    has_code = (start.model_dir / "code").is_dir() or "SAGEMAKER_PROGRAM" in os.environ
    if has_code or not {"HF_TASK", "HF_MODEL_ID"} & os.environ.keys():
        hooks = Hooks(load_module(start.model_dir), start.model_dir, TOOLKIT)
        print(f"model loaded by {hooks.name}.model_fn", flush=True)
        serve(start.listening_fd, lambda request: _whole(hooks.answer(request)))
        return
    start.require_model()
    hooks = Hooks(storyteller_hooks(), STORYTELLER, TOOLKIT)
    task = os.environ.get("HF_TASK", "the model's own task")
    print(f"stand-in for a pipeline of {task} is ready; the words come from the storyteller")
    sys.stdout.flush()
    serve(start.listening_fd, lambda request: _piped(hooks, request))


def _default_input(body: str | bytes, content_type: str) -> Any:
    if content_type != "application/json":  # the toolkit knows more types, for pictures and sound
        raise ValueError(f"Content type {content_type} is not supported by this framework")
    return json.loads(body)


def _default_prediction(data: dict[str, Any], model: Any) -> Any:
    inputs = data.pop("inputs", data)
    return model(inputs, **(data.pop("parameters", None) or {}))


def _default_output(prediction: Any, accept: str) -> str:
    if accept != "application/json":
        raise ValueError(f"Content type {accept} is not supported by this framework")
    return json.dumps(prediction, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _refuse(failure: Exception) -> Reply:
    traceback.print_exception(failure)
    return _refusal(HTTPStatus.BAD_REQUEST, getattr(failure, "message", str(failure)))


def _refusal(status: HTTPStatus, message: str) -> Reply:
    error = {"code": status.value, "type": "InternalServerException", "message": message}
    return Reply(status, "application/json", f"{json.dumps(error, indent=2)}\n".encode())


def _whole(reply: Reply) -> Reply:
    if isinstance(reply.body, Iterator):
        print("the hooks returned an iterator; the image's model server sends whole replies only")
        return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "Prediction failed")
    return reply


def _piped(hooks: Hooks, request: Request) -> Reply:
    try:
        asked = json.loads(request.body)
        given = {name: asked[name] for name in ("inputs", "parameters") if name in asked}
    except (ValueError, TypeError):
        return hooks.answer(request)  # which refuses it
    conversation = given.get("inputs")
    if not _is_conversation(conversation):
        return hooks.answer(Request(json.dumps(given).encode(), request.headers))
    last = {**given, "inputs": conversation[-1]["content"]}
    reply = hooks.answer(Request(json.dumps(last).encode(), request.headers))
    wants_text = (given.get("parameters") or {}).get("return_full_text") is False
    return reply if wants_text else _in_conversation(reply, conversation)


def _is_conversation(inputs: Any) -> TypeGuard[list[dict[str, Any]]]:
    return (
        isinstance(inputs, list)
        and bool(inputs)
        and all(isinstance(turn, dict) and {"role", "content"} <= turn.keys() for turn in inputs)
    )


def _in_conversation(reply: Reply, conversation: list[dict[str, Any]]) -> Reply:
    """Put what was written behind the turns before it, as a pipeline does unless told otherwise."""
    if reply.status != HTTPStatus.OK or not isinstance(reply.body, bytes):
        return reply
    (generation,) = json.loads(reply.body)
    said = {"role": "assistant", "content": generation["generated_text"]}
    return json_reply(reply.status, [{**generation, "generated_text": [*conversation, said]}])


TOOLKIT = Toolkit(
    {
        "input_fn": _default_input,
        "predict_fn": _default_prediction,
        "output_fn": _default_output,
    },
    _refuse,
)

if __name__ == "__main__":
    main()
