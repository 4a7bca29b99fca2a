"""SageMaker's runtime on the wire: an HTTP server on this machine that answers as it is told."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class WireRequest:
    """What arrived."""

    path: str
    headers: Message
    body: bytes

    def json(self) -> object:
        """The body's JSON value."""
        return json.loads(self.body)


class WireEndpoint:
    """The server. Each test says with one of the methods below how it behaves from then on."""

    def __init__(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        self.requests: list[WireRequest] = []
        self._behave: Callable[[BaseHTTPRequestHandler], None] = _unplanned
        self._released = threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                endpoint.requests.append(WireRequest(self.path, self.headers, body))
                endpoint._behave(self)

            def log_request(self, code: object = "-", size: object = "-") -> None:
                """Say nothing: the test reports."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reset(self) -> None:
        """Forget what came, let a silent answer go, and refuse to answer until told how."""
        self._released.set()
        self._released = threading.Event()
        self.requests.clear()
        self._behave = _unplanned

    def answers(self, body: bytes | object, *, variant: str = "AllTraffic") -> None:
        """200 with these bytes, or with this value as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"x-Amzn-Invoked-Production-Variant": variant}
        self._behave = lambda handler: _send(handler, 200, content, headers)

    def accepts(self, result: str, failure: str | None) -> None:
        """202 as InvokeEndpointAsync answers, with the locations in headers."""
        headers = {"X-Amzn-SageMaker-OutputLocation": result}
        if failure:
            headers["X-Amzn-SageMaker-FailureLocation"] = failure
        content = json.dumps({"InferenceId": "id-1"}).encode()
        self._behave = lambda handler: _send(handler, 202, content, headers)

    def fails(self, code: str, status: int, **members: object) -> None:
        """An error in AWS's wire format: its name in a header, its members as JSON."""
        content = json.dumps(members).encode()
        self._behave = lambda handler: _send(handler, status, content, {"x-amzn-ErrorType": code})

    def stays_silent(self) -> None:
        """No answer until the test is over."""
        self._behave = lambda handler: _wait(handler, self._released)

    def stalls_midway(self, body: bytes) -> None:
        """Headers and half of the body at once, and then nothing until the test is over."""

        def behave(handler: BaseHTTPRequestHandler) -> None:
            _send_headers(handler, 200, len(body), {})
            handler.wfile.write(body[: len(body) // 2])
            handler.wfile.flush()
            _wait(handler, self._released)

        self._behave = behave

    def breaks_off_midway(self, body: bytes) -> None:
        """Headers and half of the body, and then the connection ends."""

        def behave(handler: BaseHTTPRequestHandler) -> None:
            _send_headers(handler, 200, len(body), {})
            handler.wfile.write(body[: len(body) // 2])
            handler.close_connection = True

        self._behave = behave

    def hangs_up(self) -> None:
        """The connection is reset in place of an answer."""

        def behave(handler: BaseHTTPRequestHandler) -> None:
            # Closing with a linger time of 0 sends RST.
            handler.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            handler.close_connection = True

        self._behave = behave


def unused_url() -> str:
    """An address on this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def _unplanned(handler: BaseHTTPRequestHandler) -> None:
    _send(handler, 599, b'{"Message": "the test did not plan this call"}', {})


def _wait(handler: BaseHTTPRequestHandler, released: threading.Event) -> None:
    released.wait(timeout=30)
    handler.close_connection = True


def _send(
    handler: BaseHTTPRequestHandler, status: int, content: bytes, headers: Mapping[str, str]
) -> None:
    _send_headers(handler, status, len(content), headers)
    handler.wfile.write(content)


def _send_headers(
    handler: BaseHTTPRequestHandler, status: int, length: int, headers: Mapping[str, str]
) -> None:
    handler.send_response(status)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(length))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
