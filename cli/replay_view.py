"""Show what recorded requests are answered now."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from operations.record_texts import answered, asked, in_one_line
from operations.records import StoredRecord
from operations.replay import Outcome, Replayed, ReplaySummary

_STYLES: dict[Outcome, str] = {
    "same": "green",
    "different": "yellow",
    "fails": "bold red",
    "recovered": "cyan",
    "fails again": "red",
    "new": "dim",
}
_WORDS: dict[Outcome, str] = {
    "same": "answered the same",
    "different": "answered differently",
    "fails": "failing now",
    "recovered": "answered now that failed before",
    "fails again": "failing as before",
    "new": "answered with nothing recorded to hold it against",
}
_WIDTH_OF_A_FILE = 180
_SHORT_ID = 8
_NAMED = 20


def show_replay(
    replayed: Sequence[Replayed],
    summary: ReplaySummary,
    not_kept: Sequence[StoredRecord],
    usd: float | None,
    *,
    as_json: bool,
) -> None:
    """Print each request and the whole."""
    if as_json:
        told = {
            "summary": {**asdict(summary), "usd": usd},
            "not_replayed": [record.request_id for record in not_kept],
            "replayed": [each.as_data() for each in replayed],
        }
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _WIDTH_OF_A_FILE)
    if replayed:
        console.print(_table(replayed))
    console.print(_sentences(summary, usd), soft_wrap=True)
    if not_kept:
        ids = ", ".join(record.request_id for record in not_kept[:_NAMED])
        more = f" and {len(not_kept) - _NAMED} more" if len(not_kept) > _NAMED else ""
        told = f"not sent, as their texts were not kept: {len(not_kept)} ({ids}{more})"
        console.print(Text(told, "yellow"), soft_wrap=True)


def _table(replayed: Sequence[Replayed]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False, expand=True)
    table.add_column("outcome", width=11)
    table.add_column("similar", width=7, justify="right")
    table.add_column("seconds", width=13, justify="right")
    table.add_column("tokens", width=13, justify="right")
    table.add_column("id", width=8, style="cyan")
    for name in ("asked", "answered before", "answered now"):
        table.add_column(name, no_wrap=True, ratio=1, overflow="ellipsis")
    for each in replayed:
        table.add_row(
            Text(each.outcome, _STYLES[each.outcome]),
            "" if each.similarity is None else f"{each.similarity:.2f}",
            f"{_known(each.seconds_before, '.2f')} → {_known(each.seconds, '.2f')}",
            f"{_known(each.tokens_before, 'd')} → {_known(each.tokens, 'd')}",
            each.record.request_id[:_SHORT_ID],
            Text(in_one_line(asked(each.record.content)), "dim"),
            Text(in_one_line(answered(each.record.content))),
            Text(in_one_line(answered({"reply": each.reply, **each.reply}))),
        )
    return table


def _sentences(summary: ReplaySummary, usd: float | None) -> Text:
    counts = [f"{count} {_WORDS[outcome]}" for outcome, count in summary.outcomes.items()]
    told = [", ".join(counts) or "nothing was sent"]
    if summary.mean_similarity is not None:
        told.append(f"mean similarity {summary.mean_similarity:.2f}")
    if summary.seconds_before:
        told.append(f"{summary.seconds_before:.2f} s before, {summary.seconds:.2f} s now")
    told.append(f"{summary.tokens_before} tokens before, {summary.tokens} now")
    told.append("cost not known" if usd is None else f"{usd:.6f} USD of instance time")
    return Text("\n".join([told[0], "; ".join(told[1:])]), "bold")


def _known(value: float | None, form: str) -> str:
    return "?" if value is None else format(value, form)
