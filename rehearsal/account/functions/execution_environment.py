"""One Lambda execution environment: the function's own archive under AWS's runtime client.

The process is `python -m awslambdaric HANDLER` in the unpacked archive, with the registered environment
and the role's credentials and nothing of this machine's. It is kept warm between invocations, serves one
at a time, and is killed when an invocation runs out of time.
"""

import json
import os
import queue
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rehearsal.account.child_process import ChildProcess
from rehearsal.account.functions.runtime_api import Event, Invocation, Outcome, RuntimeApi

INIT_LIMIT_SECONDS = 10.0  # AWS Lambda's limit for the init phase
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Program:
    """What an execution environment runs."""

    handler: str
    code_dir: Path
    environment: Mapping[str, str]


class ExecutionEnvironment:
    """A warm process and the Runtime API that it polls."""

    def __init__(self, program: Program, write_log: Callable[[str], None]) -> None:
        self._write_log = write_log
        self._runtime_api = RuntimeApi()
        self._process = ChildProcess(
            [sys.executable, "-m", "awslambdaric", program.handler],
            cwd=program.code_dir,
            env={
                **process_environment(program),
                "AWS_LAMBDA_RUNTIME_API": self._runtime_api.address,
            },
            write_line=write_log,
        )

    @property
    def is_alive(self) -> bool:
        """Whether it can take another event."""
        return self._process.exit_code is None

    def invoke(self, event: Event, timeout_seconds: float) -> Outcome:
        """Run one event; an environment that ran out of time or exited is dead afterwards."""
        self._wait_for_init()
        deadline = time.time() + timeout_seconds
        self._runtime_api.offer(Invocation(event, int(deadline * 1000)))
        while True:
            try:
                return self._runtime_api.outcomes.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                pass
            if not self.is_alive:
                return self._exited(event.request_id)
            if time.time() >= deadline:
                self.stop()
                return timed_out(event.request_id, timeout_seconds, self._write_log)

    def drain_log(self) -> None:
        """Return once every line that the function wrote so far has reached the log."""
        self._process.drain()

    def stop(self) -> None:
        """End the process and its Runtime API."""
        self._process.end()
        self._runtime_api.close()

    def _wait_for_init(self) -> None:
        """Let imports take the init phase's time, not the first invocation's."""
        deadline = time.monotonic() + INIT_LIMIT_SECONDS
        while time.monotonic() < deadline and self.is_alive:
            if self._runtime_api.was_polled.wait(_POLL_SECONDS):
                return

    def _exited(self, request_id: str) -> Outcome:
        self.stop()  # everything that it reported has been read afterwards
        try:
            return self._runtime_api.outcomes.get_nowait()  # a failed init reports, then exits
        except queue.Empty:
            return exited(request_id, self._process.exit_code, self._write_log)


def process_environment(program: Program) -> dict[str, str]:
    """Return the variables of a function's process: its own and Lambda's, none of this machine's."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        # Not Lambda's: the code folder is read-only there, and nobody is at home.
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/nonexistent",
        **program.environment,
        "LAMBDA_TASK_ROOT": str(program.code_dir),
        "_HANDLER": program.handler,
    }


def exited(request_id: str, code: int | None, write_log: Callable[[str], None]) -> Outcome:
    """Return what Lambda answers for a process that is gone, and log it."""
    reason = "Runtime exited without providing a reason"
    if code:
        how = f"signal: {-code}" if code < 0 else f"exit status {code}"
        reason = f"Runtime exited with error: {how}"
    return _failed(request_id, "Runtime.ExitError", reason, write_log)


def timed_out(request_id: str, timeout_seconds: float, write_log: Callable[[str], None]) -> Outcome:
    """Return what Lambda answers for an invocation that ran out of time, and log it."""
    reason = f"Task timed out after {timeout_seconds:.2f} seconds"
    return _failed(request_id, "Sandbox.Timedout", reason, write_log)


def _failed(request_id: str, kind: str, reason: str, write_log: Callable[[str], None]) -> Outcome:
    write_log(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ} {request_id} {reason}")
    body = {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {reason}"}
    return Outcome(json.dumps(body).encode(), "Unhandled")
