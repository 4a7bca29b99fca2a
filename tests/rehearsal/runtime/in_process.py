"""SageMaker's runtime in the test's own process: its clock and limits can be moved, its metrics read."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.eventstream import EventStreamBuffer
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.cloudwatch.metrics import collected
from rehearsal.account.sagemaker import runtime
from rehearsal.account.wire_errors import AwsError

REGION = "us-east-1"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


class ScriptedContainer:
    """A container that does with each connection what its script says, once it has the request."""

    def __init__(self, script: Callable[[socket.socket], None]) -> None:
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):  # not connected, says macOS
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(65536)
            self.requests.append(request)
            self._script(connection)


def answering(reply: bytes) -> Callable[[socket.socket], None]:
    """A script: send so many bytes and hang up."""
    return lambda connection: connection.sendall(reply)


def whole_answer(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def part(chunk: bytes) -> bytes:
    """A chunk of a streamed answer."""
    return b"%x\r\n%s\r\n" % (len(chunk), chunk)


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


class Errands:
    """What nobody waits for is done at once, unless it is held back."""

    def __init__(self) -> None:
        self.is_held = False
        self._held: list[Callable[[], object]] = []

    def submit(self, work: Callable[..., object], *arguments: Any) -> None:
        self._held.append(lambda: work(*arguments))
        if not self.is_held:
            self.do()

    def do(self) -> None:
        held, self._held = self._held, []
        for work in held:
            work()


@dataclass
class FakeVariant:
    name: str = "v"
    weight: float = 1.0
    host: Any = None
    instances: int = 1
    is_cold: bool = False
    warm_ups: int = 0

    def warm_up(self) -> None:
        self.warm_ups += 1
        self.is_cold = False


@dataclass
class FakeFleet:
    variants: tuple[FakeVariant, ...]
    configuration: dict[str, Any] = field(default_factory=dict[str, Any])
    shadowing: FakeVariant | None = None
    is_serverless: bool = False
    takes_components: bool = False
    capture: None = None

    @property
    def is_async(self) -> bool:
        return "AsyncInferenceConfig" in self.configuration

    def choose(self, target: str | None = None) -> FakeVariant | None:
        if target is None:
            return self.variants[0]
        return next((v for v in self.variants if v.name == target), None)

    def shadow(self) -> FakeVariant | None:
        return self.shadowing


@dataclass
class FakeHost:
    container: Any
    log_group: str = "/aws/sagemaker/Endpoints/e"
    log_stream_arn: str = "arn:of:the:stream"


class Runtime:
    """One endpoint called `e` with one container."""

    def __init__(self, container: ScriptedContainer, **fleet: Any) -> None:
        self.host = FakeHost(container)
        self.variant = FakeVariant(host=self.host)
        self.fleet = FakeFleet((self.variant,), **fleet)
        self.components: dict[str, Any] = {}
        self.errands = Errands()
        self._sagemaker: Any = SimpleNamespace(
            serving=self._serving,
            serving_component=lambda _endpoint, name: contextlib.nullcontext(self.components[name]),
            state=SimpleNamespace(errands=self.errands, site=SimpleNamespace(region=REGION)),
        )
        collected()  # what other tests have left

    def invoke(self, body: bytes = b"{}", kind: str = "invocations", **headers: str) -> Response:
        named = Headers()
        for name, value in headers.items():
            named[f"X-Amzn-SageMaker-{name.replace('_', '-')}"] = value
        environ = EnvironBuilder(
            f"/endpoints/e/{kind}", method="POST", data=body, headers=named
        ).get_environ()
        request = AwsRequest.read(environ)
        return runtime.invoke(request, self._sagemaker)

    def stream(self) -> "Heard":
        response = self.invoke(kind="invocations-response-stream")
        with contextlib.closing(response):
            return Heard(b"".join(cast("Iterator[bytes]", response.response)))

    def refusal(self, **invocation: Any) -> AwsError:
        with pytest.raises(AwsError) as caught:
            self.invoke(**invocation)
        return caught.value

    def metrics(self) -> dict[str, float]:
        """The values told since the last time, by name; each metric may be told once."""
        told = collected()
        found = {observation.name: observation.value for observation in told}
        assert len(found) == len(told)
        return found

    @contextlib.contextmanager
    def _serving(self, _endpoint: str) -> Generator[FakeFleet]:
        yield self.fleet


Start = Callable[[Callable[[socket.socket], None]], Runtime]
"""A runtime over a container with such a script."""


class Heard:
    """A stream's parts, and the exception it ended with."""

    def __init__(self, body: bytes) -> None:
        self.parts: list[bytes] = []
        self.exception: tuple[str, dict[str, Any]] | None = None
        buffer = EventStreamBuffer()
        buffer.add_data(body)
        for event in buffer:
            kind = event.headers.get(":exception-type")
            if kind:
                self.exception = (str(kind), json.loads(event.payload))
            else:
                self.parts.append(event.payload)
