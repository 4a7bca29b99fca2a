"""The template of a container that no contract fits: what its request and its paths may hold."""

import math
import re
from collections.abc import Iterator
from typing import Any, cast

from catalog.nearest import nearest
from settings.field_checks import check_unicode
from settings.wording import describe, quote, refuse

PLACEHOLDERS = (
    "prompt",
    "messages",
    "max_new_tokens",
    "temperature",
    "seed",
    "top_p",
    "top_k",
    "repetition_penalty",
    "stop",
    "stream",
)
"""What can stand between << and >> in a request; `handlers/contracts/template.py` fills it in."""

_QUESTIONS = frozenset({"prompt", "messages"})
# These are lists, which a longer text cannot hold.
_WHOLE = frozenset({"messages", "stop"})
_PLACEHOLDER = re.compile("<<([^<>]*)>>")
_DEEPEST = 20
_NAME = r"[A-Za-z_][\w-]*"
_INDEX = r"\[[0-9]{1,4}\]"
_PATH = re.compile(rf"({_INDEX}|{_NAME})({_INDEX}|\.{_NAME})*", re.ASCII)
_EXAMPLE = 'write such as request: {prompt: "<<prompt>>", max_tokens: "<<max_new_tokens>>"}'


def check_request(request: dict[str, Any]) -> dict[str, Any]:
    """Refuse a request that is no JSON, or asks nothing, or has a placeholder that nothing fills."""
    texts = list(_texts(request, 1))
    for text in texts:
        _check_text(text)
    if not any(_QUESTIONS & set(_PLACEHOLDER.findall(text)) for text in texts):
        raise refuse(
            "holds neither <<prompt>> nor <<messages>>, so every request would be the same",
            _EXAMPLE,
        )
    return request


def check_path(path: str) -> str:
    """Refuse what is not a path into a reply."""
    if not _PATH.fullmatch(path):
        raise refuse(
            f"{quote(path)} is not a path into a reply: names with dots between them, and [0] for the first of a list",
            "write such as choices[0].text",
        )
    return path


def placeholders_in(request: object) -> frozenset[str]:
    """The names of the placeholders in a request that is right."""
    return frozenset(name for text in _texts(request, 1) for name in _PLACEHOLDER.findall(text))


def _texts(value: object, depth: int) -> Iterator[str]:
    """Every text in a value of JSON."""
    if depth > _DEEPEST:
        raise refuse(f"is nested more than {_DEEPEST} deep", "write the request flatter")
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in cast("dict[object, object]", value).items():
            _check_key(key)
            yield from _texts(inner, depth + 1)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _texts(inner, depth + 1)
    elif not _is_scalar(value):
        raise refuse(
            f"holds {describe(value)}, which JSON does not have",
            "write texts, numbers, true, false, groups and lists of them",
        )


def _check_text(text: str) -> None:
    check_unicode(text)
    for name in _PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            known, guess = ", ".join(map(_placed, PLACEHOLDERS)), nearest(name, PLACEHOLDERS)
            raise refuse(
                f"{quote(_placed(name))} is not a placeholder",
                f"did you mean {_placed(guess)}?" if guess else f"write one of {known}",
            )
        if name in _WHOLE and text != _placed(name):
            raise refuse(
                f"{quote(text)} has {_placed(name)} within a text, and it stands for a list",
                f'write it alone: "{_placed(name)}"',
            )


def _placed(name: str) -> str:
    return f"<<{name}>>"


def _check_key(key: object) -> None:
    if not isinstance(key, str):
        raise refuse(
            f"has {describe(key)} as a name, and JSON's names are texts", "put it in quotes"
        )
    check_unicode(key)
    if _PLACEHOLDER.search(key):
        raise refuse(
            f"has a placeholder in the name {quote(key)}, where nothing fills it in",
            "write placeholders as values",
        )


def _is_scalar(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool | int)
