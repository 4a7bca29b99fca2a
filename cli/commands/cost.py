"""`genai cost`."""

from typing import Annotated

import typer

from cli.exits import EXIT_FAILED
from cli.options import JsonOption
from cli.project import project_dir


def cost(
    stack: Annotated[
        str | None, typer.Argument(help="Which Pulumi.STACK.yaml; all of them if left out.")
    ] = None,
    load: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="What is asked on an average day: `1000 requests a day, 300 tokens, 2 seconds, 8 hours, 1 at once`. What "
            "it leaves out is the stack's own (genai:guard.load).",
        ),
    ] = None,
    requests_per_day: Annotated[
        float | None, typer.Option(help="Requests on an average day.")
    ] = None,
    tokens: Annotated[
        float | None, typer.Option(help="Tokens of a request, prompt and answer together.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="How long the container works on a request.")
    ] = None,
    hours: Annotated[
        float | None, typer.Option(help="Hours of the day in which the requests come.")
    ] = None,
    at_once: Annotated[
        float | None, typer.Option(help="How many requests an instance answers at a time.")
    ] = None,
    as_json: JsonOption = False,
    refresh: Annotated[
        bool,
        typer.Option(
            "--refresh",
            help="Read SageMaker's prices in the stacks' Regions anew from AWS's Price List API, which needs credentials.",
        ),
    ] = False,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept",
            help="With --refresh: take prices too that have moved by more than half or are gone.",
        ),
    ] = False,
) -> None:
    """Tell what a stack costs a month, line by line, and which other way to host it would cost less.

    Needs neither the Pulumi CLI nor credentials. Exit code 0 only if the settings are sound.
    """
    from cli.cost import refresh_and_tell, show_costs  # noqa: PLC0415 - see rehearse
    from costs import LoadError  # noqa: PLC0415

    if accept and not refresh:
        raise typer.BadParameter(
            "there is nothing to accept without --refresh", param_hint="--accept"
        )
    if refresh:
        if not refresh_and_tell(project_dir(), stack, accept=accept):
            raise typer.Exit(EXIT_FAILED)
        return

    said = {
        "requests_per_day": requests_per_day,
        "tokens_per_request": tokens,
        "seconds_per_request": seconds,
        "hours_per_day": hours,
        "at_once": at_once,
    }
    try:
        is_sound = show_costs(project_dir(), stack, load=load, said=said, as_json=as_json)
    except LoadError as error:
        raise typer.BadParameter(str(error), param_hint="--load") from error
    if not is_sound:
        raise typer.Exit(EXIT_FAILED)
