"""`genai account`: a local account to use as one likes, with what aims Pulumi and the AWS tools at it."""

import contextlib
import json
import threading
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.syntax import Syntax

from rehearsal.local_account import AccountError, LocalAccount, local_account
from rehearsal.local_stack import LocalStack, LocalStackError, write_local_stack
from rehearsal.playing import played_like
from rehearsal.preparation import prepare
from rehearsal.provider_config import provider_yaml
from settings import SettingsError, StackSettings, load_stack

_INDENT = (0, 0, 0, 4)


class AccountView:
    """Serves an account and says how to reach it."""

    def __init__(self, project_dir: Path, console: Console, *, as_json: bool = False) -> None:
        self._project_dir = project_dir
        self._console = console
        self._tell = self._tell_as_json if as_json else self._tell_people

    def serve(self, region: str, port: int, minute_seconds: float | None) -> bool:
        """Serve an empty account until interrupted, and say whether it came up."""
        return self._served(region, port, minute_seconds, None, None)

    def serve_stack(self, stack: str, source: str, port: int, minute_seconds: float | None) -> bool:
        """Serve an account with what the stack `source` expects, and write the stack that is aimed at it."""
        try:
            settings = load_stack(self._project_dir, source)
            url = f"http://127.0.0.1:{port}"
            written = write_local_stack(self._project_dir, stack, source, url)
        except (SettingsError, LocalStackError) as refused:
            self._refuse(str(refused))
            return False
        return self._served(settings.region, port, minute_seconds, settings, written)

    def _served(
        self,
        region: str,
        port: int,
        minute_seconds: float | None,
        settings: StackSettings | None,
        written: LocalStack | None,
    ) -> bool:
        like = played_like(settings) if settings else {}
        try:
            with local_account(region, like, port=port, minute_seconds=minute_seconds) as account:
                stand_ins = prepare(account, settings) if settings else []
                with contextlib.suppress(KeyboardInterrupt):
                    self._tell(account, stand_ins, written)
                    threading.Event().wait()
        except AccountError as failure:
            self._refuse(f"{failure}\nname a port that is free with --port")
            return False
        return True

    def _tell_people(
        self, account: LocalAccount, stand_ins: list[str], written: LocalStack | None
    ) -> None:
        console = self._console
        console.print(f"[bold]The account is up at {account.url}[/] until Ctrl-C.")
        console.print("It is empty at first, and forgets everything when it ends.\n")
        for stand_in in stand_ins:
            console.print(f"stand-in: {stand_in}", markup=False)
        console.print("[bold]aws, boto3[/]")
        self._show(_exports(account), "bash")
        if written is None:
            console.print("[bold]pulumi[/], in a stack file of its own; or see --write-stack")
            self._show(provider_yaml(account.url, account.region), "yaml")
        else:
            self._tell_of_stack(written)

    def _tell_as_json(
        self, account: LocalAccount, stand_ins: list[str], written: LocalStack | None
    ) -> None:
        told = {
            "url": account.url,
            "region": account.region,
            "environment": dict(account.environment),
            "stand_ins": stand_ins,
            "stack_file": written.file.name if written else None,
            "left_out": list(written.left_out) if written else [],
        }
        print(json.dumps(told, indent=2), flush=True)

    def _tell_of_stack(self, written: LocalStack) -> None:
        stack = written.file.name.removeprefix("Pulumi.").removesuffix(".yaml")
        self._console.print(f"[bold]pulumi[/], with {written.file.name}, which was written now")
        for key in written.left_out:
            self._console.print(f"    left out: {key}, which is for another stack", markup=False)
        self._show(_pulumi_commands(stack), "bash")

    def _show(self, text: str, language: str) -> None:
        shown = Syntax(text.rstrip(), language, background_color="default", word_wrap=True)
        self._console.print(Padding(shown, _INDENT))

    def _refuse(self, message: str) -> None:
        Console(stderr=True, highlight=False).print(
            f"genai: {message}", markup=False, soft_wrap=True
        )


def _exports(account: LocalAccount) -> str:
    exported = "\n".join(f"export {name}={value}" for name, value in account.environment.items())
    return f"unset AWS_PROFILE AWS_SESSION_TOKEN\n{exported}\naws sts get-caller-identity"


def _pulumi_commands(stack: str) -> str:
    return (
        "export PULUMI_CONFIG_PASSPHRASE=local\n"
        "pulumi login file://~  # the state stays on this machine\n"
        f"pulumi stack init {stack}\n"
        f"pulumi up --stack {stack}\n"
        "# before the account ends; afterwards: pulumi refresh\n"
        f"pulumi destroy --stack {stack}"
    )
