"""Plays the PyTorch and Hugging Face inference images: runs the model archive's own `code/inference.py`.

The hooks are called as SageMaker's inference toolkit calls them: `model_fn(model_dir)` once, then
`input_fn(body, content_type)`, `predict_fn(data, model)` and `output_fn(prediction, accept)`, or one
`transform_fn(model, body, content_type, accept)`; a hook with one parameter more also gets the context.
An exception with a `status_code` answers with it, any other with 500. An iterator is sent as it yields.
"""

import importlib
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

from rehearsal.containers.contract_server import Reply, serve

DEFAULT_ACCEPT = "application/json"
_TEXT_TYPES = ("application/json", "text/")


def main() -> None:
    """Load the model, then answer."""
    listening_fd, model_dir = int(sys.argv[1]), Path(sys.argv[2])
    hooks = _load_hooks(model_dir)
    model = _call(_hook(hooks, "model_fn"), str(model_dir))
    print(f"model loaded by {hooks.__name__}.model_fn", flush=True)
    serve(listening_fd, lambda *request: _answer(hooks, model, *request))


def _load_hooks(model_dir: Path) -> ModuleType:
    code_dir = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", str(model_dir / "code"))
    program = Path(os.environ.get("SAGEMAKER_PROGRAM", "inference.py"))
    if not (Path(code_dir) / program).is_file():
        sys.exit(f"the model archive has no code/{program}; the image finds its hooks there")
    sys.path.insert(0, code_dir)
    return importlib.import_module(program.stem)


def _hook(hooks: ModuleType, name: str) -> Callable[..., Any]:
    found = getattr(hooks, name, None)
    if found is None:
        sys.exit(f"{hooks.__name__}.py defines no {name}")
    return found


def _answer(hooks: ModuleType, model: Any, body: bytes, content_type: str, accept: str) -> Reply:
    wanted = DEFAULT_ACCEPT if accept in ("", "*/*") else accept
    payload = body.decode() if content_type.startswith(_TEXT_TYPES) else body
    try:
        if hasattr(hooks, "transform_fn"):
            result = _call(hooks.transform_fn, model, payload, content_type, wanted)
        else:
            data = _call(_hook(hooks, "input_fn"), payload, content_type)
            prediction = _call(_hook(hooks, "predict_fn"), data, model)
            result = _call(_hook(hooks, "output_fn"), prediction, wanted)
    except Exception as failure:  # noqa: BLE001 - whatever the model's code raises becomes a reply
        status = getattr(failure, "status_code", HTTPStatus.INTERNAL_SERVER_ERROR)
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            traceback.print_exc()
        return Reply(status, "text/plain", str(failure).encode())
    return _reply(result, wanted)


def _reply(result: Any, accept: str) -> Reply:
    value, content_type = result if isinstance(result, tuple) else (result, accept)
    if isinstance(value, Iterator):
        chunks = (part.encode() if isinstance(part, str) else part for part in value)
        return Reply(HTTPStatus.OK, content_type, chunks)
    return Reply(HTTPStatus.OK, content_type, value.encode() if isinstance(value, str) else value)


def _call(hook: Callable[..., Any], *arguments: Any) -> Any:
    takes_context = len(inspect.signature(hook).parameters) == len(arguments) + 1
    return hook(*arguments, None) if takes_context else hook(*arguments)


if __name__ == "__main__":
    main()
