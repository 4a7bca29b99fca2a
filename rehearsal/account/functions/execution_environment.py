"""One Lambda execution environment: the function's own archive under AWS's runtime client.

The process is `python -m awslambdaric HANDLER` in the unpacked archive, with the registered environment
and the role's credentials and nothing of this machine's. It is kept warm between invocations, serves one
at a time, and is killed when an invocation runs out of time.
"""

import json
import os
import queue
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rehearsal.account.child_process import ChildProcess
from rehearsal.account.functions.memory_use import MemoryUse
from rehearsal.account.functions.platform_log import Init
from rehearsal.account.functions.runtime_api import Event, Invocation, Outcome, RuntimeApi, Status

INIT_LIMIT_SECONDS = 10.0  # AWS Lambda's limit for the init phase
_POLL_SECONDS = 0.02
EXIT_ERROR = "Runtime.ExitError"
_TIMED_OUT = "Sandbox.Timedout"
# As the Go runtime, which Lambda is written in, calls them.
_SIGNAL_NAMES = {
    signal.SIGKILL: "killed",
    signal.SIGTERM: "terminated",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGABRT: "aborted",
    signal.SIGINT: "interrupt",
}


@dataclass(frozen=True)
class Program:
    """What an execution environment runs."""

    handler: str
    code_dir: Path
    environment: Mapping[str, str]
    memory_size_mb: int
    """More than this it may not take: it is killed."""


class ExecutionEnvironment:
    """A warm process and the Runtime API that it polls."""

    def __init__(self, program: Program, write_log: Callable[[str], None]) -> None:
        self._program = program
        self._write_log = write_log
        self._start()

    @property
    def is_alive(self) -> bool:
        """Whether it can take another event."""
        return self._process.exit_code is None

    @property
    def max_memory_mb(self) -> int:
        """The most memory that it has taken so far."""
        return self._memory.peak_mb

    def initialize(self) -> Init:
        """Wait until it is ready or will not be: imports take the init phase's time, not the first event's."""
        while not self._runtime_api.was_polled.wait(_POLL_SECONDS):
            seconds = time.monotonic() - self._started
            if self._is_over_its_memory() or not self.is_alive:
                return Init(seconds * 1000, *self._failure_to_start())
            if seconds >= INIT_LIMIT_SECONDS:
                # Lambda tries once more, in the time of the first invocation.
                self.stop()
                self._start()
                return Init(seconds * 1000, "timeout", _TIMED_OUT)
        return Init((time.monotonic() - self._started) * 1000)

    def invoke(self, event: Event, timeout_seconds: float) -> Outcome:
        """Run one event; an environment that ran out of time or memory, or exited, is dead afterwards."""
        deadline = time.time() + timeout_seconds
        self._runtime_api.offer(Invocation(event, int(deadline * 1000)))
        while True:
            outcome = self._next_outcome()
            if self._is_over_its_memory():
                return killed(event.request_id, self._write_log)
            if outcome is not None:
                return outcome
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

    def _start(self) -> None:
        self._started = time.monotonic()
        self._was_over_its_memory = False
        self._runtime_api = RuntimeApi()
        self._process = ChildProcess(
            [sys.executable, "-m", "awslambdaric", self._program.handler],
            cwd=self._program.code_dir,
            env={
                **process_environment(self._program),
                "AWS_LAMBDA_RUNTIME_API": self._runtime_api.address,
            },
            write_line=self._write_log,
        )
        self._memory = MemoryUse(self._process.pid)

    def _is_over_its_memory(self) -> bool:
        if not self._was_over_its_memory and self._memory.exceeds(self._program.memory_size_mb):
            self._was_over_its_memory = True
            self.stop()
        return self._was_over_its_memory

    def _next_outcome(self) -> Outcome | None:
        try:
            return self._runtime_api.outcomes.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            return None

    def _failure_to_start(self) -> tuple[Status, str]:
        """Return what a failed init comes to; its report is left for the invocation that waits for it."""
        if not self._was_over_its_memory:
            self.stop()  # everything that it reported has been read afterwards
            if reported := list(self._runtime_api.outcomes.queue):
                return "error", reported[0].error_type
        return "failure", EXIT_ERROR

    def _exited(self, request_id: str) -> Outcome:
        self.stop()
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
        how = f"signal: {_signal_name(-code)}" if code < 0 else f"exit status {code}"
        reason = f"Runtime exited with error: {how}"
    write_log(f"RequestId: {request_id} Error: {reason}\n{EXIT_ERROR}")
    return _failed(request_id, EXIT_ERROR, reason, "failure")


def killed(request_id: str, write_log: Callable[[str], None]) -> Outcome:
    """Return what Lambda answers for a process that took more memory than it has, and log it."""
    return exited(request_id, -signal.SIGKILL, write_log)


def timed_out(request_id: str, timeout_seconds: float, write_log: Callable[[str], None]) -> Outcome:
    """Return what Lambda answers for an invocation that ran out of time, and log it."""
    reason = f"Task timed out after {timeout_seconds:.2f} seconds"
    write_log(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ} {request_id} {reason}")
    return _failed(request_id, _TIMED_OUT, reason, "timeout")


def _failed(request_id: str, kind: str, reason: str, status: Status) -> Outcome:
    body = {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {reason}"}
    return Outcome(json.dumps(body).encode(), "Unhandled", status)


def _signal_name(number: int) -> str:
    return _SIGNAL_NAMES.get(signal.Signals(number), str(number))
