"""SageMaker's runtime on the wire: an HTTP server on this machine that answers as it is told.

It takes any method, so that S3's and SQS's requests can be looked at as well.
"""

import json
import socket
import struct
import threading
import time
from binascii import crc32
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class WireRequest:
    """What arrived."""

    method: str
    path: str
    headers: Message
    body: bytes

    def json(self) -> object:
        """The body's JSON value."""
        return json.loads(self.body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that hung up: some tests have it so."""


Behaviour = Callable[[BaseHTTPRequestHandler], None]
"""Answers one request, or does not."""


class WireEndpoint:
    """The server. Each test says with the methods below how it behaves from then on.

    A method with `times` says it for the next so many requests only; what is said without comes after.
    """

    def __init__(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        self.requests: list[WireRequest] = []
        self.connections: int = 0
        """How many were opened."""
        self._first: list[Behaviour] = []
        self._behave: Behaviour = _unplanned
        self._released = threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                endpoint.connections += 1

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                endpoint.requests.append(WireRequest(self.command, self.path, self.headers, body))
                behave = endpoint._first.pop(0) if endpoint._first else endpoint._behave
                behave(self)

            do_POST = do_PUT = do_GET = do_HEAD = answer  # noqa: N815 - the base class's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as above
                """Say nothing: the test reports."""

        self._server = _Server(("127.0.0.1", 0), Handler)
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
        self.connections = 0
        self._first.clear()
        self._behave = _unplanned

    def answers(
        self,
        body: bytes | object,
        *,
        variant: str = "AllTraffic",
        headers: Mapping[str, str] | None = None,
        after_seconds: float = 0,
        times: int | None = None,
    ) -> None:
        """200 with these bytes, or with this value as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        all_headers = {"x-Amzn-Invoked-Production-Variant": variant, **(headers or {})}

        def behave(handler: BaseHTTPRequestHandler) -> None:
            time.sleep(after_seconds)
            _send(handler, 200, content, all_headers)

        self._plan(behave, times)

    def accepts(self, result: str | None, failure: str | None) -> None:
        """202 as InvokeEndpointAsync answers, with the locations in headers."""
        headers = {
            "X-Amzn-SageMaker-OutputLocation": result,
            "X-Amzn-SageMaker-FailureLocation": failure,
        }
        said = {name: location for name, location in headers.items() if location}
        content = json.dumps({"InferenceId": "id-1"}).encode()
        self._plan(lambda handler: _send(handler, 202, content, said))

    def fails(self, code: str, status: int, *, times: int | None = None, **members: object) -> None:
        """An error in AWS's wire format: its name in a header, its members as JSON."""
        content = json.dumps(members).encode()
        headers = {"x-amzn-ErrorType": code}
        self._plan(lambda handler: _send(handler, status, content, headers), times)

    def says(
        self, status: int, content: bytes, headers: Mapping[str, str], times: int | None = None
    ) -> None:
        """Anything else, as it is."""
        self._plan(lambda handler: _send(handler, status, content, headers), times)

    def streams(
        self, pieces: Sequence[bytes], *, is_cut: bool = False, stalls: bool = False
    ) -> None:
        """200 and an event stream in these pieces, each in a chunk and a packet of its own.

        `is_cut`: the connection ends in place of the end. `stalls`: nothing comes after the pieces
        until the test is over.
        """

        def behave(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("content-type", "application/vnd.amazon.eventstream")
            handler.send_header("x-Amzn-Invoked-Production-Variant", "AllTraffic")
            handler.send_header("transfer-encoding", "chunked")
            handler.end_headers()
            for piece in pieces:
                handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            if stalls:
                _wait(handler, self._released)
            elif is_cut:
                handler.close_connection = True
            else:
                handler.wfile.write(b"0\r\n\r\n")

        self._plan(behave)

    def stays_silent(self, *, times: int | None = None) -> None:
        """No answer until the test is over."""
        self._plan(lambda handler: _wait(handler, self._released), times)

    def stalls_midway(self, body: bytes) -> None:
        """Headers and half of the body at once, and then nothing until the test is over."""

        def behave(handler: BaseHTTPRequestHandler) -> None:
            _send_headers(handler, 200, len(body), {})
            handler.wfile.write(body[: len(body) // 2])
            _wait(handler, self._released)

        self._plan(behave)

    def breaks_off_midway(self, body: bytes) -> None:
        """Headers and half of the body, and then the connection ends."""

        def behave(handler: BaseHTTPRequestHandler) -> None:
            _send_headers(handler, 200, len(body), {})
            handler.wfile.write(body[: len(body) // 2])
            handler.close_connection = True

        self._plan(behave)

    def hangs_up(self, *, times: int | None = None, beginning: bytes = b"") -> None:
        """The connection is reset in place of an answer, or after its beginning."""

        def behave(handler: BaseHTTPRequestHandler) -> None:
            if beginning:
                handler.wfile.write(beginning)
            else:
                # Closing with a linger time of 0 sends RST.
                handler.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
            handler.close_connection = True

        self._plan(behave, times)

    def hangs_up_after(self, body: bytes) -> None:
        """200 with these bytes, and then the connection ends without a word."""

        def behave(handler: BaseHTTPRequestHandler) -> None:
            _send(handler, 200, body, {})
            handler.close_connection = True

        self._plan(behave)

    def _plan(self, behave: Behaviour, times: int | None = None) -> None:
        if times is None:
            self._behave = behave
        else:
            self._first += [behave] * times


def message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """A message of AWS's event stream encoding: every header a text."""
    encoded = b"".join(
        struct.pack(">B", len(name))
        + name.encode()
        + b"\x07"
        + struct.pack(">H", len(value))
        + value
        for name, value in ((name, value.encode()) for name, value in headers.items())
    )
    prelude = struct.pack(">II", 12 + len(encoded) + len(payload) + 4, len(encoded))
    checked = prelude + struct.pack(">I", crc32(prelude)) + encoded + payload
    return checked + struct.pack(">I", crc32(checked))


def part(payload: bytes) -> bytes:
    """What a container wrote, as InvokeEndpointWithResponseStream passes it on."""
    headers = {
        ":message-type": "event",
        ":event-type": "PayloadPart",
        ":content-type": "application/octet-stream",
    }
    return message(headers, payload)


def exception(kind: str, **members: str) -> bytes:
    """An error within a stream."""
    headers = {
        ":message-type": "exception",
        ":exception-type": kind,
        ":content-type": "application/json",
    }
    return message(headers, json.dumps(members).encode())


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
    if handler.command != "HEAD":
        handler.wfile.write(content)


def _send_headers(
    handler: BaseHTTPRequestHandler, status: int, length: int, headers: Mapping[str, str]
) -> None:
    handler.send_response(status)
    for name, value in {
        "content-type": "application/json",
        "content-length": str(length),
        **headers,
    }.items():
        handler.send_header(name, value)
    handler.end_headers()
