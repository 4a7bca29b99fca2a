"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

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
