"""`genai account`."""

from typing import Annotated

import typer
from rich.console import Console

from cli.exits import EXIT_FAILED
from cli.options import JsonOption
from cli.project import project_dir

DEFAULT_REGION = "us-east-1"


def account(
    region: Annotated[
        str | None,
        typer.Option(help="Region of the tools that are aimed at it. [default: us-east-1]"),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where to listen. [default: 4577]")
    ] = None,
    minute: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            metavar="SECONDS",
            help="How long a minute of AWS's own waits lasts, such as an alarm's; 60 keeps AWS's pace. [default: 0.1]",
        ),
    ] = None,
    write_stack: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Write Pulumi.NAME.yaml, which aims Pulumi's AWS provider at the account.",
        ),
    ] = None,
    from_stack: Annotated[
        str, typer.Option("--from", help="With --write-stack: the stack to take the settings of.")
    ] = "dev",
    as_json: JsonOption = False,
) -> None:
    """Serve an account on this machine until Ctrl-C, for Pulumi's real provider, the aws command or boto3."""
    from cli.account import AccountView  # noqa: PLC0415 - see rehearse
    from rehearsal.provider_config import DEFAULT_PORT  # noqa: PLC0415

    if write_stack and region:
        raise typer.BadParameter("with --write-stack it is the stack's", param_hint="--region")
    view = AccountView(project_dir(), Console(highlight=False), as_json=as_json)
    if write_stack:
        is_up = view.serve_stack(write_stack, from_stack, port or DEFAULT_PORT, minute)
    else:
        is_up = view.serve(region or DEFAULT_REGION, port or DEFAULT_PORT, minute)
    if not is_up:
        raise typer.Exit(EXIT_FAILED)
