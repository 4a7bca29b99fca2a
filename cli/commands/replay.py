"""`genai replay`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.exits import EXIT_FAILED
from cli.options import (
    AccountOption,
    JsonOption,
    OutputsOption,
    SinceOption,
    StackArgument,
    UntilOption,
)


def replay(
    stack: StackArgument,
    ids: Annotated[
        list[str] | None,
        typer.Option(
            "--id",
            metavar="ID",
            help="Only this record, as genai results names it; may be repeated.",
        ),
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only requests that failed.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most, the newest first.")] = 20,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="How many are sent at once.")] = 4,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="STACK", help="Send them to another stack. [default: the same]"
        ),
    ] = None,
    to_outputs: Annotated[
        Path | None, typer.Option("--to-outputs", metavar="FILE", help="As --outputs, of --to.")
    ] = None,
    to_account: Annotated[
        str | None,
        typer.Option(
            "--to-account", metavar="URL", help="As --account, of --to; the same if left out."
        ),
    ] = None,
    wait: Annotated[
        float,
        typer.Option(
            min=0, metavar="SECONDS", help="How long to wait for an answer that comes later."
        ),
    ] = 900,
    as_json: JsonOption = False,
    outputs: OutputsOption = None,
    account: AccountOption = None,
) -> None:
    """Send recorded requests again, and compare text, latency and tokens with what was recorded.

    Sampling without a seed writes another text each time: compare similarity then, and not sameness. Exit code 1 if a
    request fails that was answered before.
    """
    if to is None and (to_outputs or to_account):
        raise typer.BadParameter("goes with --to", param_hint="--to-outputs, --to-account")
    # Imported late: see invoke.
    from cli.deployed import deployed  # noqa: PLC0415
    from cli.replay_view import show_replay  # noqa: PLC0415
    from operations.asking import patient  # noqa: PLC0415
    from operations.call_cost import CallCosts  # noqa: PLC0415
    from operations.records import Records, Selection  # noqa: PLC0415
    from operations.replay import event_of, summary_of  # noqa: PLC0415
    from operations.replay import replay as send_again  # noqa: PLC0415

    selection = Selection(since=since, until=until, only_failed=failed, limit=limit)
    with (
        deployed(stack, outputs, account, as_json=as_json) as recorded,
        deployed(
            to or stack,
            to_outputs if to else outputs,
            account if to_account is None else to_account,
            as_json=as_json,
        ) as target,
        Console(stderr=True).status("reading the records") as status,
    ):
        reader = Records(recorded)
        records = [reader.find(each) for each in ids] if ids else reader.newest(selection)
        replayed = []
        for each in send_again(patient(target, wait), records, concurrency):
            replayed.append(each)
            status.update(f"{len(replayed)} of {len(records)} sent")
        prices = CallCosts(target)
        costs = [prices.cost_of(each.reply) for each in replayed]
    known = [cost.usd for cost in costs if cost]
    usd = sum(known) if known and len(known) == len(costs) else None
    not_kept = [record for record in records if event_of(record) is None]
    summary = summary_of(replayed)
    show_replay(replayed, summary, not_kept, usd, as_json=as_json)
    if "fails" in summary.outcomes:
        raise typer.Exit(EXIT_FAILED)
