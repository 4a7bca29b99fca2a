"""`genai load`."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.exits import EXIT_FAILED, EXIT_INTERRUPTED
from cli.options import (
    AccountOption,
    JsonOption,
    MaxNewTokensOption,
    OutputsOption,
    SeedOption,
    StackArgument,
    TemperatureOption,
)
from operations.load.chart import KINDS
from operations.load.plan import (
    DEFAULT_SECONDS,
    FASTEST_RATE,
    LONGEST_SECONDS,
    MOST_AT_ONCE,
    MOST_REQUESTS,
    LoadPlan,
)

DEFAULT_PROMPT = "Once upon a time"


def load(
    stack: StackArgument,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=FASTEST_RATE,
            help="Requests a second, each at its moment whatever became of those before; without it, "
            "--concurrency callers ask one after another.",
        ),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST_AT_ONCE,
            help="How many requests are under way at once at most. [default: 1, with --rate 64]",
        ),
    ] = None,
    duration: Annotated[
        float,
        typer.Option(
            min=0.1, max=LONGEST_SECONDS, metavar="SECONDS", help="How long requests are sent."
        ),
    ] = DEFAULT_SECONDS,
    requests: Annotated[
        int, typer.Option(min=1, max=MOST_REQUESTS, help="How many requests at most.")
    ] = MOST_REQUESTS,
    prompt: Annotated[str, typer.Option("--prompt", "-p", help="What to ask.")] = DEFAULT_PROMPT,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="FILE",
            help="Ask what its lines say, one after another, as genai invoke --file reads them.",
        ),
    ] = None,
    stream: Annotated[
        bool, typer.Option("--stream", help="Ask for streams, and time their first text.")
    ] = False,
    max_new_tokens: MaxNewTokensOption = None,
    temperature: TemperatureOption = None,
    seed: SeedOption = None,
    chart: Annotated[
        Path | None,
        typer.Option("--chart", metavar="FILE.png|svg", help="Draw every request."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether to begin.")] = False,
    as_json: JsonOption = False,
    outputs: OutputsOption = None,
    account: AccountOption = None,
) -> None:
    """Ask a deployed stack a lot, and measure: percentiles of latency, throughput, tokens a second, errors.

    Latency counts from the moment when a request was due, so what could not be sent in time is not left out. Ctrl-C
    ends it early, and still reports. Exit code 1 if a request failed.
    """
    if chart is not None and chart.suffix.lower() not in KINDS:
        raise typer.BadParameter(
            f"name a file that ends in {' or '.join(KINDS)}", param_hint="--chart"
        )
    # Imported late: see invoke.
    from cli.deployed import deployed  # noqa: PLC0415
    from cli.load_view import show_report, watch  # noqa: PLC0415
    from operations.load.asking import asking  # noqa: PLC0415
    from operations.load.chart import write_chart  # noqa: PLC0415
    from operations.load.events import events_of_file  # noqa: PLC0415
    from operations.load.price import usd_per_hour_of  # noqa: PLC0415
    from operations.load.report import report_of  # noqa: PLC0415
    from operations.load.run import LoadRun  # noqa: PLC0415
    from operations.requests import Parameters, request_for  # noqa: PLC0415

    at_once = concurrency or (1 if rate is None else MOST_AT_ONCE)
    plan = LoadPlan(rate=rate, at_once=at_once, seconds=duration, requests=requests)
    parameters = Parameters(max_new_tokens=max_new_tokens, temperature=temperature, seed=seed)
    with deployed(stack, outputs, account, as_json=as_json) as deployment:
        events = (
            events_of_file(file, parameters.given()) if file else [request_for(prompt, parameters)]
        )
        ask = asking(deployment, is_streamed=stream)
        usd_per_hour = usd_per_hour_of(deployment)
        if deployment.account is None and not yes:
            _confirm(stack, plan, usd_per_hour)
        run = LoadRun(plan, ask, events)
        is_interrupted = watch(run, plan, Console(stderr=True, highlight=False))
        report = report_of(
            samples := run.samples(),
            usd_per_hour,
            left_under_way=run.under_way if is_interrupted else 0,
            is_interrupted=is_interrupted,
        )
        show_report(report, as_json=as_json)
        if chart is not None:
            write_chart(chart, samples, report, f"{stack}: {plan}")
    if is_interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    if report.errors:
        raise typer.Exit(EXIT_FAILED)


def _confirm(stack: str, plan: LoadPlan, usd_per_hour: float | None) -> None:
    """Say what may come of it, and end the command unless that is wanted."""
    cost = (
        "what its instances cost is not known"
        if usd_per_hour is None
        else f"its instances cost {usd_per_hour * plan.seconds / 3600:.2f} USD in that time"
    )
    print(f"{stack} on AWS is asked: {plan}.", file=sys.stderr)
    print(
        f"Each request is billed as a run of the function; {cost}, and a load may start more of them.",
        file=sys.stderr,
    )
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody can be asked here: confirm with it", param_hint="--yes")
    typer.confirm("Begin?", abort=True, err=True)
