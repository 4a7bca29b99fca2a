"""The HTTP side of the container contract: `GET /ping` and `POST /invocations`."""

import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_BACKLOG = 64


@dataclass(frozen=True)
class Request:
    """What came to `/invocations`."""

    body: bytes
    headers: Mapping[str, str]
    """By name, in any spelling."""

    @property
    def content_type(self) -> str:
        """What the body is said to be; empty if nothing is."""
        return self.headers.get("Content-Type", "")

    @property
    def accept(self) -> str:
        """What is wanted as a reply; empty if nothing is."""
        return self.headers.get("Accept", "")


@dataclass(frozen=True)
class Reply:
    """An answer; an iterator as `body` is sent in chunks as it yields."""

    status: int
    content_type: str
    body: bytes | Iterator[bytes]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further ones."""


def json_reply(status: int, body: object) -> Reply:
    """Return an answer in JSON."""
    return Reply(status, "application/json", json.dumps(body).encode())


Answer = Callable[[Request], Reply]


def serve(listening_fd: int, answer: Answer) -> None:
    """Answer requests on an inherited listening socket until standard input closes."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    listener = socket.socket(fileno=listening_fd)
    listener.listen(_BACKLOG)
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), _handler_for(answer), bind_and_activate=False
    ) as server:
        server.socket.close()
        server.socket = listener
        server.server_address = listener.getsockname()
        server.serve_forever()


def _end_with_the_parent() -> None:
    sys.stdin.read()
    os._exit(0)


def _handler_for(answer: Answer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = (
            True  # else each part waits up to 40 ms for the last one's receipt
        )

        def do_GET(self) -> None:
            status = HTTPStatus.OK if self.path == "/ping" else HTTPStatus.NOT_FOUND
            self._send(Reply(status, "text/plain", b""))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path != "/invocations":
                self._send(Reply(HTTPStatus.NOT_FOUND, "text/plain", b"no such path"))
                return
            # Looked up in any spelling, as a mapping should that stands for headers.
            headers: Any = self.headers
            self._send(answer(Request(body, headers)))

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if isinstance(reply.body, bytes):
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
                return
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for chunk in filter(None, reply.body):  # an empty chunk would say that this was all
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Keep pings out of the container's log."""

    return Handler
