"""What SageMaker's two inference toolkits share: they call the hooks of a model folder's own code.

`model_fn(model_dir)` once, then `input_fn(body, content_type)`, `predict_fn(data, model)` and
`output_fn(prediction, accept)`, or one `transform_fn(model, body, content_type, accept)` in the place of all three. A
hook with one parameter more also gets the context. What a hook returns is the body, or the body with its type. Facts:
https://github.com/aws/sagemaker-inference-toolkit/blob/master/src/sagemaker_inference/transformer.py (2026-11-25).
"""

import importlib
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

from rehearsal.containers.contract_server import Reply, Request

DEFAULT_TYPE = "application/json"
UTF8_TYPES = {"application/json", "text/csv"}
"""A body of one of these types reaches a hook as a text, any other as bytes."""
_STEPS = ("input_fn", "predict_fn", "output_fn")
Hook = Callable[..., Any]


@dataclass(frozen=True)
class Context:
    """What a hook that asks for it gets; of the model server's own context, this part."""

    system_properties: dict[str, Any]
    request_headers: Mapping[str, str] = field(default_factory=dict[str, str])
    response_headers: dict[str, str] = field(default_factory=dict[str, str])

    def get_request_header(self, index: int, name: str) -> str | None:  # noqa: ARG002 - of a batch, which has one here
        """Return a header of the request."""
        return self.request_headers.get(name)

    def set_response_header(self, index: int, name: str, value: str) -> None:  # noqa: ARG002 - as above
        """Give the reply a header."""
        self.response_headers[name] = value


@dataclass(frozen=True)
class Toolkit:
    """How one family of images does what a model folder leaves open."""

    defaults: Mapping[str, Hook]
    """Hooks that the folder need not define."""
    refuse: Callable[[Exception], Reply]
    """Answers with what a hook has raised."""


def load_module(model_dir: Path) -> ModuleType:
    """Import the folder's own code, or exit with a line for the log."""
    code_dir = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", str(model_dir / "code"))
    program = Path(os.environ.get("SAGEMAKER_PROGRAM", "inference.py"))
    if not (Path(code_dir) / program).is_file():
        sys.exit(f"the model archive has no code/{program}; the image finds its hooks there")
    sys.path.insert(0, code_dir)
    return importlib.import_module(program.stem)


class Hooks:
    """A loaded model with the functions around it."""

    def __init__(self, module: ModuleType, model_dir: Path, toolkit: Toolkit) -> None:
        """Check that every hook is there, and load the model."""
        self.name = module.__name__
        self._toolkit = toolkit
        self._properties = {"model_dir": str(model_dir), "gpu_id": None, "batch_size": 1}
        self._hooks = _hooks(module, toolkit)
        self._model = _call(self._hooks["model_fn"], Context(self._properties), str(model_dir))

    def answer(self, request: Request) -> Reply:
        """Answer one request; whatever the model's code raises becomes a reply too."""
        content_type = request.content_type or DEFAULT_TYPE
        accept = DEFAULT_TYPE if request.accept in {"", "*/*"} else request.accept
        context = Context(self._properties, request.headers)
        try:
            body = request.body.decode() if content_type in UTF8_TYPES else request.body
            result = self._run(context, body, content_type, accept)
            value, kind = result if isinstance(result, tuple) else (result, accept)
            encoded = map(_encoded, value) if isinstance(value, Iterator) else _encoded(value)
        except Exception as failure:  # noqa: BLE001 - see above
            return self._toolkit.refuse(failure)
        return Reply(HTTPStatus.OK, kind, encoded, context.response_headers)

    def _run(self, context: Context, body: str | bytes, content_type: str, accept: str) -> Any:
        if "transform_fn" in self._hooks:
            transform = self._hooks["transform_fn"]
            return _call(transform, context, self._model, body, content_type, accept)
        data = _call(self._hooks["input_fn"], context, body, content_type)
        prediction = _call(self._hooks["predict_fn"], context, data, self._model)
        return _call(self._hooks["output_fn"], context, prediction, accept)


def _hooks(module: ModuleType, toolkit: Toolkit) -> dict[str, Hook]:
    known = ("model_fn", "transform_fn", *_STEPS)
    own = {name: getattr(module, name) for name in known if hasattr(module, name)}
    if "transform_fn" in own:
        steps: tuple[str, ...] = ("transform_fn",)
        excluded = [step for step in _STEPS if step in own]
        if excluded:
            sys.exit(
                f"{module.__name__}.py defines transform_fn, which takes the place of "
                f"{', '.join(excluded)}: the toolkit refuses to load both"
            )
    else:
        steps = _STEPS
    found = {**toolkit.defaults, **own}
    missing = [name for name in ("model_fn", *steps) if name not in found]
    if missing:
        sys.exit(
            f"{module.__name__}.py defines no {', '.join(missing)}; the image's own default needs the "
            "framework, which is not here"
        )
    return {name: found[name] for name in ("model_fn", *steps)}


def _call(hook: Hook, context: Context, *arguments: Any) -> Any:
    takes_context = len(inspect.signature(hook).parameters) == len(arguments) + 1
    return hook(*arguments, context) if takes_context else hook(*arguments)


def _encoded(value: Any) -> bytes:
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    return (value if isinstance(value, str) else json.dumps(value)).encode()
