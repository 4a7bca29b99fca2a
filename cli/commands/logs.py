"""`genai logs`."""

import re
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from cli.exits import EXIT_FAILED
from cli.options import AccountOption, OutputsOption, StackArgument

_DEFAULT_SINCE = "1h"
_DEFAULT_SINCE_FOLLOWED = "1m"


class LogSource(StrEnum):
    """Who wrote a line."""

    function = "function"
    container = "container"


def logs(
    stack: StackArgument,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="MOMENT",
            help="From when on: 30s, 15m, 2h, 7d ago, or 2026-11-25T10:30 in UTC. [default: 1h; 1m with --follow]",
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with new lines until Ctrl-C.")
    ] = False,
    request: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Only the function's lines of one request (its id or the beginning of it), and what containers "
            "wrote at that time.",
        ),
    ] = None,
    grep: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX", help="Only lines in which this is found, as they were written."
        ),
    ] = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="Only warnings, errors, and requests that failed.")
    ] = False,
    source: Annotated[
        LogSource | None, typer.Option(help="Only what one of the two wrote.")
    ] = None,
    metrics: Annotated[
        bool, typer.Option("--metrics", help="Also the lines that CloudWatch makes metrics of.")
    ] = False,
    outputs: OutputsOption = None,
    account: AccountOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, for scripts.")
    ] = False,
) -> None:
    """Show what function and container logged, together and in the order of time, in UTC.

    What is known of an error is explained beneath it. Exit code 1 if there is no line.
    """
    from cli.deployed import deployed  # noqa: PLC0415 - see rehearse
    from cli.logs_view import LogsView  # noqa: PLC0415
    from operations.moments import moment  # noqa: PLC0415
    from operations.stack_logs import Selection, follow_logs, read_logs  # noqa: PLC0415

    if follow and request:
        raise typer.BadParameter("a request is looked up once it is over", param_hint="--follow")
    wanted = Selection(
        source=source.value if source else None,
        request_id=request,
        pattern=_pattern(grep),
        only_trouble=errors,
        with_metrics=metrics,
    )
    view = LogsView(as_json=as_json)
    with deployed(stack, outputs, account, as_json=as_json) as deployment:
        begin = moment(
            since or (_DEFAULT_SINCE_FOLLOWED if follow else _DEFAULT_SINCE), datetime.now(UTC)
        )
        since_ms = int(begin.timestamp() * 1000)
        lines = (follow_logs if follow else read_logs)(deployment, wanted, since_ms)
        count = view.show(lines)
    if not count:
        if not as_json:
            print(f"no such line since {begin:%Y-%m-%d %H:%M:%S} UTC", file=sys.stderr)
        raise typer.Exit(EXIT_FAILED)


def _pattern(text: str | None) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        return re.compile(text)
    except re.error as error:
        raise typer.BadParameter(
            f"it is no regular expression: {error}", param_hint="--grep"
        ) from error
