"""The hooks SageMaker's PyTorch inference image calls, around `storyteller.py`.

SageMaker's inference toolkit (its `transformer.py`) calls `model_fn` once, then for every request
`input_fn`, `predict_fn` and `output_fn`. It hands a hook one further argument, the model server's
context, if the hook's signature has room for it. Any exception becomes a 500 unless it is the
toolkit's own error class, so a request that is wrong raises that one with status 400.

A hook of the toolkit can only return a complete value. Streaming therefore goes past it, through
TorchServe's `send_intermediate_predict_response`. A host without TorchServe, such as the
rehearsal's, gets the lines as a generator and sends each as it comes.

All of this was run under the real sagemaker-inference 1.10.1 and TorchServe 0.12.0 on a plain
machine, streaming included; it was not run on AWS.
"""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation_request import GenerationRequest, RequestError, parse_request
from safetensors_file import WeightsError
from storyteller import Piece, Storyteller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WEIGHTS_FILE = "model.safetensors"
JSON_DOCUMENT = "application/json"
JSON_LINES = "application/jsonlines"


class RefusedRequestError(Exception):
    """Stands in for the toolkit's GenericInferenceToolkitError where the toolkit is absent."""

    def __init__(self, status_code: int, message: str, phrase: str) -> None:
        """status_code: HTTP status to answer. message: what to send instead."""
        super().__init__(status_code, message, phrase)
        self.status_code = status_code
        self.message = message
        self.phrase = phrase


@dataclass(frozen=True)
class Prediction:
    """A request and its continuation, which is written while it is iterated over."""

    request: GenerationRequest
    prompt_tokens: int
    """Characters of the prompt that the model reads."""
    pieces: Iterator[Piece]


def model_fn(model_dir: str) -> Storyteller:
    """Load the model from the root of the unpacked archive.

    Raises WeightsError if the weights are missing, damaged or another model's.
    """
    path = Path(model_dir) / WEIGHTS_FILE
    if not path.is_file():
        raise WeightsError(
            f"{WEIGHTS_FILE} is missing from the model archive (looked in {model_dir}); "
            "put the weights at the archive root"
        )
    return Storyteller.load(path)


def input_fn(body: str | bytes | bytearray, content_type: str | None) -> GenerationRequest:
    """Parse and check a request; a wrong one raises the toolkit's error with status 400."""
    try:
        return parse_request(body, content_type)
    except RequestError as error:
        raise _refusal(str(error)) from None


def predict_fn(data: GenerationRequest, model: Storyteller) -> Prediction:
    """Begin the continuation; it is written as `output_fn` reads it."""
    prompt_tokens = len(model.read(data.inputs))
    return Prediction(data, prompt_tokens, model.generate(data.inputs, data.sampling))


def output_fn(
    prediction: Prediction, accept: str | None, context: Any = None
) -> str | Iterator[bytes] | tuple[bytes, str]:
    """Return the reply: a JSON text, or for a stream its lines.

    Under TorchServe a stream's lines are sent from here but the last, which is returned with its
    content type for the toolkit to close the reply with. Any other host gets a generator of all
    lines, each ending in a line feed, written as they are asked for.

    Raises the toolkit's error with status 400 if the client accepts no JSON.
    """
    if not _accepts_json(accept):
        raise _refusal(f"the reply is {JSON_DOCUMENT}; send that or */* as Accept, not {accept!a}")
    if not prediction.request.stream:
        return json.dumps([_summary(prediction, list(prediction.pieces))])
    send = None if context is None else _torchserve_sender()
    if send is None:
        return _lines(prediction)
    return _last_after_sending(_lines(prediction), send, context), JSON_LINES


def _summary(prediction: Prediction, pieces: list[Piece]) -> dict[str, Any]:
    """Return what is said of a finished continuation."""
    request, last = prediction.request, pieces[-1]
    before = request.inputs if request.return_full_text else ""
    return {
        "generated_text": before + "".join(piece.text for piece in pieces),
        "finish_reason": last.finish_reason,
        "usage": {"prompt_tokens": prediction.prompt_tokens, "completion_tokens": last.written},
    }


def _lines(prediction: Prediction) -> Iterator[bytes]:
    """Yield a JSON line per piece; the last carries the summary too."""
    pieces: list[Piece] = []
    for piece in prediction.pieces:
        pieces.append(piece)
        if piece.finish_reason is None:
            summary: dict[str, Any] = {"generated_text": None, "finish_reason": None}
        else:
            summary = _summary(prediction, pieces)
        yield json.dumps({"token": {"text": piece.text}, **summary}).encode() + b"\n"


def _torchserve_sender() -> Callable[..., object] | None:
    """Return TorchServe's function for a part of a reply, or None where it is not installed."""
    try:
        return importlib.import_module("ts.handler_utils.utils").send_intermediate_predict_response
    except (ImportError, AttributeError):
        return None


def _last_after_sending(lines: Iterator[bytes], send: Callable[..., object], context: Any) -> bytes:
    """Send every line but the last, and return that one."""
    context.set_response_content_type(0, JSON_LINES)  # the toolkit sets it after the first part
    line = next(lines)
    for following in lines:
        send([line], context.request_ids, "Intermediate Prediction success", 200, context)
        line = following
    return line


def _accepts_json(accept: str | None) -> bool:
    """Tell whether an Accept header, or its absence, allows JSON."""
    ranges = {part.split(";")[0].strip().lower() for part in (accept or "*/*").split(",")}
    return not ranges.isdisjoint({"*/*", "application/*", JSON_DOCUMENT, JSON_LINES})


def _refusal(message: str) -> Exception:
    """Return the exception that the toolkit, or a host like it, answers with status 400."""
    try:
        toolkit = importlib.import_module("sagemaker_inference.errors")
    except ImportError:
        return RefusedRequestError(400, message, "Bad Request")
    return toolkit.GenericInferenceToolkitError(400, message, "Bad Request")
