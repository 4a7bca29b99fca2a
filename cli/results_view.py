"""Show records, a line each, or one of them whole."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.json import JSON
from rich.table import Table
from rich.text import Text

from cli.reply_view import tokens, without_controls
from operations.asking import ACCEPTED
from operations.record_texts import answered, asked, in_one_line
from operations.records import Records, Selection, StoredRecord

_WIDTH_OF_A_FILE = 180
_SHORT_ID = 8


class ResultsView:
    """Prints records as they are asked for."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._console = Console(highlight=False)
        if not self._console.is_terminal:  # wide enough to search in
            self._console.width = max(self._console.width, _WIDTH_OF_A_FILE)

    def show(self, record: StoredRecord) -> None:
        """Print one record whole."""
        if self._as_json or not self._console.is_terminal:
            print(json.dumps(_with_place(record), indent=2, ensure_ascii=False))
        else:
            self._console.print(whole_record(record))

    def list(self, records: Records, selection: Selection) -> None:
        """Print what is wanted, the newest first."""
        found = records.newest(selection)
        if self._as_json:
            told = [_with_place(record) for record in found]
            print(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            self._print(found)
        _tell_what_is_missing(records.unreadable, is_empty=not found)

    def follow(self, records: Records, selection: Selection) -> None:
        """Print what is wanted, the oldest first, and then whatever is stored, without an end."""
        following = records.follow(selection)
        next(following)  # from here on nothing is missed
        newest = records.newest(selection)
        self._print(newest[::-1])
        shown = {record.uri: record.content for record in newest}
        for new in following:
            self._print(
                [each for each in new if shown.get(each.uri) != each.content], has_header=False
            )

    def _print(self, found: Sequence[StoredRecord], *, has_header: bool = True) -> None:
        if self._as_json:
            for record in found:
                print(json.dumps(_with_place(record), ensure_ascii=False), flush=True)
        elif found:
            self._console.print(results_table(found, has_header=has_header))


def results_table(records: Iterable[StoredRecord], *, has_header: bool = True) -> Table:
    """Return a line for each record."""
    table = Table(box=None, show_header=has_header, header_style="dim", pad_edge=False, expand=True)
    table.add_column("arrived (UTC)", width=19)
    table.add_column("status", width=6)
    table.add_column("mode", width=6)
    table.add_column("seconds", width=7, justify="right")
    table.add_column("tokens", width=11, justify="right")
    table.add_column("id", width=8, style="cyan")
    table.add_column("asked", style="dim", no_wrap=True, ratio=1, overflow="ellipsis")
    table.add_column("answered", no_wrap=True, ratio=2, overflow="ellipsis")
    for record in records:
        table.add_row(*_cells(record))
    return table


def whole_record(record: StoredRecord) -> RenderableType:
    """Return a record as JSON, as a terminal may show it."""
    shown = JSON(without_controls(json.dumps(record.content, ensure_ascii=False)))
    shown.text.no_wrap = False
    shown.text.overflow = "fold"
    return shown


def _with_place(record: StoredRecord) -> Mapping[str, Any]:
    return {"uri": record.uri, **record.content}


def _tell_what_is_missing(unreadable: Sequence[str], *, is_empty: bool) -> None:
    for uri in unreadable:
        print(f"genai: {uri} is no record", file=sys.stderr)
    if is_empty:
        print("no such record", file=sys.stderr)


def _cells(record: StoredRecord) -> Iterable[RenderableType]:
    content = record.content
    status = content["status"]
    style = "red" if record.is_failed else "yellow" if status == ACCEPTED else "green"
    milliseconds = (content.get("latency_ms") or {}).get("total")
    usage = (content.get("reply") or {}).get("usage")
    yield f"{record.created_at:%Y-%m-%d %H:%M:%S}"
    yield Text(str(status), style)
    yield str(content.get("mode", ""))
    yield "" if milliseconds is None else f"{milliseconds / 1000:.2f}"
    yield tokens(usage) if usage else ""
    yield record.request_id[:_SHORT_ID]
    yield Text(in_one_line(asked(content)))
    yield Text(in_one_line(answered(content)), "red" if record.is_failed else "")
