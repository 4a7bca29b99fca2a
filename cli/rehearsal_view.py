"""Show a rehearsal to a person, while it runs and afterwards."""

import contextlib
import json
import threading
from collections.abc import Generator
from dataclasses import asdict
from typing import Any

from rich.console import Console, Group
from rich.json import JSON
from rich.padding import Padding
from rich.panel import Panel
from rich.status import Status
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from cli.faults_view import faults_table
from cli.operations_view import operations_table, unfinished_change
from rehearsal.account.faults.plan import FaultPlan
from rehearsal.deployer.failures import short_type
from rehearsal.local_account import LocalAccount
from rehearsal.provider_config import provider_yaml
from rehearsal.steps import Watcher
from rehearsal.transcript import Step, Transcript

_INDENT = (0, 0, 0, 4)
_STEP_WIDTH = 10
_TYPE_WIDTH = 32
# Of a log record: the step's own time is shown, and request_id says whose line it is.
_SAID_ELSEWHERE = {"timestamp", "logger", "requestId"}


class RehearsalView:
    """Prints each step as it succeeds, under a spinner that says what is being done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = Status("starting", console=console)

    @contextlib.contextmanager
    def live(self) -> Generator[None]:
        """Show the spinner for the length of a `with` block."""
        with self._status:
            yield

    def watcher(self) -> Watcher:
        """Return what the rehearsal reports to."""
        return Watcher(on_progress=self._status.update, on_step=self._show_step)

    def conclude(self, transcript: Transcript, faults: FaultPlan | None = None) -> None:
        """Print the outcome; `faults` are those that were asked for."""
        console = self._console
        if faults:
            console.print(faults_table(transcript))
        if transcript.failure is None:
            console.print(
                f"\n[bold green]All {len(transcript.steps)} steps succeeded[/] "
                f"in {transcript.seconds:.1f} s. Nothing outside this machine was touched."
            )
            return
        failure = transcript.failure
        if failure.step == "change":
            console.print(Padding(unfinished_change(transcript.changes[-1]), _INDENT))
        console.print(f"[bold red]✗[/] [bold]{failure.step}[/]")
        body = Text.assemble((failure.cause.strip(), ""), ("\n\nfix: ", "bold"), (failure.fix, ""))
        console.print(Panel(body, title="why it failed", title_align="left", border_style="red"))

    def keep(self, transcript: Transcript, account: LocalAccount, *, as_json: bool) -> None:
        """Say how to reach the account, then wait until interrupted."""
        self._status.stop()
        if as_json:
            print(json.dumps({**asdict(transcript), "succeeded": True}, indent=2), flush=True)
        self._show_how_to_reach(transcript, account)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()

    def _show_step(self, transcript: Transcript, step: Step) -> None:
        title = f"[bold green]✓[/] [bold]{step.name:<{_STEP_WIDTH}}[/]"
        line = Table.grid(expand=True, padding=(0, 1))
        line.add_column(no_wrap=True)
        line.add_column(ratio=1, overflow="fold")
        line.add_column(justify="right", style="dim", no_wrap=True)
        line.add_row(title, Text(step.summary), f"{step.seconds:.2f} s")
        self._console.print(line)
        details = {
            "deploy": self._resources,
            "invoke": self._conversation,
            "record": self._record,
            "batch": self._batch,
            "logs": self._logs,
            "change": lambda transcript: operations_table(transcript.changes[-1].operations),
            "destroy": lambda transcript: operations_table(transcript.destroyed),
        }.get(step.name)
        if details is not None:
            self._console.print(Padding(details(transcript), _INDENT))

    def _resources(self, transcript: Transcript) -> Group:
        table = Table.grid(padding=(0, 2))
        table.add_column(style="cyan", no_wrap=True, max_width=_TYPE_WIDTH, overflow="ellipsis")
        table.add_column(overflow="fold")
        for resource in transcript.resources:
            table.add_row(short_type(resource.resource_type), _short_id(resource.id))
        told = [f"stand-in: {stand_in}" for stand_in in transcript.stand_ins]
        told += [f"warning: {warning}" for warning in transcript.warnings]
        return Group(table, *(Text(line, style="yellow") for line in told))

    def _conversation(self, transcript: Transcript) -> Panel:
        story = Text.assemble((transcript.prompt, "dim"), (transcript.said, "bold"))
        return Panel(story, title="the model said", title_align="left", border_style="green")

    def _record(self, transcript: Transcript) -> JSON:
        shown = JSON(json.dumps(transcript.record, ensure_ascii=False))
        shown.text.no_wrap = False
        shown.text.overflow = "fold"
        return shown

    def _batch(self, transcript: Transcript) -> Group:
        """What was asked and said in a batch, as far as the stack keeps it, or where it will be said."""
        return Group(*map(_batch_line, transcript.batch))

    def _logs(self, transcript: Transcript) -> Group:
        told = [("function", _log_line(line)) for line in transcript.function_log]
        told += [("container", line) for line in transcript.container_log]
        return Group(*(Text.assemble((f"{who}: ", "cyan"), (line, "dim")) for who, line in told))

    def _show_how_to_reach(self, transcript: Transcript, account: LocalAccount) -> None:
        bucket = transcript.exports["bucket_name"]
        function = transcript.exports["function_name"]
        exported = "\n".join(
            [
                "unset AWS_PROFILE AWS_SESSION_TOKEN",
                *(f"export {k}={v}" for k, v in account.environment.items()),
            ]
        )
        shell = (
            f"{exported}\n"
            f"aws s3 ls s3://{bucket} --recursive\n"
            f"aws lambda invoke --function-name {function} --cli-binary-format raw-in-base64-out \\\n"
            '    --payload \'{"prompt": "It was"}\' /dev/stdout'
        )
        python = (
            "import boto3\n"
            "# with the variables above exported\n"
            f'boto3.client("sagemaker").describe_endpoint(EndpointName="{transcript.exports["endpoint_name"]}")'
        )
        console = self._console
        console.print(f"\n[bold]The account stays up at {account.url}[/] until Ctrl-C.\n")
        console.print("[bold]aws[/]")
        console.print(Padding(Syntax(shell, "bash", background_color="default"), _INDENT))
        console.print("[bold]boto3[/]")
        console.print(Padding(Syntax(python, "python", background_color="default"), _INDENT))
        console.print(
            "[bold]pulumi[/], in a stack file of its own [dim](not run with the real provider yet)[/]"
        )
        console.print(
            Padding(
                Syntax(
                    provider_yaml(account.url, account.region), "yaml", background_color="default"
                ),
                _INDENT,
            )
        )


def _short_id(resource_id: str) -> str:
    """The part of an id that tells: a queue's is its URL, a role policy's has its role's name in front."""
    _, is_of_function, name = resource_id.partition(":function:")
    if is_of_function:  # the alias alone would be the same for each
        return name
    return resource_id.rpartition("/" if "://" in resource_id else ":")[2]


def _batch_line(entry: dict[str, Any]) -> Text:
    asked = (entry.get("request") or {}).get("prompt", "")
    said = (entry.get("reply") or {}).get("text", "")
    later = (entry.get("locations") or {}).get("result")
    where = f" ... {later}" if later else ""
    return Text.assemble((f"{entry.get('line')}: ", "cyan"), (asked, "dim"), said, (where, "dim"))


def _log_line(line: str) -> str:
    """A log record in JSON as a person reads it; anything else as it is."""
    try:
        record = json.loads(line)
        level, message = record.pop("level"), record.pop("message")
    except (ValueError, KeyError, TypeError, AttributeError):
        return line
    about = [f"{name} {value}" for name, value in record.items() if name not in _SAID_ELSEWHERE]
    return f"{level} {message}: {', '.join(about)}" if about else f"{level} {message}"
