"""`genai status`."""

import json
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from cli.exits import EXIT_FAILED
from cli.options import AccountOption, JsonOption, OutputsOption, StackArgument


def status(
    stack: StackArgument,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Look again and again, until Ctrl-C.")
    ] = False,
    interval: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="With --watch: how often.")
    ] = 5,
    outputs: OutputsOption = None,
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how a stack is: endpoint, function, alarms, queues, the last hour and today's cost.

    Exit code 0 only if nothing is wrong: a failed endpoint or update, an alarm that went off, dead letters.
    """
    from cli.deployed import deployed  # noqa: PLC0415 - see rehearse
    from cli.status_view import status_screen  # noqa: PLC0415
    from operations.status.stack_status import look_at_stack  # noqa: PLC0415

    if watch and as_json:
        raise typer.BadParameter("--json tells of one look", param_hint="--watch")
    with deployed(stack, outputs, account, as_json=as_json) as deployment:
        found = look_at_stack(deployment)
        if watch:
            with Live(status_screen(found), auto_refresh=False) as live:
                while True:
                    time.sleep(interval)
                    live.update(status_screen(look_at_stack(deployment)), refresh=True)
    if as_json:
        print(json.dumps(found.as_data(), indent=2, default=lambda moment: moment.isoformat()))
    else:
        Console(highlight=False).print(status_screen(found))
    if found.problems:
        raise typer.Exit(EXIT_FAILED)
