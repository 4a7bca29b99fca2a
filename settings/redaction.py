"""What is taken out of the texts that are kept: patterns of one's own, and those that have a name here."""

import re
import warnings
from collections.abc import Mapping
from typing import Any, TypedDict, cast

from settings.field_checks import check_unicode
from settings.wording import describe, one_of, quote, refuse, suggestion


class RedactionRule(TypedDict):
    """One thing to take out of the texts that are kept."""

    pattern: str
    """Regular expression, in the syntax of Python's `re`."""

    replacement: str
    """What stands in its place."""


DEFAULT_REPLACEMENT = "[redacted]"

# Each begins where a word does and has an end to every repetition, so that no text, however long, keeps the function
# busy. They find what is written as most people write it; no pattern finds all.
NAMED_PATTERNS: Mapping[str, str] = {
    "email": r"(?<![\w.%+-])[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}",
    "ip-address": (
        r"(?<![0-9A-Za-z:.])(?:"
        r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?!\.?[0-9])"
        r"|(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}"
        r"|(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6}"
        r"|(?:[0-9A-Fa-f]{1,4}:){1,7}:|:(?::[0-9A-Fa-f]{1,4}){1,7})(?![0-9A-Za-z:]))"
    ),
    "phone": (
        r"(?<![\w+])(?:\+[0-9](?:[ ()./-]{0,2}[0-9]){6,14}"
        r"|(?:\([0-9]{3}\) ?|[0-9]{3}[ .-])[0-9]{3}[ .-][0-9]{4})(?![0-9])"
    ),
    "card-number": r"(?<![0-9])[2-6](?:[ -]?[0-9]){12,18}(?![0-9])",
}
"""By name, what a stack need not spell out."""

_KEYS = ("pattern", "replacement")
_EXAMPLE = 'write such as {pattern: "PRJ-[0-9]{4}", replacement: "[project]"}'
# Two texts in which a pattern that can match nothing does so.
_SAMPLES = ("", "a 1")

REDACTION_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "enum": list(NAMED_PATTERNS)},
        {
            "type": "object",
            "properties": {
                "pattern": {"type": "string", "description": "regular expression"},
                "replacement": {
                    "type": "string",
                    "default": DEFAULT_REPLACEMENT,
                    "description": "what stands in its place",
                },
            },
            "required": ["pattern"],
            "additionalProperties": False,
        },
    ]
}
"""What one entry may be, for editors."""


def check_redaction(entry: object) -> str | RedactionRule:
    """Refuse what is neither the name of a pattern nor a pattern; fill in the replacement."""
    if isinstance(entry, str):
        return _check_name(entry)
    if not isinstance(entry, dict):
        raise refuse(
            f"expected the name of a pattern or a pattern, found {describe(entry)}", _EXAMPLE
        )
    said = cast("dict[object, object]", entry)
    for key in said:
        if key not in _KEYS:
            fix = suggestion(str(key), _KEYS, otherwise="remove it")
            raise refuse(f"{quote(str(key))} is not part of a redaction ({', '.join(_KEYS)})", fix)
    pattern, replacement = said.get("pattern"), said.get("replacement", DEFAULT_REPLACEMENT)
    if not isinstance(pattern, str) or not isinstance(replacement, str):
        raise refuse(
            "a redaction needs a pattern, and both pattern and replacement are texts", _EXAMPLE
        )
    _check_pattern(check_unicode(pattern))
    _ = check_unicode(replacement)
    return {"pattern": pattern, "replacement": replacement}


def redaction_rule(entry: str | RedactionRule) -> RedactionRule:
    """The rule that a checked entry stands for."""
    if isinstance(entry, str):
        return {"pattern": NAMED_PATTERNS[entry], "replacement": f"[{entry}]"}
    return entry


def _check_name(name: str) -> str:
    if name not in NAMED_PATTERNS:
        fix = suggestion(name, NAMED_PATTERNS, otherwise=_EXAMPLE)
        raise refuse(
            f"expected {one_of(NAMED_PATTERNS)}, or a pattern, found {describe(name)}", fix
        )
    return name


def _check_pattern(text: str) -> None:
    try:
        with warnings.catch_warnings():
            # What Python means to read differently one day is refused too: the function's may be newer than this one.
            warnings.simplefilter("error")
            pattern = re.compile(text)
    except (re.error, Warning, OverflowError, RecursionError) as error:
        raise refuse(
            f"the pattern {quote(text)} is not a regular expression: {error}",
            "correct it; in YAML a pattern is best put into single quotes",
        ) from None
    if any(match[0] == "" for sample in _SAMPLES for match in pattern.finditer(sample)):
        raise refuse(
            f"the pattern {quote(text)} matches the empty text, so the replacement would stand between all characters",
            "let it ask for at least one character, such as + in place of *",
        )
