"""`genai results`."""

from typing import Annotated

import typer

from cli.options import (
    AccountOption,
    JsonOption,
    OutputsOption,
    SinceOption,
    StackArgument,
    UntilOption,
)


def results(
    stack: StackArgument,
    since: SinceOption = None,
    until: UntilOption = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only requests that failed.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most, the newest first.")] = 20,
    follow: Annotated[
        bool,
        typer.Option("--follow", help="Go on with what is recorded from now on, until Ctrl-C."),
    ] = False,
    show: Annotated[
        str | None,
        typer.Option(
            "--show",
            metavar="ID",
            help="One whole record: by its id, the first part of it, or its URI.",
        ),
    ] = None,
    as_json: JsonOption = False,
    outputs: OutputsOption = None,
    account: AccountOption = None,
) -> None:
    """List what a deployed stack was asked and what came of it, from the records in its bucket.

    With --json a list; with --follow and --json one record a line.
    """
    if follow and until is not None:
        raise typer.BadParameter("what is followed has no end", param_hint="--until")
    # Imported late: see invoke.
    from cli.deployed import deployed  # noqa: PLC0415
    from cli.results_view import ResultsView  # noqa: PLC0415
    from operations.records import Records, Selection  # noqa: PLC0415

    view = ResultsView(as_json=as_json)
    selection = Selection(since=since, until=until, only_failed=failed, limit=limit)
    with deployed(stack, outputs, account, as_json=as_json) as deployment:
        records = Records(deployment)
        if show is not None:
            view.show(records.find(show))
        elif follow:
            view.follow(records, selection)
        else:
            view.list(records, selection)
