"""Lines of a function's or a container's log: what level, message and request they have."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal, cast

from operations.explanations import Explanation, explain

Source = Literal["function", "container"]
Kind = Literal["application", "metrics", "platform"]
"""What somebody wrote, CloudWatch's embedded metrics, or Lambda's own report of a run."""

_METRICS_KEY = "_aws"
_PLATFORM = "platform."
# Lambda's own lines as text: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
_PLATFORM_TEXT = re.compile(
    r"(START|END|REPORT) RequestId: (?P<request_id>\S+)|INIT_(START|REPORT) "
)
# [INFO]\t2026-11-25T10:43:22.447Z\t<request id>\tmessage: the runtime's text format.
_RUNTIME_TEXT = re.compile(
    r"\[(?P<level>[A-Z]+)\]\t\S+\t(?P<request_id>\S+)\t(?P<message>.*)", re.DOTALL
)
# Engines begin a line with the level, or have it soon after a time: vLLM, DJL and TorchServe all do.
_LEVEL = re.compile(r"\b(?P<level>CRITICAL|FATAL|ERROR|WARN(?:ING)?|INFO|DEBUG|TRACE)\b")
_LEVEL_WITHIN_CHARACTERS = 100
_FAILED_WITHOUT_LEVEL = re.compile(
    r"Traceback \(most recent call last\)|^\s*(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception)\b:|Task timed out"
)
_TROUBLE = ("CRITICAL", "FATAL", "ERROR", "WARN", "WARNING")
_CALM = ("INFO", "DEBUG", "TRACE")
# Shown apart, or of no use to a reader.
_OWN_KEYS = frozenset({"timestamp", "time", "level", "message", "logger", "requestId"})


@dataclass(frozen=True)
class LogEvent:
    """What CloudWatch Logs keeps of a line."""

    id: str
    """Unique in its group."""
    at_ms: int
    """When it was written, in milliseconds since 1970."""
    source: Source
    group: str
    stream: str
    text: str


@dataclass(frozen=True)
class LogLine:
    """A line that was read."""

    event: LogEvent
    kind: Kind
    level: str | None
    """As it was written, in capitals; None where the line has none."""
    message: str
    request_ids: tuple[str, ...] = ()
    """Lambda's id of the run, and the function's own of the request, where they differ."""
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What else a line of JSON says."""

    @property
    def is_trouble(self) -> bool:
        """Whether something went wrong: a warning or worse, a traceback, a failed request or run."""
        if self.level in _TROUBLE:
            return True
        status = self.fields.get("status")
        if isinstance(status, int):
            return status >= HTTPStatus.BAD_REQUEST
        if self.kind == "platform":
            return status not in {None, "success"}
        return self.level is None and _FAILED_WITHOUT_LEVEL.search(self.message) is not None

    @property
    def explanations(self) -> list[Explanation]:
        """What is known of it. Engines write their whole configuration at a calm level, which explains nothing."""
        if self.kind == "metrics" or (self.level in _CALM and not self.is_trouble):
            return []
        return explain(self.event.text)

    def is_about(self, request_id: str) -> bool:
        """Whether it belongs to a request, named by the whole id or its beginning."""
        return any(each.startswith(request_id) for each in self.request_ids)

    def as_data(self) -> dict[str, Any]:
        """Return it for JSON."""
        at = datetime.fromtimestamp(self.event.at_ms / 1000, UTC)
        data = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "source": self.event.source,
            "kind": self.kind,
            "level": self.level,
            "message": self.message,
            "request_ids": list(self.request_ids),
            "fields": dict(self.fields),
            "group": self.event.group,
            "stream": self.event.stream,
            "explanations": [each.as_data() for each in self.explanations],
        }
        return {key: value for key, value in data.items() if value not in (None, [], {})}


def read_line(event: LogEvent) -> LogLine:
    """Read a line, whatever it is."""
    text = event.text.rstrip()
    if text.startswith("{") and (said := _json_object(text)) is not None:
        return _json_line(event, said)
    if platform := _PLATFORM_TEXT.match(text):
        return LogLine(event, "platform", None, text, _ids(platform["request_id"]))
    if runtime := _RUNTIME_TEXT.match(text):
        return LogLine(
            event, "application", runtime["level"], runtime["message"], _ids(runtime["request_id"])
        )
    level = _LEVEL.search(text[:_LEVEL_WITHIN_CHARACTERS])
    return LogLine(event, "application", level["level"] if level else None, text)


def _json_line(event: LogEvent, said: dict[str, Any]) -> LogLine:
    if _METRICS_KEY in said:
        values = {name: value for name, value in said.items() if name != _METRICS_KEY}
        return LogLine(event, "metrics", None, "metrics", fields=values)
    kind, record = said.get("type"), said.get("record")
    if isinstance(kind, str) and kind.startswith(_PLATFORM) and isinstance(record, dict):
        told = cast("dict[str, Any]", record)
        fields = {name: value for name, value in told.items() if name != "requestId"}
        return LogLine(
            event,
            "platform",
            None,
            kind.removeprefix(_PLATFORM),
            _ids(told.get("requestId")),
            fields,
        )
    level, message = said.get("level"), said.get("message")
    if not isinstance(message, str) and isinstance(error := said.get("errorMessage"), str):
        message = f"{said.get('errorType', 'error')}: {error}"
    return LogLine(
        event,
        "application",
        level.upper() if isinstance(level, str) else None,
        message if isinstance(message, str) else event.text.rstrip(),
        _ids(said.get("requestId"), said.get("request_id")),
        {name: value for name, value in said.items() if name not in _OWN_KEYS},
    )


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", said) if isinstance(said, dict) else None


def _ids(*found: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in found if isinstance(each, str) and each))
