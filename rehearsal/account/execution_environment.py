"""One Lambda execution environment: the function's own archive under AWS's runtime client.

The process is `python -m awslambdaric HANDLER` in the unpacked archive, with the registered environment
and the role's credentials and nothing of this machine's. It is kept warm between invocations, serves one
at a time, and is killed when an invocation runs out of time.
"""

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

INIT_LIMIT_SECONDS = 10  # AWS Lambda's limit for the init phase
_API = "/2018-06-01/runtime"
_REPORT = re.compile(rf"{_API}/invocation/(?P<id>[^/]+)/(?P<kind>response|error)")


@dataclass(frozen=True)
class Outcome:
    """What an invocation came to."""

    payload: bytes
    error: str | None = None
    """`Unhandled` when the function failed; the payload then says how."""


@dataclass(frozen=True)
class _Invocation:
    request_id: str
    payload: bytes
    deadline_epoch_ms: int


class ExecutionEnvironment:
    """A warm process and the Runtime API that it polls."""

    def __init__(
        self,
        handler: str,
        code_dir: Path,
        environment: Mapping[str, str],
        function_arn: str,
        write_log: Callable[[str], None],
    ) -> None:
        self._function_arn = function_arn
        self._pending: queue.Queue[_Invocation | None] = queue.Queue()
        self._outcomes: queue.Queue[Outcome] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._runtime_api())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()
        self._process = subprocess.Popen(  # noqa: S603 - the runtime client of this interpreter
            [sys.executable, "-m", "awslambdaric", handler],
            cwd=code_dir,
            env={
                "PATH": os.environ.get("PATH", ""),
                "LANG": "en_US.UTF-8",
                "PYTHONDONTWRITEBYTECODE": "1",  # the code folder is read-only on AWS
                **environment,
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
                "LAMBDA_TASK_ROOT": str(code_dir),
                "_HANDLER": handler,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._ship_logs, args=[write_log], daemon=True)
        self._reader.start()
        self.is_alive = True

    def invoke(self, payload: bytes, timeout_seconds: float) -> Outcome:
        """Run one event; an environment that failed or timed out is dead afterwards."""
        request_id = str(uuid.uuid4())
        deadline = time.time() + timeout_seconds
        self._pending.put(_Invocation(request_id, payload, int(deadline * 1000)))
        while True:
            remaining = deadline - time.time()
            try:
                return self._outcomes.get(timeout=max(0.0, min(remaining, 0.1)))
            except queue.Empty:
                pass
            if self._process.poll() is not None:
                return self._ended(request_id)
            if remaining <= 0:
                self.stop()
                return _failed(
                    f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {request_id} "
                    f"Task timed out after {timeout_seconds:.2f} seconds",
                    "Sandbox.Timedout",
                )

    def stop(self) -> None:
        """End the process and its Runtime API."""
        self.is_alive = False
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._pending.put(None)
        self._server.shutdown()
        self._server.server_close()

    def _ended(self, request_id: str) -> Outcome:
        try:
            outcome = self._outcomes.get(timeout=0.1)  # a failed init reports, then exits
        except queue.Empty:
            outcome = _failed(
                f"RequestId: {request_id} Error: Runtime exited with error: exit status "
                f"{self._process.returncode}",
                "Runtime.ExitError",
            )
        self.stop()
        return outcome

    def _ship_logs(self, write_log: Callable[[str], None]) -> None:
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe above
        with self._process.stdout as output:
            for line in output:
                write_log(line)

    def _runtime_api(self) -> type[BaseHTTPRequestHandler]:
        environment = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                invocation = environment._pending.get()
                if invocation is None:
                    self.close_connection = True
                    return
                self._reply(
                    200,
                    invocation.payload,
                    {
                        "Content-Type": "application/json",
                        "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                        "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_epoch_ms),
                        "Lambda-Runtime-Invoked-Function-Arn": environment._function_arn,
                        "Lambda-Runtime-Trace-Id": f"Root=1-{uuid.uuid4().hex[:8]};Sampled=0",
                    },
                )

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                report = _REPORT.fullmatch(self.path)
                is_response = report is not None and report["kind"] == "response"
                environment._outcomes.put(Outcome(body, None if is_response else "Unhandled"))
                self._reply(202, b"", {})

            def _reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
                """The Runtime API keeps no log."""

        return Handler


def _failed(message: str, kind: str) -> Outcome:
    body: dict[str, Any] = {"errorType": kind, "errorMessage": message}
    return Outcome(json.dumps(body).encode(), "Unhandled")
