"""The Lambda Runtime API (2018-06-01) of one execution environment, on a loopback port of its own."""

import json
import queue
import re
import sys
import threading
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

_API = "/2018-06-01/runtime"
_REPORT = re.compile(rf"{_API}/(invocation/[^/]+/(?P<kind>response|error)|init/error)")
_SHUTDOWN_POLL_SECONDS = 0.05
Status = Literal["success", "error", "failure", "timeout"]


def new_trace_id() -> str:
    """Return a trace header for a request that came without one."""
    return f"Root=1-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:24]};Sampled=0"


@dataclass(frozen=True)
class Event:
    """What a function is invoked with."""

    request_id: str
    payload: bytes
    function_arn: str
    """As it was invoked."""
    client_context: str | None = None
    """JSON that a synchronous caller gave about itself."""
    trace_id: str = field(default_factory=new_trace_id)


@dataclass(frozen=True)
class Invocation:
    """One event on its way to the function."""

    event: Event
    deadline_epoch_ms: int

    @property
    def headers(self) -> dict[str, str]:
        """How the Runtime API tells the runtime client about it."""
        context = self.event.client_context
        return {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": self.event.request_id,
            "Lambda-Runtime-Deadline-Ms": str(self.deadline_epoch_ms),
            "Lambda-Runtime-Invoked-Function-Arn": self.event.function_arn,
            "Lambda-Runtime-Trace-Id": self.event.trace_id,
            **({"Lambda-Runtime-Client-Context": context} if context else {}),
        }


@dataclass(frozen=True)
class Outcome:
    """What an invocation came to."""

    payload: bytes
    error: str | None = None
    """`Unhandled` when the function failed; the payload then says how."""
    status: Status = "success"
    """Lambda's word for it in the report: `failure` if the runtime is gone."""

    @property
    def error_type(self) -> str:
        """What the payload of a failure calls it."""
        try:
            return str(json.loads(self.payload)["errorType"])
        except (ValueError, KeyError, TypeError):
            return "Unknown"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a connection that went down with the runtime that held it."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class RuntimeApi:
    """Hands invocations to the runtime client that polls, and takes what it reports."""

    def __init__(self) -> None:
        self.was_polled = threading.Event()
        """Set once the runtime has asked for its first event: its init phase is over."""
        self.outcomes: queue.Queue[Outcome] = queue.Queue()
        self._pending: queue.Queue[Invocation | None] = queue.Queue()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        threading.Thread(
            target=self._server.serve_forever, args=[_SHUTDOWN_POLL_SECONDS], daemon=True
        ).start()
        self.address = f"127.0.0.1:{self._server.server_port}"

    def offer(self, invocation: Invocation) -> None:
        """Give one invocation to the next poll."""
        self._pending.put(invocation)

    def close(self) -> None:
        """Let the waiting poll go and stop listening."""
        self._pending.put(None)
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else the body waits 40 ms for an acknowledged header

            def do_GET(self) -> None:
                api.was_polled.set()
                invocation = api._pending.get()
                if invocation is None:
                    self.close_connection = True
                    return
                self._reply(200, invocation.event.payload, invocation.headers)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                report = _REPORT.fullmatch(self.path)
                is_response = report is not None and report["kind"] == "response"
                api.outcomes.put(
                    Outcome(body) if is_response else Outcome(body, "Unhandled", "error")
                )
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
