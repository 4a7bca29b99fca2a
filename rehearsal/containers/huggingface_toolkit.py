"""Plays the Hugging Face inference image: the model folder's own code, or a pipeline in its place.

Without `code/inference.py` the image runs a transformers pipeline over the model. The weights and
transformers are not here, so the project's storyteller answers behind the pipeline's contract: it reads
`inputs` and `parameters` and no other key, answers at once, and takes a conversation as well as a text.
https://github.com/huggingface/transformers/blob/v4.41.1/src/transformers/pipelines/text_generation.py
"""

import json
import os
import sys
from http import HTTPStatus
from typing import Any, TypeGuard

from rehearsal.containers import pytorch_toolkit
from rehearsal.containers.contract_server import Reply, json_reply, serve
from rehearsal.containers.pytorch_toolkit import Hooks
from rehearsal.containers.start import Start
from rehearsal.containers.words import STORYTELLER, storyteller_hooks


def main() -> None:
    """Load the model, then answer."""
    start = Start.from_arguments()
    has_code = (start.model_dir / "code").is_dir() or "SAGEMAKER_PROGRAM" in os.environ
    if has_code or not {"HF_TASK", "HF_MODEL_ID"} & os.environ.keys():
        pytorch_toolkit.main()
        return
    start.require_model()
    hooks = Hooks(storyteller_hooks(), STORYTELLER)
    task = os.environ.get("HF_TASK", "the model's own task")
    print(f"stand-in for a pipeline of {task} is ready; the words come from the storyteller")
    sys.stdout.flush()
    serve(start.listening_fd, lambda *call: _answer(hooks, *call))


def _answer(hooks: Hooks, body: bytes, content_type: str, accept: str) -> Reply:
    try:
        request = json.loads(body)
        given = {name: request[name] for name in ("inputs", "parameters") if name in request}
    except (ValueError, TypeError):
        return hooks.answer(body, content_type, accept)  # which refuses it
    conversation = given.get("inputs")
    if not _is_conversation(conversation):
        return hooks.answer(json.dumps(given).encode(), content_type, accept)
    reply = hooks.answer(
        json.dumps({**given, "inputs": conversation[-1]["content"]}).encode(), content_type, accept
    )
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


if __name__ == "__main__":
    main()
