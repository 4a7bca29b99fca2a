"""A stack for the local account: the settings of another stack, aimed at it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.provider_config import as_yaml, provider_config
from settings.secure_value import SecureValue
from settings.stack_file import read_stack_file, stack_file_name

MARK = "# Written by `genai account --write-stack`, which writes it anew:"
_SALT = "encryptionsalt"
# What a stack keeps at the top of its file for its own secrets, and where it gets more settings from.
_OF_THE_STACK_ALONE = (
    "environment",
    "mainEnvironment",
    "secretsprovider",
    "encryptedkey",
    _SALT,
)
# Of the other stack's own settings of the provider; the rest say who it is on AWS, and where that is.
_KEPT_OF_PROVIDER = ("aws:region", "aws:defaultTags", "aws:ignoreTags")


class LocalStackError(Exception):
    """The file cannot be written."""


@dataclass(frozen=True)
class LocalStack:
    """What was written."""

    file: Path
    left_out: list[str]
    """Keys of the other stack that mean nothing here."""


def write_local_stack(project_dir: Path, stack: str, source: str, url: str) -> LocalStack:
    """Write the file of `stack` with the settings of the stack `source`, and its comments.

    Raises:
        LocalStackError: there is a file of this name that was not written here, or the other stack's settings
            are encrypted or laid out in a way that cannot be copied.
        SettingsError: the other stack's file cannot be read.
    """
    file = project_dir / stack_file_name(stack)
    before = file.read_text("utf-8") if file.exists() else None
    if before is not None and not before.startswith(MARK):
        raise LocalStackError(f"{file.name} is there and was not written by genai; name another")
    config = read_stack_file(project_dir, source)
    _refuse_secrets_within(config, stack_file_name(source))
    text = (project_dir / stack_file_name(source)).read_text("utf-8")
    added = provider_config(url, config["aws:region"])
    del added["aws:region"]
    left_out = _left_out(config, text)
    composed = [
        f"{MARK} {stack_file_name(source)}, aimed at a local account.",
        *_with(added, _without(left_out, text.splitlines()), stack_file_name(source)),
        *_block(_SALT, (before or "").splitlines()),
    ]
    file.write_text("\n".join(composed) + "\n", "utf-8")
    return LocalStack(file, left_out)


def _refuse_secrets_within(config: dict[str, Any], file: str) -> None:
    """A setting that is a secret as a whole is left out; of a group no part can be."""
    for key, value in config.items():
        if not isinstance(value, SecureValue) and _has_secret(value):
            raise LocalStackError(
                f"{file}: {key} has an encrypted part, which only its own stack can read"
            )


def _has_secret(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_secret, value.values()))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] - what YAML holds
    if isinstance(value, list):
        return any(map(_has_secret, value))  # pyright: ignore[reportUnknownArgumentType] - what YAML holds
    return isinstance(value, SecureValue)


def _left_out(config: dict[str, Any], text: str) -> list[str]:
    secrets = [key for key, value in config.items() if isinstance(value, SecureValue)]
    elsewhere = [key for key in config if key.startswith("aws:") and key not in _KEPT_OF_PROVIDER]
    of_the_stack = [
        key for key in _OF_THE_STACK_ALONE if re.search(rf"^{key}:", text, re.MULTILINE)
    ]
    return list(dict.fromkeys([*of_the_stack, *secrets, *elsewhere]))


def _without(keys: Iterable[str], lines: list[str]) -> list[str]:
    for key in keys:
        gone = _block(key, lines)
        start = lines.index(gone[0]) if gone else 0
        lines = lines[:start] + lines[start + len(gone) :]
    return lines


def _block(key: str, lines: list[str]) -> list[str]:
    """The line that begins with `key`, and the lines below it that belong to it."""
    for number, line in enumerate(lines):
        if re.match(rf"\s*['\"]?{re.escape(key)}['\"]?:", line):
            depth = _depth(line)
            rest = lines[number + 1 :]
            length = next((n for n, other in enumerate(rest) if _ends(other, depth)), len(rest))
            return [line, *rest[:length]]
    return []


def _ends(line: str, depth: int) -> bool:
    return _depth(line) <= depth and not line.lstrip().startswith("- ")


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _with(added: dict[str, Any], lines: list[str], file: str) -> list[str]:
    """Put settings first below `config:`."""
    place = next((n for n, line in enumerate(lines) if re.match(r"config:\s*(#.*)?$", line)), None)
    if place is None:
        raise LocalStackError(f"{file}: write config: on a line of its own, with the keys below it")
    below = (
        line for line in lines[place + 1 :] if line.strip() and not line.lstrip().startswith("#")
    )
    indent = " " * _depth(next(below))
    told = [f"{indent}{line}" for line in as_yaml(added).splitlines()]
    return [*lines[: place + 1], *told, "", *lines[place + 1 :]]
