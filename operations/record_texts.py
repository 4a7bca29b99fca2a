"""What a record tells of its texts: in a few words, or only how long they were."""

import json
from collections.abc import Mapping
from typing import Any

from operations.asking import ACCEPTED

_LONGEST = 400


def asked(record: Mapping[str, Any]) -> str:
    """Return what was asked: the prompt, the last message, or the container's own request."""
    request = record.get("request") or {}
    if messages := request.get("messages"):
        return _text_of(messages[-1], "content")
    return _text_of(request, "prompt") or _text_of(request, "body")


def answered(record: Mapping[str, Any]) -> str:
    """Return what came of it: the text, the failure, or that it is not there yet."""
    if error := record.get("error"):
        message = _text_of(error, "message")
        return f"{error.get('type')}: {message}" if message else str(error.get("type"))
    reply = record.get("reply")
    if reply is None:
        return "(not there yet)" if record.get("status") == ACCEPTED else ""
    dimensions = reply.get("embedding_dimensions") or len(reply.get("embedding") or ())
    if dimensions:
        return f"(a vector of {dimensions} numbers)"
    return _text_of(reply, "text")


def in_one_line(text: str) -> str:
    """Return a text without line ends and what a terminal obeys, cut where no line is long enough for it."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:_LONGEST]).split())


def _text_of(entry: Mapping[str, Any], name: str) -> str:
    if name in entry:
        text = entry[name]
        return text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
    characters = entry.get(f"{name}_characters")
    return "" if characters is None else f"({_total(characters)} characters)"


def _total(lengths: Any) -> int:
    return sum(map(_total, lengths)) if isinstance(lengths, list) else int(lengths)
