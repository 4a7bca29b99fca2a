"""One line of a result: the record of what came of one line of the input."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from handlers.errors import HandlerError
from handlers.storage.records import error_entry

_PENDING = b'{"pending": true, '
_START = re.compile(rb'\{(?:"pending": true, )?"line": (\d+), "status": (\d+)')
_FIRST_FAILED_STATUS = 400


@dataclass(frozen=True)
class Entry:
    """What came of a line of the input."""

    line: int
    is_failed: bool
    is_pending: bool
    """The failure is one that may pass: the line is to be asked again."""
    text: bytes
    """As it is stored, with the line's end. Never a pending one in a result."""

    def as_final(self) -> "Entry":
        """The same when the line will not be asked again."""
        if not self.is_pending:
            return self
        return replace(self, is_pending=False, text=b"{" + self.text.removeprefix(_PENDING))


def entry_of(line: int, record: Mapping[str, object], *, is_pending: bool = False) -> Entry:
    """The entry for a line's record."""
    # In this order, so that an entry can be told without reading it as JSON.
    value = {"line": line, "status": record["status"], **record}
    if is_pending:
        value = {"pending": True, **value}
    # Half a surrogate pair becomes its JSON escape.
    text = json.dumps(value, ensure_ascii=False).encode(errors="backslashreplace") + b"\n"
    return read_entry(text)


def read_entry(text: bytes) -> Entry:
    """A stored entry. Raises ValueError when the text is none."""
    start = _START.match(text)
    if start is None:
        raise ValueError("not an entry of a batch")
    return Entry(
        line=int(start[1]),
        is_failed=int(start[2]) >= _FIRST_FAILED_STATUS or text.startswith(_PENDING),
        is_pending=text.startswith(_PENDING),
        text=text,
    )


def error_record(request_id: str, error: HandlerError) -> Mapping[str, object]:
    """The record of a line that never became a request to the model."""
    return {
        "request_id": request_id,
        "created_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "status": error.status,
        "request": None,
        "reply": None,
        "error": error_entry(error),
        "model": None,
        "latency_ms": {"model": 0, "total": 0},
        "attempts": error.attempts,
        "mode": "batch",
    }
