"""A model that does what its prompt begins with, and notes each prompt. It speaks as the storyteller does.

It lies in the model archive as `code/inference.py`, beside a file that says where to note what.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECES = ("Once ", "there ", "was ", "a ", "fox.")


class RefusedError(Exception):
    """Becomes a status of the container's own."""

    status_code = 400


def model_fn(model_dir: str) -> Path:
    """Return the folder for notes."""
    return Path((Path(model_dir) / "code" / "folder").read_text())


def transform_fn(
    folder: Path, body: str, _content_type: str, _accept: str
) -> str | Iterator[bytes]:
    """Answer one request, or fail as its prompt says."""
    request = json.loads(body)
    prompt: str = request["inputs"]
    with (folder / "asked").open("a") as asked:
        asked.write(json.dumps(prompt) + "\n")
    verb, _, rest = prompt.partition(" ")
    if verb == "refuse":
        raise RefusedError(f"no stories about {rest}")
    if verb == "fail":
        raise RuntimeError(f"no memory left for {rest}")
    gate = folder / rest if verb == "gate" else None
    if request.get("stream"):
        return _lines(prompt, gate)
    _wait(gate)
    return json.dumps([_whole(prompt)])


def _whole(prompt: str) -> dict[str, Any]:
    verb, _, rest = prompt.partition(" ")
    return {
        "generated_text": rest if verb == "say" else "".join(PIECES),
        "finish_reason": "length",
        "usage": {"prompt_tokens": len(prompt), "completion_tokens": len(PIECES)},
    }


def _lines(prompt: str, gate: Path | None) -> Iterator[bytes]:
    for number, piece in enumerate(PIECES, start=1):
        if number == len(PIECES):
            _wait(gate)
        summary = _whole(prompt) if number == len(PIECES) else {"generated_text": None}
        yield json.dumps({"token": {"text": piece}, **summary}).encode() + b"\n"
        if prompt.startswith("break"):
            raise RuntimeError("the connection is gone")


def _wait(gate: Path | None) -> None:
    """Wait for the file that opens the gate, if there is one."""
    while gate is not None and not gate.exists():
        time.sleep(0.01)
