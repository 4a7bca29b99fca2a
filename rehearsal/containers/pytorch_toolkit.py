"""Plays the PyTorch and Hugging Face inference images: runs the model archive's own `code/inference.py`.

The hooks are called as SageMaker's inference toolkit calls them: `model_fn(model_dir)` once, then
`input_fn(body, content_type)`, `predict_fn(data, model)` and `output_fn(prediction, accept)`, or one
`transform_fn(model, body, content_type, accept)`; a hook with one parameter more also gets the context.
An exception with a `status_code` answers with it, any other with 500. An iterator is sent as it yields.
"""

import importlib
import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

from rehearsal.containers.contract_server import Reply, serve
from rehearsal.containers.start import Start

DEFAULT_TYPE = "application/json"
_TEXT_TYPES = ("application/json", "text/")


@dataclass(frozen=True)
class Context:
    """What a hook that asks for it gets; of the model server's own context, this part."""

    system_properties: dict[str, Any]


def main() -> None:
    """Load the model, then answer."""
    start = Start.from_arguments()
    hooks = Hooks(_load_module(start.model_dir), start.model_dir)
    print(f"model loaded by {hooks.name}.model_fn", flush=True)
    serve(start.listening_fd, hooks.answer)


def _load_module(model_dir: Path) -> ModuleType:
    code_dir = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", str(model_dir / "code"))
    program = Path(os.environ.get("SAGEMAKER_PROGRAM", "inference.py"))
    if not (Path(code_dir) / program).is_file():
        sys.exit(f"the model archive has no code/{program}; the image finds its hooks there")
    sys.path.insert(0, code_dir)
    return importlib.import_module(program.stem)


class Hooks:
    """A loaded model with the functions around it."""

    def __init__(self, module: ModuleType, model_dir: Path) -> None:
        """Check that every hook is there, and load the model."""
        self.name = module.__name__
        self._module = module
        self._context = Context({"model_dir": str(model_dir), "gpu_id": None, "batch_size": 1})
        self._transforms = hasattr(module, "transform_fn")
        steps = ("transform_fn",) if self._transforms else ("input_fn", "predict_fn", "output_fn")
        missing = [step for step in ("model_fn", *steps) if not hasattr(module, step)]
        if missing:
            sys.exit(
                f"{self.name}.py defines no {', '.join(missing)}; "
                "the image's own defaults for them are not played here"
            )
        self._model = self._call("model_fn", str(model_dir))

    def answer(self, body: bytes, content_type: str, accept: str) -> Reply:
        """Answer one request; whatever the model's code raises becomes a reply too."""
        given = content_type or DEFAULT_TYPE
        wanted = DEFAULT_TYPE if accept in ("", "*/*") else accept
        try:
            payload = body.decode() if given.startswith(_TEXT_TYPES) else body
            return _reply(self._run(payload, given, wanted), wanted)
        except Exception as failure:  # noqa: BLE001 - see above
            status = getattr(failure, "status_code", None)
            if not isinstance(status, int):
                traceback.print_exc()
                status = HTTPStatus.INTERNAL_SERVER_ERROR
            # As the toolkit does: the message, then the trace.
            message = getattr(failure, "message", str(failure))
            return Reply(status, "text/plain", f"{message}\n{traceback.format_exc()}".encode())

    def _run(self, payload: str | bytes, content_type: str, accept: str) -> Any:
        if self._transforms:
            return self._call("transform_fn", self._model, payload, content_type, accept)
        data = self._call("input_fn", payload, content_type)
        return self._call("output_fn", self._call("predict_fn", data, self._model), accept)

    def _call(self, name: str, *arguments: Any) -> Any:
        hook: Callable[..., Any] = getattr(self._module, name)
        takes_context = len(inspect.signature(hook).parameters) == len(arguments) + 1
        return hook(*arguments, self._context) if takes_context else hook(*arguments)


def _reply(result: Any, accept: str) -> Reply:
    value, content_type = result if isinstance(result, tuple) else (result, accept)
    if isinstance(value, Iterator):
        return Reply(HTTPStatus.OK, content_type, map(_encoded, value))
    return Reply(HTTPStatus.OK, content_type, _encoded(value))


def _encoded(value: Any) -> bytes:
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    return (value if isinstance(value, str) else json.dumps(value)).encode()


if __name__ == "__main__":
    main()
