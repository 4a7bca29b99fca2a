"""The form in which Pulumi hands configuration to a program: every value a string."""

import json
from collections.abc import Mapping
from typing import Any


def decode_pulumi_config(values: Mapping[str, str]) -> dict[str, Any]:
    """Undo Pulumi's encoding: groups and lists arrive as JSON text, everything else as plain text.

    What starts like JSON but is none stays a text, for `parse_settings` to complain about.
    """
    return {key: _decode(value) for key, value in values.items()}


def encode_pulumi_config(config: Mapping[str, Any]) -> dict[str, str]:
    """The strings that Pulumi would hand to a program for a configuration from a stack file."""
    return {key: _encode(value) for key, value in config.items()}


def _decode(text: str) -> Any:
    if not text.startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _encode(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
