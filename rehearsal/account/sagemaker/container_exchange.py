"""One request to a container and its reply, on a connection of their own and within a time for both."""

import contextlib
import http.client
import socket
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_READ_SIZE = 4096


@dataclass(frozen=True)
class ContainerReply:
    """What the container answered; `chunks` yields the body as it arrives."""

    status: int
    headers: Mapping[str, str]
    """By name, in any spelling."""
    chunks: Iterator[bytes]
    """Raises one of `TRANSPORT_ERRORS` if the body breaks off or is not all there in time."""

    @property
    def content_type(self) -> str:
        """What the container calls its body."""
        return self.headers.get("Content-Type", "application/octet-stream")


@contextlib.contextmanager
def exchange(
    port: int, body: bytes, headers: Mapping[str, str], limit_seconds: float
) -> Generator[ContainerReply]:
    """Send one request to `/invocations` of the container that listens at `port`.

    Raises:
        OSError, http.client.HTTPException: no connection, or no answer within `limit_seconds`.
    """
    deadline = time.monotonic() + limit_seconds
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=limit_seconds)
    with contextlib.closing(connection):
        connection.request("POST", "/invocations", body, dict(headers))
        connected = connection.sock  # which the connection forgets once the reply has begun
        with contextlib.closing(connection.getresponse()) as reply:
            # Looked up in any spelling, as a mapping should that stands for headers.
            found: Any = reply.headers
            yield ContainerReply(reply.status, found, _chunks(reply, connected, deadline))


def _chunks(
    reply: http.client.HTTPResponse, connected: socket.socket, deadline: float
) -> Iterator[bytes]:
    while chunk := _next_chunk(reply, connected, deadline):
        yield chunk
    if reply.length:  # http.client takes a body that ends too early for a whole one
        raise http.client.IncompleteRead(b"", reply.length)


def _next_chunk(
    reply: http.client.HTTPResponse, connected: socket.socket, deadline: float
) -> bytes:
    left_seconds = deadline - time.monotonic()
    if left_seconds <= 0:
        raise TimeoutError("the time for the whole reply is over")
    # Else each part, however small, would have all the time that is meant for the whole.
    connected.settimeout(left_seconds)
    return reply.read1(_READ_SIZE)
