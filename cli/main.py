"""Entry point of `genai`: reads the command line, leaves the work to `rehearsal` and the view."""

import contextlib
import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from cli.project import NoProjectError, find_project

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
_SOON_SECONDS = 0.01

DEFAULT_PROMPT = "It was a fine morning, and the young lady"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Host a generative model on SageMaker with Pulumi, and rehearse it with no cloud account.",
)


@app.command()
def check(
    stack: Annotated[
        str | None, typer.Argument(help="Which Pulumi.STACK.yaml; all of them if left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Check the settings: every problem at once, each with its file, key and fix.

    Needs neither the Pulumi CLI nor credentials. Exit code 0 only if there is no problem.
    """
    from cli.check import check as check_settings  # noqa: PLC0415 - see rehearse

    if not check_settings(_project_dir(), stack, as_json=as_json):
        raise typer.Exit(EXIT_FAILED)


@app.command()
def rehearse(
    stack: Annotated[str, typer.Argument(help="Which Pulumi.STACK.yaml to rehearse.")] = "dev",
    prompt: Annotated[
        str, typer.Option("--prompt", "-p", help="What to ask the model.")
    ] = DEFAULT_PROMPT,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the transcript as JSON, for scripts.")
    ] = False,
    faults: Annotated[
        int,
        typer.Option(
            min=0, max=90, help="How many percent of the function's own calls fail on the way."
        ),
    ] = 0,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the account up afterwards, until Ctrl-C.")
    ] = False,
) -> None:
    """Deploy a stack into an account on this machine, invoke it, and show what is left behind.

    Exit code 0 only if every step truly succeeded.
    """
    # Imported late: --help and usage errors should not wait for boto3 and Pulumi.
    from cli.rehearsal_view import RehearsalView  # noqa: PLC0415
    from rehearsal.account.faults import Faults  # noqa: PLC0415
    from rehearsal.rehearse import rehearse as run_rehearsal  # noqa: PLC0415

    project_dir = _project_dir()
    view = RehearsalView(Console(stderr=as_json, highlight=False))
    with view.live():
        transcript = run_rehearsal(
            project_dir,
            stack,
            prompt,
            view.watcher(),
            keep=(lambda told, account: view.keep(told, account, as_json=as_json))
            if keep
            else None,
            faults=Faults(faults) if faults else None,
        )
    if as_json and not (keep and transcript.succeeded):
        print(json.dumps({**asdict(transcript), "succeeded": transcript.succeeded}, indent=2))
    if not as_json:
        view.conclude(transcript, Faults(faults) if faults else None)
    if not transcript.succeeded:
        raise typer.Exit(EXIT_FAILED)


def main() -> None:
    """Run `genai`; Ctrl-C, a polite kill and a closed terminal end it without a trace or a process left behind."""
    # SIGINT too: a shell starts a background job with it ignored, and `kill -INT` should end that as well.
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(ending, _interrupt)
    sys.unraisablehook = _interrupt_again
    try:
        app()
    except (KeyboardInterrupt, SystemExit) as ended:
        # typer makes an exit of an interrupt inside a command, and says nothing.
        if isinstance(ended, SystemExit) and ended.code != EXIT_INTERRUPTED:
            raise
        with contextlib.suppress(OSError):  # the terminal may be gone
            print("interrupted; everything that was started is stopped", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _interrupt_again(ignored: "sys.UnraisableHookArgs") -> None:
    """Python drops what is raised in a finalizer; an interrupt that came in one comes again a moment later."""
    if issubclass(ignored.exc_type, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, _SOON_SECONDS)
    else:
        sys.__unraisablehook__(ignored)


def _project_dir() -> Path:
    try:
        return find_project(Path.cwd())
    except NoProjectError as missing:
        print(f"genai: {missing}", file=sys.stderr)
        raise typer.Exit(EXIT_USAGE) from None
