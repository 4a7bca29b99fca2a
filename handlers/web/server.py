"""HTTP in, the same answers as from the function without an adapter out, streams as streams."""

import logging
import sys
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, cast

from handlers.http_event import HttpEvent
from handlers.invocation import Deadline, Invocation
from handlers.request_answers import Answered, EventKind, answer_request
from handlers.services import Services
from handlers.web.lambda_context import CONTEXT_HEADER, context_from
from handlers.web.text_stream import TextStream

READINESS_PATH = "/ready"
MOST_BODY_BYTES = 16 * 1024**2
"""More than any event of Lambda's can hold (6 MB): what is larger did not come from the adapter."""
LONGEST_RUN_SECONDS = 900.0
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

_logger = logging.getLogger(__name__)


class WebServer(ThreadingHTTPServer):
    """The server; `services` is what it answers with."""

    daemon_threads: bool = True

    def __init__(self, host: str, port: int, services: Services) -> None:
        super().__init__((host, port), RequestHandler)
        self.services: Services = services

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - as socketserver has it
        """Say that a connection failed, without a trace: it could show what people wrote."""
        _log_failure("connection failed", sys.exception())


class RequestHandler(BaseHTTPRequestHandler):
    """One connection of the adapter's; any method is answered in the same way."""

    protocol_version: str = "HTTP/1.1"
    # A piece of text is small, and is not to wait for the next.
    disable_nagle_algorithm: ClassVar[bool] = True

    def do_GET(self) -> None:
        """Say that the server is ready, or answer what is asked for."""
        if self.path == READINESS_PATH:
            self._respond(HTTPStatus.OK, {"content-type": "text/plain"}, b"ready")
        else:
            self.do_POST()

    def do_POST(self) -> None:
        """Answer a request."""
        context = context_from(self.headers.get(CONTEXT_HEADER))
        seconds = context.get_remaining_time_in_millis() / 1000
        self.connection.settimeout(min(max(1.0, seconds), LONGEST_RUN_SECONDS))
        try:
            body = self._body()
            if body is None:
                return
            deadline = Deadline(context.get_remaining_time_in_millis)
            invocation = Invocation(context.aws_request_id, deadline)
            self._answer_http(body, invocation)
            self.connection.settimeout(None)
        except OSError as error:
            self.close_connection: bool = True
            _log_failure("caller hung up", error)

    # Each is looked up by its name, and told what to send instead.
    do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = do_PUT = do_POST  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in http.server
        """Nothing: there is a line about each request already."""

    def _body(self) -> bytes | None:
        """The request's body; None when it was refused."""
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not (length.isascii() and length.isdigit()):
            return self._refuse(HTTPStatus.LENGTH_REQUIRED)
        if int(length[:10]) > MOST_BODY_BYTES:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return self.rfile.read(int(length))

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True
        headers = {"content-type": "text/plain", "connection": "close"}
        self._respond(status, headers, status.phrase.encode())

    def _answer_http(self, body: bytes, invocation: Invocation) -> None:
        source = HttpEvent(self._http_event(body))
        stream = TextStream(
            lambda headers: self._begin(
                HTTPStatus.OK, {**headers, "x-request-id": invocation.request_id}
            ),
            self.wfile,
        )
        answered = answer_request(
            source.request_value,
            invocation,
            self._services(),
            EventKind.HTTP,
            on_text=stream.send_text,
        )
        if stream.is_broken:
            self.close_connection = True
        elif stream.is_begun or _is_empty_stream(answered):
            stream.end("error" if answered.error else "done", answered.reply)
        else:
            response = source.reply(
                answered.status, answered.reply, invocation.request_id, answered.retry_after_seconds
            )
            headers = cast("Mapping[str, str]", response["headers"])
            self._respond(answered.status, headers, str(response["body"]).encode())

    def _http_event(self, body: bytes) -> dict[str, object]:
        """The request as a function URL would bring it."""
        return {
            "version": "2.0",
            "rawPath": self.path.partition("?")[0],
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "requestContext": {"http": {"method": self.command}},
            # What is not UTF-8 becomes what no valid request holds, and is refused as such.
            "body": body.decode(errors="surrogateescape"),
            "isBase64Encoded": False,
        }

    def _services(self) -> Services:
        return cast("WebServer", self.server).services

    def _respond(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self._begin(status, {**headers, "content-length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _begin(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def _is_empty_stream(answered: Answered) -> bool:
    """Whether the caller waits for a stream whose text is empty."""
    return answered.is_stream and answered.status == HTTPStatus.OK


def _log_failure(message: str, error: BaseException | None) -> None:
    _logger.warning(message, extra={"exception_type": type(error).__name__})
