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

DEFAULT_REGION = "us-east-1"
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
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            metavar="NAME=AMOUNT",
            help="Let something go wrong on purpose while the stack is used, as often as the amount says: "
            "`throttle=0.3`, `model-error:500=2x`, `s3-slow=2s@10%`. May be given several times; "
            "`--fault help` lists all.",
        ),
    ] = None,
    fault_seed: Annotated[
        int, typer.Option("--fault-seed", help="The same faults come again for the same seed.")
    ] = 0,
    then: Annotated[
        list[str] | None,
        typer.Option(
            "--then",
            metavar="KEY=VALUE",
            help="Change a setting of the deployed stack and deploy again while callers keep asking, such as "
            "`genai:endpoint.instanceType=ml.c5.large`. Several settings in one, parted by `;`, are deployed at "
            "once; several options one after another. A value is YAML; none takes the setting away.",
        ),
    ] = None,
    destroy: Annotated[
        bool,
        typer.Option(
            "--destroy", help="Destroy the stack at the end, and prove that nothing is left."
        ),
    ] = False,
    least_privilege: Annotated[
        bool,
        typer.Option(
            "--least-privilege",
            help="Report which grants of the stack's roles no call used, and which calls were denied.",
        ),
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the account up afterwards, until Ctrl-C.")
    ] = False,
) -> None:
    """Deploy a stack into an account on this machine, invoke it, and show what is left behind.

    Exit code 0 only if every step truly succeeded.
    """
    # Imported late: --help and usage errors should not wait for boto3 and Pulumi.
    from cli.fault_option import planned  # noqa: PLC0415
    from cli.least_privilege_view import show_least_privilege  # noqa: PLC0415
    from cli.rehearsal_view import RehearsalView  # noqa: PLC0415
    from rehearsal.changes import ChangeError, parse_assignments  # noqa: PLC0415
    from rehearsal.rehearse import Afterwards  # noqa: PLC0415
    from rehearsal.rehearse import rehearse as run_rehearsal  # noqa: PLC0415

    faults = planned(fault or (), fault_seed)
    project_dir = _project_dir()
    if keep and destroy:
        raise typer.BadParameter("there is nothing to look at after --destroy", param_hint="--keep")
    for change in then or ():
        try:
            _ = parse_assignments(change)
        except ChangeError as error:
            raise typer.BadParameter(str(error), param_hint="--then") from error
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
            faults=faults,
            afterwards=Afterwards(then or (), destroy, least_privilege),
        )
    if as_json and not (keep and transcript.succeeded):
        print(json.dumps({**asdict(transcript), "succeeded": transcript.succeeded}, indent=2))
    if not as_json:
        if transcript.least_privilege:
            show_least_privilege(transcript.least_privilege, Console(highlight=False))
        view.conclude(transcript, faults)
    if not transcript.succeeded:
        raise typer.Exit(EXIT_FAILED)


@app.command()
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
) -> None:
    """Serve an account on this machine until Ctrl-C, for Pulumi's real provider, the aws command or boto3."""
    from cli.account import AccountView  # noqa: PLC0415 - see rehearse
    from rehearsal.provider_config import DEFAULT_PORT  # noqa: PLC0415

    if write_stack and region:
        raise typer.BadParameter("with --write-stack it is the stack's", param_hint="--region")
    view = AccountView(_project_dir(), Console(highlight=False))
    if write_stack:
        is_up = view.serve_stack(write_stack, from_stack, port or DEFAULT_PORT, minute)
    else:
        is_up = view.serve(region or DEFAULT_REGION, port or DEFAULT_PORT, minute)
    if not is_up:
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
