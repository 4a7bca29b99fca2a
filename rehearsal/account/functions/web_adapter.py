"""The Lambda Web Adapter, played: a function that is an HTTP server, as the adapter's layer runs it.

The layer starts the function's handler as a script, waits until its server answers, and turns each event
into a request to it. Facts: https://awslabs.github.io/aws-lambda-web-adapter/ (configuration, features) and
github.com/awslabs/aws-lambda-web-adapter, `src/lib.rs` and `layer/bootstrap` at 003bbe2, read in November
2026. Played are the readiness check over HTTP, both invoke modes and the pass-through path. The port is
another than the one configured: this machine runs many functions at a time.
"""

import contextlib
import http.client
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

from rehearsal.account.child_process import ChildProcess
from rehearsal.account.functions.execution_environment import (
    EXIT_ERROR,
    INIT_LIMIT_SECONDS,
    Program,
    exited,
    killed,
    process_environment,
    timed_out,
)
from rehearsal.account.functions.function_stream import FunctionStream, ReplyHead
from rehearsal.account.functions.memory_use import MemoryUse
from rehearsal.account.functions.platform_log import Init
from rehearsal.account.functions.runtime_api import Event, Outcome
from rehearsal.account.web.web_requests import WebRequest, buffered_result, head_of, web_request

LAYER_NAME = "LambdaAdapterLayer"  # and the architecture after it
WRAPPER = "/opt/bootstrap"
_PRELUDE_END = b"\0" * 8
_FIRST_READY_STATUS, _FIRST_UNHEALTHY_STATUS = 100, 500
_READINESS_POLL_SECONDS = 0.01
_MEMORY_POLL_SECONDS = 0.02
_READINESS_ANSWER_SECONDS = 1.0
_CHUNK_BYTES = 64 * 1024
_FAULTS = (OSError, http.client.HTTPException)


