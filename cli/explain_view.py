"""Show why something failed and what to do about it."""

import json
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from operations.explanations import Explanation

_LOOK_AT = (
    "genai logs STACK --errors: what container and function said last before it",
    "genai status STACK: the endpoint's FailureReason, alarms and queues",
    "genai doctor STACK: quotas, model, image, permissions and the network",
)


def show_explanations(known: Sequence[Explanation], *, as_json: bool) -> None:
    """Print them, the first to act on first; or say that the text is not known, and where to look."""
    if as_json:
        told = {"known": bool(known), "explanations": [each.as_data() for each in known]}
        print(json.dumps(told, indent=2))
        return
    console = Console(highlight=False)
    if not known:
        console.print(Text("This text is not known here. Look at", "yellow"))
        for place in _LOOK_AT:
            console.print(Text(f"  {place}"))
        return
    for number, each in enumerate(known):
        if number:
            console.print()
        console.print(explanation_lines(each))


def explanation_lines(known: Explanation) -> RenderableType:
    """Return the cause, the fix, what the text named, and where that is from."""
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("fix:", Text(known.fix, "green"))
    for name, value in known.found.items():
        table.add_row(f"{name}:", value)
    table.add_row("seen in:", Text(known.source, "dim"))
    return Group(Text.assemble((known.name, "bold yellow"), f"  {known.cause}"), table)
