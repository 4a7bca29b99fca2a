"""Options that several commands have."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from operations.errors import OperationError
from operations.moments import moment

JsonOption = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON, for scripts.")]
StackArgument = Annotated[str, typer.Argument(help="Name of a stack that is deployed.")]
OutputsOption = Annotated[
    Path | None,
    typer.Option(
        "--outputs",
        metavar="FILE",
        help="What `pulumi stack output --json` wrote, instead of asking the Pulumi CLI.",
    ),
]
AccountOption = Annotated[
    str | None,
    typer.Option(
        "--account",
        metavar="URL",
        envvar="GENAI_ACCOUNT",
        help="A local account that the stack is in, as `genai rehearse --keep` serves one; AWS if left out.",
    ),
]
MaxNewTokensOption = Annotated[
    int | None,
    typer.Option("--max-new-tokens", min=1, help="Most tokens to generate for a request."),
]
TemperatureOption = Annotated[
    float | None, typer.Option("--temperature", min=0, max=2, help="Randomness; 0 is none.")
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", min=0, help="Where the randomness starts.")
]
_MOMENTS = "`90s`, `15m`, `2h` or `7d` ago, or a date or time such as `2026-11-25T10:30` (UTC)"


def _moment(text: str) -> datetime:
    try:
        return moment(text, datetime.now(UTC))
    except OperationError as wrong:
        raise typer.BadParameter(f"{wrong}; {wrong.fix}") from None


SinceOption = Annotated[
    datetime | None,
    typer.Option("--since", metavar="WHEN", parser=_moment, help=f"The oldest: {_MOMENTS}."),
]
UntilOption = Annotated[
    datetime | None,
    typer.Option(
        "--until", metavar="WHEN", parser=_moment, help="Only what arrived before that moment."
    ),
]
