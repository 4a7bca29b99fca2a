"""`genai diff`."""

from typing import Annotated

import typer

from cli.exits import EXIT_FAILED
from cli.options import JsonOption
from cli.project import project_dir


def diff(
    stack: Annotated[str, typer.Argument(help="A stack that has a file here.")],
    other: Annotated[str, typer.Argument(metavar="STACK2", help="What to hold it against.")],
    everything: Annotated[bool, typer.Option("--all", help="Show what is the same, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Hold the settings of two stacks against each other, with the defaults that each gets.

    Reads the stacks' files only; secrets are not shown. Exit codes are those of diff: 0 the same, 1 different,
    2 they could not be compared.
    """
    from cli.diff_view import show_differences  # noqa: PLC0415 - see rehearse

    if not show_differences(project_dir(), (stack, other), everything=everything, as_json=as_json):
        raise typer.Exit(EXIT_FAILED)
