"""The words of every stand-in: they come from the project's storyteller."""

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

STORYTELLER = Path(__file__).resolve().parents[2] / "models" / "storyteller"
PARAMETERS = ("max_new_tokens", "temperature", "top_p", "seed", "stop", "return_full_text")


def storyteller_hooks() -> ModuleType:
    """Import the storyteller's own `inference.py`."""
    sys.path.insert(0, str(STORYTELLER / "code"))
    return importlib.import_module("inference")


class RefusedError(Exception):
    """The storyteller takes no such prompt or parameter; the message says why."""


class Words:
    """A loaded storyteller."""

    def __init__(self) -> None:
        self._hooks = storyteller_hooks()
        self._model = self._hooks.model_fn(str(STORYTELLER))

    def complete(self, prompt: object, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return `generated_text`, `finish_reason` and `usage`; parameters that are None do not count.

        Raises:
            RefusedError: the storyteller takes no such prompt or parameter.
        """
        given = {name: value for name, value in parameters.items() if value is not None}
        payload = {"inputs": prompt, "parameters": given}
        try:
            data = self._hooks.input_fn(json.dumps(payload), "application/json")
        except Exception as refused:
            # The toolkit's own error where there is the toolkit, and one that looks the same where not.
            if hasattr(refused, "status_code"):
                raise RefusedError(getattr(refused, "message", str(refused))) from refused
            raise
        prediction = self._hooks.predict_fn(data, self._model)
        (completion,) = json.loads(self._hooks.output_fn(prediction, "application/json"))
        return completion
