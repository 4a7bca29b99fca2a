"""Show a stack's logs, for people or as one JSON object a line."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from cli.explain_view import explanation_lines
from operations.log_lines import LogLine

_SOURCE_STYLES = {"function": "cyan", "container": "magenta"}
_LEVEL_STYLES = {"CRITICAL": "bold red", "FATAL": "bold red", "ERROR": "red", "WARNING": "yellow", "WARN": "yellow"}  # fmt: skip
_SHORT_ID_CHARACTERS = 8
_INDENT = (0, 0, 0, 4)


class LogsView:
    """Prints lines as they come; each explanation once."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._console = Console(highlight=False, soft_wrap=True)
        self._explained: set[str] = set()

    def show(self, lines: Iterable[LogLine]) -> int:
        """Print lines, and return how many there were."""
        count = 0
        for count, line in enumerate(lines, start=1):  # noqa: B007 - it is the result
            if self._as_json:
                print(json.dumps(line.as_data()), flush=True)
            else:
                self._show(line)
        return count

    def _show(self, line: LogLine) -> None:
        self._console.print(_told(line))
        for known in line.explanations:
            if known.name not in self._explained:
                self._explained.add(known.name)
                self._console.print(Padding(explanation_lines(known), _INDENT), soft_wrap=False)


def _told(line: LogLine) -> Text:
    at = datetime.fromtimestamp(line.event.at_ms / 1000, UTC)
    style = "red" if line.is_trouble else ""
    told = Text.assemble(
        (at.strftime("%m-%d %H:%M:%S.%f")[:-3], "dim"),
        " ",
        (f"{line.event.source:<9}", _SOURCE_STYLES[line.event.source]),
        " ",
        (f"{line.level or '':<7}", _LEVEL_STYLES.get(line.level or "", "dim")),
        " ",
        (line.message, style),
    )
    if line.request_ids:
        told.append(f"  {line.request_ids[-1][:_SHORT_ID_CHARACTERS]}", "blue")
    fields = ", ".join(
        f"{name} {value}" for name, value in line.fields.items() if value is not None and name != "request_id"
    )  # fmt: skip
    return told.append(f"  {fields}", "dim") if fields else told
