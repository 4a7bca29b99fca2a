"""Plays the PyTorch inference image: runs the model archive's own `code/inference.py`.

An exception with a `status_code` answers with it, any other with 500. An iterator is sent as it yields. Without
`input_fn` a body of JSON, CSV or NPY becomes an array of numbers, and without `output_fn` the prediction is
written as one of them: the image's own hooks make a tensor of it, and torch is not here. Facts:
https://github.com/aws/sagemaker-inference-toolkit/tree/master/src/sagemaker_inference and
https://github.com/aws/sagemaker-pytorch-inference-toolkit (default_pytorch_inference_handler.py), 2026-11-25.
"""

import io
import json
import traceback
from http import HTTPStatus
from typing import Any

from rehearsal.containers.contract_server import Reply, serve
from rehearsal.containers.inference_toolkit import Hooks, Toolkit, load_module
from rehearsal.containers.start import Start


class UnsupportedFormatError(Exception):
    """A type that the image's own hooks neither read nor write."""

    status_code = HTTPStatus.UNSUPPORTED_MEDIA_TYPE

    def __init__(self, content_type: str) -> None:
        super().__init__(
            f"Content type {content_type} is not supported by this framework: implement input_fn or output_fn"
        )


def main() -> None:
    """Load the model, then answer."""
    start = Start.from_arguments()
    hooks = Hooks(load_module(start.model_dir), start.model_dir, TOOLKIT)
    print(f"model loaded by {hooks.name}.model_fn", flush=True)
    serve(start.listening_fd, hooks.answer)


def default_input(body: str | bytes, content_type: str) -> Any:
    """Read an array of numbers."""
    import numpy as np  # noqa: PLC0415 - only a folder without hooks of its own needs it

    if content_type == "application/x-npy":
        return np.load(io.BytesIO(body), allow_pickle=False)  # pyright: ignore[reportArgumentType] - bytes, for this type
    if content_type == "application/json":
        return np.array(json.loads(body), dtype=np.float32)
    if content_type == "text/csv":
        return np.genfromtxt(io.StringIO(str(body)), dtype=np.float32, delimiter=",")
    raise UnsupportedFormatError(content_type)


def default_output(prediction: Any, accept: str) -> str | bytes:
    """Write a prediction as the first type that is accepted and known."""
    import numpy as np  # noqa: PLC0415 - only a folder without hooks of its own needs it

    for wanted in (part.partition(";")[0].strip() for part in accept.split(",")):
        if wanted in {"application/json", "*/*"}:
            return json.dumps(prediction, default=_as_list)
        if wanted == "text/csv":
            written = io.StringIO()
            np.savetxt(written, prediction, delimiter=",", fmt="%s")
            return written.getvalue()
        if wanted == "application/x-npy":
            packed = io.BytesIO()
            np.save(packed, prediction)
            return packed.getvalue()
    raise UnsupportedFormatError(accept)


def refuse(failure: Exception) -> Reply:
    """Answer as the toolkit does: the message, then the trace."""
    status = getattr(failure, "status_code", None)
    if not isinstance(status, int):
        traceback.print_exception(failure)
        status = HTTPStatus.INTERNAL_SERVER_ERROR
    message = getattr(failure, "message", str(failure))
    trace = "".join(traceback.format_exception(failure))
    return Reply(status, "text/plain", f"{message}\n{trace}".encode())


def _as_list(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


TOOLKIT = Toolkit({"input_fn": default_input, "output_fn": default_output}, refuse)

if __name__ == "__main__":
    main()
