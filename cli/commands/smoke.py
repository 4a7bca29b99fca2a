"""`genai smoke`."""

import json
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from cli.exits import EXIT_FAILED
from cli.options import AccountOption, JsonOption, OutputsOption, SinceOption, StackArgument

DEFAULT_PROMPT = "Once upon a time"
_FEW_TOKENS = 32


def smoke(
    stack: StackArgument,
    prompt: Annotated[
        str, typer.Option("--prompt", "-p", help="What to ask; 32 tokens at most come of it.")
    ] = DEFAULT_PROMPT,
    request: Annotated[
        str | None,
        typer.Option(
            "--request",
            metavar="JSON",
            help='A whole request instead, such as {"body": ...} for the contract raw.',
        ),
    ] = None,
    wait: Annotated[
        float,
        typer.Option(
            min=0, metavar="SECONDS", help="How long to wait for an answer that comes later."
        ),
    ] = 900,
    since: SinceOption = None,
    as_json: JsonOption = False,
    outputs: OutputsOption = None,
    account: AccountOption = None,
) -> None:
    """Ask a deployed stack once, for real, and look whether all is well after it: a step after each deployment.

    Endpoint in service, a text, its record in the bucket, no alarm, no trouble in the logs since the request (or
    --since, which finds what the container said when it started). Exit code 1 if there is a problem.
    """
    event = _request(prompt, request)
    from cli.deployed import deployed  # noqa: PLC0415 - see invoke
    from cli.doctor_view import show_findings  # noqa: PLC0415
    from operations.smoke import smoke as ask_once  # noqa: PLC0415

    with (
        deployed(stack, outputs, account, as_json=as_json) as deployment,
        Console(stderr=True).status("looking at the function") as status,
    ):
        findings = ask_once(
            deployment,
            event,
            limit_seconds=wait,
            logs_since_ms=_milliseconds(since),
            on_progress=status.update,
        )
    if not show_findings(stack, findings, as_json=as_json):
        raise typer.Exit(EXIT_FAILED)


def _request(prompt: str, request: str | None) -> dict[str, Any]:
    if request is None:
        return {"prompt": prompt, "parameters": {"max_new_tokens": _FEW_TOKENS}}
    try:
        asked = json.loads(request)
    except ValueError as failure:
        raise typer.BadParameter(f"is no JSON: {failure}", param_hint="--request") from None
    if not isinstance(asked, dict):
        raise typer.BadParameter("is no JSON object", param_hint="--request")
    return asked


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
