"""What went wrong in the last hour, by kind, from the function's log."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from operations.deployment import Deployment
from operations.log_lines import LogLine
from operations.stack_logs import Selection, read_logs
from operations.status.traffic import WINDOW

_MILLISECONDS = 1000


@dataclass(frozen=True)
class Failure:
    """One kind of failure. It holds no message: one may quote what a caller sent."""

    kind: str
    """The error's type as callers get it, such as `model_failed`, or the log's own words."""
    count: int
    last: datetime
    request_id: str | None
    """Of the last one, for `genai logs --request`."""
    fix: str
    """Empty where nothing is known."""


def look_at_failures(deployment: Deployment) -> list[Failure]:
    """Return the kinds of failures of the last hour, the most frequent first."""
    since_ms = int((time.time() - WINDOW.total_seconds()) * _MILLISECONDS)
    by_kind: dict[str, list[LogLine]] = {}
    for line in read_logs(deployment, Selection(source="function", only_trouble=True), since_ms):
        by_kind.setdefault(line.fields.get("error_type") or line.message, []).append(line)
    found = [_failure(kind, lines) for kind, lines in by_kind.items()]
    return sorted(found, key=lambda failure: -failure.count)


def _failure(kind: str, lines: Sequence[LogLine]) -> Failure:
    last = lines[-1]
    known = last.explanations
    return Failure(
        kind=kind,
        count=len(lines),
        last=datetime.fromtimestamp(last.event.at_ms / _MILLISECONDS, UTC),
        request_id=last.request_ids[-1] if last.request_ids else None,
        fix=known[0].fix if known else "",
    )
