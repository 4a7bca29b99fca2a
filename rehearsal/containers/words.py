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


class Words:
    """A loaded storyteller."""

    def __init__(self) -> None:
        self._hooks = storyteller_hooks()
        self._model = self._hooks.model_fn(str(STORYTELLER))

    def complete(self, prompt: object, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return `generated_text`, `finish_reason` and `usage`; parameters that are None do not count.

        Raises:
            Exception: the storyteller refuses the prompt or a parameter; the message says why.
        """
        given = {name: value for name, value in parameters.items() if value is not None}
        payload = {"inputs": prompt, "parameters": given}
        data = self._hooks.input_fn(json.dumps(payload), "application/json")
        prediction = self._hooks.predict_fn(data, self._model)
        (completion,) = json.loads(self._hooks.output_fn(prediction, "application/json"))
        return completion
