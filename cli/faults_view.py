"""Show what faults were made in a rehearsal, and what came of them."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rehearsal.transcript import StepUnderFaults, Transcript

NONE_CAME = "No fault came: what was asked for had too few chances to strike."
_INDENT = (0, 0, 0, 4)
_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


def faults_table(transcript: Transcript) -> RenderableType:
    """Return one line for each step that was struck, under how often each fault came."""
    if not transcript.faults:
        return Text(f"\n{NONE_CAME}")
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(style="yellow", ratio=1, overflow="fold")
    table.add_column(ratio=3, overflow="fold")
    for outcome in transcript.outcomes:
        table.add_row(outcome.step, _counts(outcome.struck), Text(_came_of(outcome)))
    title = Text.assemble(("\nFaults made on purpose: ", "bold"), _counts(transcript.faults))
    return Group(title, Padding(table, _INDENT))


def _counts(faults: dict[str, int]) -> str:
    return ", ".join(f"{name} x{count}" for name, count in faults.items())


def _came_of(outcome: StepUnderFaults) -> str:
    told = [outcome.came_of_it]
    if outcome.asked > 1:
        told.append(f"asked {outcome.asked} times")
    if outcome.attempts is not None and outcome.attempts > 1:
        told.append(f"the function's {_ordinal(outcome.attempts)} attempt at the endpoint")
    return "; ".join(told)


def _ordinal(number: int) -> str:
    return _ORDINALS.get(number, f"{number}th")
