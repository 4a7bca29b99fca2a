"""The form in which Pulumi hands configuration to a program: every value a string."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from settings.secure_value import SecureValue

_UNDECRYPTED = "not-decrypted"


def decode_pulumi_config(
    values: Mapping[str, str], secret_keys: Collection[str] = ()
) -> dict[str, Any]:
    """Undo Pulumi's encoding: groups and lists arrive as JSON text, everything else as plain text.

    What starts like JSON but is none stays a text, for `parse_settings` to complain about. What stands under one
    of `secret_keys` was encrypted in the stack file, as a whole or in part, and becomes a `SecureValue`: of a group
    Pulumi does not say which part, so that no part of it may go on as if it were no secret.
    """
    return {
        key: SecureValue(value) if key in secret_keys else _decode(value)
        for key, value in values.items()
    }


def encode_pulumi_config(config: Mapping[str, Any]) -> dict[str, str]:
    """The strings that Pulumi would hand to a program for a configuration from a stack file."""
    return {key: _encode(value) for key, value in config.items()}


def secret_keys_of(config: Mapping[str, Any]) -> list[str]:
    """The keys whose values Pulumi would say are secret."""
    return [key for key, value in config.items() if isinstance(value, SecureValue)]


def _decode(text: str) -> Any:
    if not text.startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _encode(value: Any) -> str:
    if isinstance(value, SecureValue):
        return value.text or _UNDECRYPTED
    return value if isinstance(value, str) else json.dumps(value)
