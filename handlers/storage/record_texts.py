"""Every place of a record where a text stands that somebody wrote: the caller, the model, or a container."""

import json
from collections.abc import Callable, Container, Mapping
from typing import TypeVar, cast

from handlers.json_values import is_list, is_object
from handlers.storage.records import Record

T = TypeVar("T")

_Keep = Callable[[str, object], Mapping[str, object]]
"""What stands in an entry for a field's name and the text, or texts, in it."""

# What our own code puts into an error besides texts of others.
_PLAIN_IN_ERRORS = {"type", "log_stream_arn", "exception_type"}


def texts_of(record: Record) -> list[str]:
    """Every text of a record, in an order that `with_texts` shares."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    with_texts(record, note)
    return found


def with_texts(record: Record, replaced: Callable[[str], str]) -> Record:
    """The record with every text replaced."""

    def keep(name: str, value: object) -> Mapping[str, object]:
        return {name: _each_text(value, replaced)}

    return _with_each(record, keep)


def lengths_only(record: Record) -> Record:
    """The record with the length of every text, in characters, in its place."""

    def keep(name: str, value: object) -> Mapping[str, object]:
        if name == "embedding":  # a text can be guessed from it
            return {"embedding_dimensions": len(cast("list[float]", value))}
        return {f"{name}_characters": _length(value)}

    return _with_each(record, keep)


def _with_each(record: Record, keep: _Keep) -> Record:
    def kept(entry: T, texts: Container[str]) -> T:
        if entry is None:
            return entry
        changed: dict[str, object] = {}
        for name, value in cast("Mapping[str, object]", entry).items():
            changed |= keep(name, value) if name in texts else {name: value}
        return cast("T", changed)

    request = kept(record["request"], {"prompt", "body"})
    request["parameters"] = kept(request["parameters"], {"stop"})
    if "messages" in request:
        request["messages"] = [kept(message, {"content"}) for message in request["messages"]]
    error = record["error"]
    said = {name for name, value in (error or {}).items() if isinstance(value, str)}
    return {
        **record,
        "request": request,
        "reply": kept(record["reply"], {"text", "embedding"}),
        "error": kept(error, said - _PLAIN_IN_ERRORS),
    }


def _each_text(value: object, replaced: Callable[[str], str]) -> object:
    """A JSON value with every string in it replaced, names included."""
    if isinstance(value, str):
        return replaced(value)
    if is_list(value):
        return [_each_text(item, replaced) for item in value]
    if is_object(value):
        return {replaced(name): _each_text(item, replaced) for name, item in value.items()}
    return value


def _length(value: object) -> object:
    """Of a text, of each item of a list, or of the JSON of anything else."""
    if isinstance(value, str):
        return len(value)
    if is_list(value):
        return [_length(item) for item in value]
    return len(json.dumps(value, ensure_ascii=False))
