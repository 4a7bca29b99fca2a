"""Start the local account as a process of its own and reach it with boto3."""

import contextlib
import functools
import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import IO, Any

from botocore.config import Config

import rehearsal
from operations.aws_session import isolated_session
from operations.stack_outputs import STACKS_PATH
from rehearsal.account import ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY
from rehearsal.account.faults.plan import FaultPlan
from rehearsal.account.faults.reports import FAULTS_PATH
from rehearsal.account.iam.call_journal import CALLS_PATH
from rehearsal.account.partitions import partition_of

START_LIMIT_SECONDS = 60
STOP_LIMIT_SECONDS = 15
LONGEST_ANSWER_SECONDS = 910  # Lambda runs for 900 at most


class AccountError(Exception):
    """The local account did not come up."""


class LocalAccount:
    """A running account: its URL, its administrator's credentials, and clients made from both."""

    def __init__(self, url: str, region: str) -> None:
        self.url = url
        self.region = region
        self._session = isolated_session()
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}

    @functools.cached_property
    def environment(self) -> dict[str, str]:
        """What another process needs in its environment to use this account."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ADMIN_ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": ADMIN_SECRET_ACCESS_KEY,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,  # the one that boto3 reads
        }

    @property
    def partition(self) -> str:
        """What the account's ARNs begin with, after `arn:`."""
        return partition_of(self.region)

    def client(self, service: str) -> Any:
        """Return the administrator's client for `service`, always the same one."""
        with self._lock:  # a session may not make clients from several threads at once
            if service not in self._clients:
                self._clients[service] = self._new_client(service)
            return self._clients[service]

    def injections(self) -> list[dict[str, Any]]:
        """Every fault that came since faults were last asked for, in order."""
        with urllib.request.urlopen(f"{self.url}{FAULTS_PATH}") as answer:
            return json.loads(answer.read())

    def calls(self) -> list[dict[str, Any]]:
        """Every decision so far about who may do what, equal ones counted: as `call_journal.JudgedCalls` tells them."""
        with urllib.request.urlopen(f"{self.url}{CALLS_PATH}") as answer:
            return json.loads(answer.read())

    def inject(self, *faults: str, seed: int = 0) -> None:
        """Make these faults from now on, as `--fault` spells them, instead of those so far.

        Raises:
            FaultError: there are no such faults.
        """
        plan = str(FaultPlan.of(*faults, seed=seed)).encode()
        urllib.request.urlopen(f"{self.url}{FAULTS_PATH}", plan).close()

    def publish(self, stack: str, outputs: Mapping[str, Any]) -> None:
        """Let the account tell whoever asks it for a stack what that exports."""
        told = json.dumps({stack: outputs}).encode()
        urllib.request.urlopen(f"{self.url}{STACKS_PATH}", told).close()

    def close(self) -> None:
        """Close the clients' connections."""
        for client in self._clients.values():
            client.close()

    def _new_client(self, service: str) -> Any:
        return self._session.client(
            service,  # pyright: ignore[reportArgumentType] - any service name
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id=ADMIN_ACCESS_KEY_ID,
            aws_secret_access_key=ADMIN_SECRET_ACCESS_KEY,
            config=Config(
                retries={"total_max_attempts": 1},
                connect_timeout=5,
                read_timeout=LONGEST_ANSWER_SECONDS,
                proxies={},
            ),
        )


@contextlib.contextmanager
def local_account(
    region: str,
    played_like: Mapping[str, str] | None = None,
    faults: FaultPlan | None = None,
    *,
    port: int = 0,
    minute_seconds: float | None = None,
) -> Generator[LocalAccount]:
    """Run a local account for the length of a `with` block.

    Args:
        region: the one Region that it has.
        played_like: repositories of one's own, each with the one whose images it is played like.
        faults: what is made to go wrong for roles; nothing if left out.
        port: where it listens; 0 takes any that is free.
        minute_seconds: how long a minute of AWS's own waits lasts; a moment if left out.

    Raises:
        AccountError: it did not announce its URL in time; the message holds what it printed.
    """
    process = subprocess.Popen(  # noqa: S603 - no shell; the repository's name is one argument
        [
            *(sys.executable, "-P", "-m", "rehearsal.account"),
            *([f"--faults={faults}"] if faults else []),
            *(f"--played-like={own}={known}" for own, known in (played_like or {}).items()),
            *([f"--port={port}"] if port else []),
            *([f"--minute={minute_seconds}"] if minute_seconds is not None else []),
        ],
        env=_environment(),
        stdin=subprocess.PIPE,  # the account ends when this closes, even if this process is killed
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with contextlib.closing(LocalAccount(_announced_url(process), region)) as account:
            yield account
    finally:
        _stop(process)


def _environment() -> dict[str, str]:
    """This process's own, less what would configure AWS clients or moto, or send them to a proxy."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "MOTO_")) and not name.lower().endswith("_proxy")
    }
    return {**kept, "PYTHONPATH": _package_root()}


def _announced_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None  # noqa: S101 - opened as pipes above
    assert process.stderr is not None  # noqa: S101
    watchdog = threading.Timer(START_LIMIT_SECONDS, process.kill)
    watchdog.start()
    try:
        url = process.stdout.readline().strip()
    finally:
        watchdog.cancel()
    if not url:
        process.kill()
        with process.stderr as stderr:
            raise AccountError(f"the local account did not start:\n{stderr.read().strip()}")
    threading.Thread(target=_forward, args=[process.stderr], daemon=True).start()
    return url


def _forward(stderr: IO[str]) -> None:
    """Keep the pipe from filling up, and show what goes wrong inside."""
    with stderr:
        for line in stderr:
            sys.stderr.write(line)


def _stop(process: subprocess.Popen[str]) -> None:
    if process.stdin:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    try:
        process.wait(STOP_LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def _package_root() -> str:
    return str(Path(rehearsal.__file__).resolve().parent.parent)
