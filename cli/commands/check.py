"""`genai check`."""

from typing import Annotated

import typer

from cli.exits import EXIT_FAILED
from cli.options import JsonOption
from cli.project import project_dir


def check(
    stack: Annotated[
        str | None, typer.Argument(help="Which Pulumi.STACK.yaml; all of them if left out.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check the settings: every problem at once, each with its file, key and fix.

    Needs neither the Pulumi CLI nor credentials. Exit code 0 only if there is no problem.
    """
    from cli.check import check as check_settings  # noqa: PLC0415 - see rehearse

    if not check_settings(project_dir(), stack, as_json=as_json):
        raise typer.Exit(EXIT_FAILED)