class WebEnvironment:
    """A warm server process, spoken to as the adapter does."""

    def __init__(self, program: Program, write_log: Callable[[str], None]) -> None:
        self._write_log = write_log
        self._memory_size_mb = program.memory_size_mb
        self._was_over_its_memory = False
        self._variables = program.environment
        self._port = _free_port()
        self._ready = threading.Event()
        script = program.code_dir / program.handler
        self._process = ChildProcess(
            ["/bin/sh", "-c", 'exec "$0"', str(script)],
            cwd=program.code_dir,
            env={
                **process_environment(program),
                # The runtime's own Python comes first, as /var/lang/bin does on Lambda.
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
                "AWS_LWA_PORT": str(self._port),
                "PORT": str(self._port),
            },
            write_line=write_log,
        )
        self._memory = MemoryUse(self._process.pid)

    @property
    def is_alive(self) -> bool:
        """Whether it can take another event."""
        return self._process.exit_code is None

    @property
    def max_memory_mb(self) -> int:
        """The most memory that it has taken so far."""
        return self._memory.peak_mb

    def initialize(self) -> Init:
        """Wait until its server answers; a slow start goes on in the first invocation's own time."""
        started = time.monotonic()
        self._wait_until_ready(INIT_LIMIT_SECONDS)
        milliseconds = (time.monotonic() - started) * 1000
        if self._ready.is_set():
            return Init(milliseconds)
        if self.is_alive:
            return Init(milliseconds, "timeout", "Sandbox.Timedout")
        return Init(milliseconds, "failure", EXIT_ERROR)

    def invoke(self, event: Event, timeout_seconds: float) -> Outcome:
        """Run one event to its end; an environment that ran out of time or exited is dead afterwards."""
        with self.stream(event, timeout_seconds) as stream:
            if stream.head is None or stream.failure:
                return stream.failure or Outcome(b"null")
            content = b"".join(stream.chunks)
            if stream.failure:
                return stream.failure
        return Outcome(self._result(event, stream.head, content))

    @contextlib.contextmanager
    def stream(self, event: Event, timeout_seconds: float) -> Generator[FunctionStream]:
        """Run one event, and give the server's reply as it comes."""
        deadline = time.monotonic() + timeout_seconds
        self._wait_until_ready(timeout_seconds)
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        stream = FunctionStream(None, iter(()))
        is_over = threading.Event()
        threading.Thread(target=self._watch_memory, args=[is_over], daemon=True).start()
        try:
            asked = web_request(event, self._variables, int((time.time() + timeout_seconds) * 1000))
            reply = self._reply(connection, asked, deadline)
            stream = FunctionStream(head_of(reply), iter(()))
            stream.chunks = self._chunks(
                reply, connection, stream, event, deadline, timeout_seconds
            )
        except _FAULTS:
            stream.failure = self._failure(event, deadline, timeout_seconds)
        try:
            yield stream
        finally:
            is_over.set()
            connection.close()

    def drain_log(self) -> None:
        """Return once every line that the function wrote so far has reached the log."""
        self._process.drain()

    def stop(self) -> None:
        """End the process."""
        self._process.end()

    def _watch_memory(self, is_over: threading.Event) -> None:
        while True:
            if self._memory.exceeds(self._memory_size_mb):
                self._was_over_its_memory = True
                self.stop()
            if is_over.wait(_MEMORY_POLL_SECONDS) or self._was_over_its_memory:
                return

    def _reply(
        self, connection: http.client.HTTPConnection, asked: WebRequest, deadline: float
    ) -> http.client.HTTPResponse:
        connection.timeout = max(0.001, deadline - time.monotonic())
        connection.request(asked.method, asked.target, asked.body, dict(asked.headers))
        return connection.getresponse()

    def _chunks(
        self,
        reply: http.client.HTTPResponse,
        connection: http.client.HTTPConnection,
        stream: FunctionStream,
        event: Event,
        deadline: float,
        timeout_seconds: float,
    ) -> Iterator[bytes]:
        try:
            while True:
                if connection.sock is not None:
                    connection.sock.settimeout(max(0.001, deadline - time.monotonic()))
                chunk = reply.read1(_CHUNK_BYTES)
                if not chunk:
                    return
                yield chunk
        except _FAULTS:
            stream.failure = self._failure(event, deadline, timeout_seconds)

    def _result(self, event: Event, head: ReplyHead, content: bytes) -> bytes:
        if self._variables.get("AWS_LWA_INVOKE_MODE", "").lower() == "response_stream":
            prelude = {"statusCode": head.status, "headers": head.headers, "cookies": head.cookies}
            return json.dumps(prelude).encode() + _PRELUDE_END + content
        return buffered_result(event, head, content)

    def _failure(self, event: Event, deadline: float, timeout_seconds: float) -> Outcome:
        is_late = time.monotonic() >= deadline
        was_alive = self.is_alive
        self.stop()
        if self._was_over_its_memory:
            return killed(event.request_id, self._write_log)
        if is_late:
            return timed_out(event.request_id, timeout_seconds, self._write_log)
        if was_alive:
            return Outcome(
                json.dumps(
                    {
                        "errorType": "Error",
                        "errorMessage": "the web application closed its connection",
                    }
                ).encode(),
                "Unhandled",
                "error",
            )
        return exited(event.request_id, self._process.exit_code, self._write_log)

    def _wait_until_ready(self, limit_seconds: float) -> None:
        deadline = time.monotonic() + limit_seconds
        path = self._variables.get("AWS_LWA_READINESS_CHECK_PATH", "/")
        while not self._ready.is_set() and self.is_alive and time.monotonic() < deadline:
            if self._answers(path):
                self._ready.set()
            else:
                time.sleep(_READINESS_POLL_SECONDS)

    def _answers(self, path: str) -> bool:
        check = http.client.HTTPConnection(
            "127.0.0.1", self._port, timeout=_READINESS_ANSWER_SECONDS
        )
        try:
            check.request("GET", path)
            status = check.getresponse().status
        except _FAULTS:
            return False
        finally:
            check.close()
        return _FIRST_READY_STATUS <= status < _FIRST_UNHEALTHY_STATUS


def is_web_function(layers: list[Any], variables: Mapping[str, str]) -> bool:
    """Whether a function is run by the adapter: it has the layer, and starts by the layer's script."""
    has_layer = any(f":layer:{LAYER_NAME}" in layer["Arn"] for layer in layers)
    return has_layer and variables.get("AWS_LAMBDA_EXEC_WRAPPER") == WRAPPER


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
