"""Entry point of `genai`: its commands, and how it ends."""

import contextlib
import signal
import sys
from types import FrameType
from typing import NoReturn

import typer

from cli.commands.account import account
from cli.commands.check import check
from cli.commands.cost import cost
from cli.commands.diff import diff
from cli.commands.doctor import doctor
from cli.commands.explain import explain
from cli.commands.invoke import invoke
from cli.commands.load import load
from cli.commands.logs import logs
from cli.commands.new import new
from cli.commands.playground import playground
from cli.commands.rehearse import rehearse
from cli.commands.replay import replay
from cli.commands.results import results
from cli.commands.smoke import smoke
from cli.commands.status import status
from cli.exits import EXIT_INTERRUPTED

_SOON_SECONDS = 0.01

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Host a generative model on SageMaker with Pulumi, and rehearse it with no cloud account.",
    epilog="A deployed stack is found by `pulumi stack output`, by `--outputs FILE`, or by `--account URL` in an account "
    "that `genai account` serves. Every command has `--json`; exit codes: 0 well, 1 badly, 2 wrong usage, 3 no such stack.",
)


_COMMANDS = {
    "Before anything is deployed": (check, diff, cost, doctor, new),
    "With no cloud account": (rehearse, account),
    "Ask a deployed stack": (invoke, results, replay, smoke, load, playground),
    "Look after a deployed stack": (status, logs, explain),
}
for _panel, _commands in _COMMANDS.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(_command)


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
