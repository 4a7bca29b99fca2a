"""The playground's server: the page's files, and what the page asks, on this machine's loopback only."""

import contextlib
import json
from collections.abc import Generator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, cast
from urllib.parse import parse_qs, urlsplit

from operations.errors import NotFoundError, OperationError
from playground.doorkeeper import HOST, Doorkeeper
from playground.page_files import SECURITY_HEADERS, page_files
from playground.refusals import RefusedError
from playground.stack_api import StackApi

LARGEST_REQUEST_BYTES = 6 * 1024**2
"""What Lambda takes at most: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
_JSON = "application/json"
_JSON_LINES = "application/x-ndjson"
_IDLE_SECONDS = 60


class PlaygroundServer(ThreadingHTTPServer):
    """Serves the page for one stack until it is shut down."""

    daemon_threads: bool = True

    def __init__(self, api: StackApi, port: int = 0) -> None:
        """Listen on a port, on any that is free if it is 0.

        Raises:
            OperationError: the port is taken, or may not be used.
        """
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as failure:
            raise OperationError(
                f"port {port} cannot be listened on: {failure.strerror}",
                "name a port that is free with --port, or leave it out",
            ) from failure
        self.api = api
        self.doorkeeper = Doorkeeper(self.server_port)

    @property
    def url(self) -> str:
        """What to open. The token is in the fragment, which browsers send to nobody."""
        return f"http://{HOST}:{self.server_port}/#token={self.doorkeeper.token}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that hung up."""


class _Handler(BaseHTTPRequestHandler):
    """One connection of a browser's, for one request."""

    server_version: str = "genai-playground"
    sys_version: str = ""
    timeout: ClassVar[float] = _IDLE_SECONDS  # pyright: ignore[reportIncompatibleVariableOverride] - None in its base

    def do_GET(self) -> None:
        """Send a file of the page, or what is asked about the stack."""
        with self._refusing():
            path = urlsplit(self.path).path
            if path.startswith("/api/"):
                self._send_json(self._asked_of_stack(path))
            elif path in page_files():
                self._send(HTTPStatus.OK, *page_files()[path])
            else:
                raise RefusedError(HTTPStatus.NOT_FOUND, "there is no such page")

    def do_POST(self) -> None:
        """Ask the model, and send what happens a line of JSON each."""
        with self._refusing():
            if self.path != "/api/ask":
                raise RefusedError(HTTPStatus.NOT_FOUND, "there is no such page")
            self._playground.doorkeeper.require_token(self._headers)
            self._answer(self._request())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in http.server
        """Nothing: the command's output is for its user."""

    @property
    def _playground(self) -> PlaygroundServer:
        return cast("PlaygroundServer", self.server)

    @contextlib.contextmanager
    def _refusing(self) -> Generator[None]:
        """Answer with what is wrong."""
        try:
            self._playground.doorkeeper.require_own_page(self._headers)
            yield
        except RefusedError as refused:
            self._send_json({"message": str(refused), "fix": refused.fix}, refused.status)
        except OperationError as failure:
            is_missing = isinstance(failure, NotFoundError)
            status = HTTPStatus.NOT_FOUND if is_missing else HTTPStatus.BAD_GATEWAY
            self._send_json({"message": str(failure), "fix": failure.fix}, status)

    def _asked_of_stack(self, path: str) -> object:
        self._playground.doorkeeper.require_token(self._headers)
        api = self._playground.api
        if path == "/api/stack":
            return api.stack()
        if path == "/api/records":
            return api.history()
        if path == "/api/record":
            uris = parse_qs(urlsplit(self.path).query).get("uri", [])
            if len(uris) != 1:
                raise RefusedError(HTTPStatus.BAD_REQUEST, "name one record, as ?uri=s3://...")
            return api.record(uris[0])
        raise RefusedError(HTTPStatus.NOT_FOUND, "there is no such page")

    @property
    def _headers(self) -> Mapping[str, str]:
        return cast("Mapping[str, str]", self.headers)

    def _request(self) -> dict[str, Any]:
        if self.headers.get_content_type() != _JSON:
            raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send {_JSON}")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise RefusedError(HTTPStatus.LENGTH_REQUIRED, "say how long the request is")
        if int(length[:10]) > LARGEST_REQUEST_BYTES:
            raise RefusedError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"a request may have {LARGEST_REQUEST_BYTES:,} bytes, as Lambda takes them",
                "shorten the prompt",
            )
        try:
            request = json.loads(self.rfile.read(int(length)))
        except ValueError:
            request = None
        if not isinstance(request, dict):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the request is no JSON object")
        return cast("dict[str, Any]", request)

    def _answer(self, request: dict[str, Any]) -> None:
        """Send each event as it comes; a browser that hangs up ends the asking."""
        self._begin(HTTPStatus.OK, _JSON_LINES)

        def tell(event: dict[str, Any]) -> None:
            self.wfile.write(json.dumps(event).encode() + b"\n")

        with contextlib.suppress(OSError):
            self._playground.api.answer(request, tell)

    def _send_json(self, value: object, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(status, _JSON, json.dumps(value).encode())

    def _send(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self._begin(status, content_type, {"Content-Length": str(len(body))})
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def _begin(
        self, status: HTTPStatus, content_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        for name, value in {**SECURITY_HEADERS, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
