"""Match the patterns of policies: two wildcards, and the variables that stand for what a request sets.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html, whose beginning was read in November
2026: what cannot be filled in may make the whole statement invalid. That nothing put in is a wildcard is assumed.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

Context = Mapping[str, str | Sequence[str]]
"""Condition keys of a request; a sequence for a key of many values."""

_VARIABLE = re.compile(r"\$\{(?P<name>[^}',]*)(?:,\s*'(?P<default>[^']*)')?\s*\}")
# Stand-ins from Unicode's private use area for what a variable put in and is no wildcard.
_LITERAL = {"*": "\ue000", "?": "\ue001"}
_WRITTEN_OUT = {"*": "*", "?": "?", "$": "$"}


class UnknownVariableError(Exception):
    """A pattern needs a value that the request does not set."""


def matches(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether `value` is as `pattern` says; `*` stands for any text and `?` for one character."""
    return _compiled(pattern, ignore_case=ignore_case).fullmatch(value) is not None


def filled_in(pattern: str, context: Context) -> str:
    """Put the request's values where `pattern` has variables; what is put in has no wildcards.

    Raises:
        UnknownVariableError: the request does not set one, or sets many values, and no default is written.
    """

    def value_of(found: re.Match[str]) -> str:
        name = found["name"].strip()
        value = _WRITTEN_OUT.get(name, context.get(name.lower(), found["default"]))
        if not isinstance(value, str):
            raise UnknownVariableError(name)
        return "".join(_LITERAL.get(character, character) for character in value)

    return _VARIABLE.sub(value_of, pattern) if "${" in pattern else pattern


def arn_matches(pattern: str, value: str) -> bool:
    """Compare the six parts of an ARN one by one: a wildcard does not reach over a colon."""
    patterns, parts = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(parts) and all(map(matches, patterns, parts))


def plain(pattern: str) -> str:
    """Return a pattern that is no pattern to its operator, with what variables put in as it was."""
    for character, stand_in in _LITERAL.items():
        pattern = pattern.replace(stand_in, character)
    return pattern


@lru_cache(maxsize=4096)
def _compiled(pattern: str, *, ignore_case: bool) -> re.Pattern[str]:
    wildcards = {"*": ".*", "?": "."}
    translated = "".join(
        wildcards.get(character) or re.escape(plain(character)) for character in pattern
    )
    return re.compile(translated, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
