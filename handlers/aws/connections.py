"""HTTP connections that are kept between calls, shared by threads, and never outwait a call's limit."""

import http.client
import io
import socket
import ssl
import threading
from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple, Self

from handlers.aws.endpoints import Address
from handlers.aws.errors import (
    ConnectionBrokenError,
    NotConnectedError,
    ReadTimedOutError,
    ReplyBrokenError,
    ReplyTooLargeError,
)
from handlers.invocation import CONNECT_TIMEOUT_SECONDS
from handlers.time_limit import TimeLimit, run_within

Body = bytes | BinaryIO
"""What a request carries; a file is read from its beginning, as often as it is sent."""

_MOST_IDLE_PER_ADDRESS = 64  # as many as a batch has workers at most
_BLOCK_BYTES = 65_536


class HttpRequest(NamedTuple):
    """A request, ready to be sent."""

    method: str
    target: str
    headers: Mapping[str, str]
    """With `host`; the length of the body is added."""
    body: Body = b""


class _LimitedSocket(io.RawIOBase):
    """A connected socket as http.client uses one; every wait ends with the limit of the call."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__()
        self._socket = connected
        self._reader = _OpenReader(self, _BLOCK_BYTES)
        self._limit: TimeLimit | None = None
        self.has_ended: bool = False
        """Whether the other side has nothing more to send."""
        self.has_received: bool = False
        """Whether anything came within the present call."""

    def begin(self, limit: TimeLimit) -> None:
        """Serve a call until its limit."""
        self._limit = limit
        self.has_received = False

    def sendall(self, data: bytes | memoryview) -> None:
        """Send all of it. Raises TimeoutError."""
        rest = memoryview(data)
        while rest:
            self._socket.settimeout(self._wait_seconds())
            rest = rest[self._socket.send(rest[:_BLOCK_BYTES]) :]

    def readable(self) -> bool:
        """Whether it can be read from."""
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        """Receive what there is, None for nothing between calls. Raises TimeoutError."""
        self._socket.settimeout(self._wait_seconds())
        try:
            received = self._socket.recv_into(buffer)
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        self.has_received = self.has_received or received > 0
        self.has_ended = received == 0
        return received

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What comes in, as a file; the same one for every reply, so that none loses what is next."""
        return self._reader

    def close(self) -> None:
        """Leave it open: http.client closes what it reads from while the reply may go on.

        The connection is closed by whoever opened it.
        """

    def is_silent(self) -> bool:
        """Whether nothing has come unasked, not even the end: then the other side still listens."""
        self._limit = None
        try:
            return not self._reader.peek(1) and not self.has_ended
        except OSError:
            return False

    def hang_up(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _wait_seconds(self) -> float:
        return 0 if self._limit is None else self._limit.wait_seconds()


class _OpenReader(io.BufferedReader):
    """Stays open when http.client closes it after a reply."""

    def close(self) -> None:
        """Leave it open."""


class _Connection(http.client.HTTPConnection):
    """A connection to one address; `connect` is done before it is made."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__("", 0, blocksize=_BLOCK_BYTES)
        self.wire = _LimitedSocket(connected)
        self.has_served = False

    def exchange(self, request: HttpRequest, limit: TimeLimit) -> http.client.HTTPResponse:
        """Send a request and read the reply as far as its headers."""
        wire = self.wire
        wire.begin(limit)
        # http.client forgets the socket when a reply says that it is the connection's last one.
        self.sock = wire
        try:
            self._send(request)
        except TimeoutError as error:
            # Whoever gets half a request does nothing with it.
            raise NotConnectedError("the request was not taken in time") from error
        except (BrokenPipeError, ConnectionResetError):
            # The other side may have answered before it had all of the body: the reply says why.
            pass
        except OSError as error:
            raise NotConnectedError(_reason(error)) from error
        try:
            response = self.getresponse()
        except TimeoutError as error:
            raise ReadTimedOutError("no reply came in time") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            if wire.has_received:
                raise ReplyBrokenError(_reason(error)) from error
            raise ConnectionBrokenError(_reason(error)) from error
        if wire.has_ended:
            # http.client takes what there is for all of the headers.
            raise ReplyBrokenError("the connection ended within the reply's headers")
        self.has_served = True
        return response

    def _send(self, request: HttpRequest) -> None:
        self.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.items():
            self.putheader(name, value.encode())
        body = request.body
        length = len(body) if isinstance(body, bytes) else _length(body)
        if length or request.method in {"POST", "PUT"}:
            self.putheader("content-length", str(length))
        self.endheaders(body if length else None)

    def hang_up(self) -> None:
        """Close the connection."""
        self.close()
        self.wire.hang_up()


class Reply:
    """A reply whose headers are here; its body is read from the connection, which is then kept."""

    def __init__(
        self, response: http.client.HTTPResponse, connection: _Connection, pool: "_Pool"
    ) -> None:
        self.status: int = response.status
        self.headers: Mapping[str, str] = {
            name.lower(): value for name, value in response.headers.items()
        }
        """By their names in lower case."""
        self._response = response
        self._connection: _Connection | None = connection
        self._pool = pool

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, limit_bytes: int) -> bytes:
        """All of the body that is left. Raises ReplyTooLargeError and what `read_part` raises."""
        if (self._response.length or 0) > limit_bytes:
            self.close()
            raise ReplyTooLargeError(f"larger than {limit_bytes} bytes")
        parts: list[bytes] = []
        size = 0
        while part := self.read_part():
            size += len(part)
            if size > limit_bytes:
                self.close()
                raise ReplyTooLargeError(f"larger than {limit_bytes} bytes")
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def read_part(self, most_bytes: int = _BLOCK_BYTES) -> bytes:
        """The next bytes of the body as they arrive; empty at its end.

        Raises ReadTimedOutError, and ReplyBrokenError when the body ends before its end.
        """
        if self._connection is None:
            return b""
        response = self._response
        try:
            part = response.read1(most_bytes)
        except TimeoutError as error:
            self.close()
            raise ReadTimedOutError("the rest of the reply did not come in time") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise ReplyBrokenError(_reason(error)) from error
        if not part and response.length:
            self.close()
            raise ReplyBrokenError("the connection ended within the reply")
        if not part or response.length == 0:
            self._let_go()
        return part

    def close(self) -> None:
        """Drop what was not read, and with it the connection. Harmless when all was read."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._response.close()
            connection.hang_up()

    def _let_go(self) -> None:
        """The body is read: the connection is free for the next call, if it stays."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._response.close()
            if self._response.will_close:
                connection.hang_up()
            else:
                self._pool.keep(connection)


class _Pool:
    """The idle connections to one address."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Connection] = []
        self._most_idle = _MOST_IDLE_PER_ADDRESS

    def take(self) -> _Connection | None:
        """A connection that is still good, the one used last; None without one."""
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None or connection.wire.is_silent():
                return connection
            connection.hang_up()

    def keep(self, connection: _Connection) -> None:
        """Put a connection back."""
        with self._lock:
            if len(self._idle) < self._most_idle:
                self._idle.append(connection)
                return
        connection.hang_up()

    def drop_all(self) -> None:
        """Close them all."""
        with self._lock:
            dropped, self._idle = self._idle, []
        for connection in dropped:
            connection.hang_up()

    def close(self) -> None:
        """Close them all, and those that are in use now when they are put back."""
        self._most_idle = 0
        self.drop_all()

    def is_empty(self) -> bool:
        """Whether there is none."""
        return not self._idle


class Connections:
    """The process's connections, for all threads and services."""

    def __init__(self, ca_bundle: str | None = None) -> None:
        """`ca_bundle` is a file of certificates to trust in place of the machine's."""
        self._ca_bundle = ca_bundle or None
        self._pools: dict[Address, _Pool] = {}
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None

    def request(self, address: Address, request: HttpRequest, limit: TimeLimit) -> Reply:
        """Send a request once, within `limit`.

        Raises NotConnectedError, ConnectionBrokenError, ReadTimedOutError, ReplyBrokenError.
        """
        pool = self._pool_of(address)
        connection = pool.take() or self._connect(address, limit)
        was_idle = connection.has_served
        try:
            response = connection.exchange(request, limit)
        except BaseException as error:
            connection.hang_up()
            if was_idle and isinstance(error, ConnectionBrokenError):
                # What ended while nobody looked has hardly ended alone: Lambda freezes the process.
                pool.drop_all()
            raise
        reply = Reply(response, connection, pool)
        if response.length == 0:
            reply.read_part()
        return reply

    def connect_ahead(self, address: Address) -> None:
        """Open a connection for a later call, in a thread. When it fails, the later call will say so."""
        pool = self._pool_of(address)
        if pool.is_empty():
            threading.Thread(
                target=self._connect_for_later,
                args=(address, pool),
                name="connect-ahead",
                daemon=True,
            ).start()

    def _connect_for_later(self, address: Address, pool: _Pool) -> None:
        try:
            connection = self._connect(address, TimeLimit.of(CONNECT_TIMEOUT_SECONDS))
        except NotConnectedError:
            return
        pool.keep(connection)

    def close(self) -> None:
        """Close what is idle, and the rest when it is."""
        for pool in self._pools.values():
            pool.close()

    def _pool_of(self, address: Address) -> _Pool:
        pool = self._pools.get(address)
        if pool is None:
            pool = self._pools.setdefault(address, _Pool())
        return pool

    def _connect(self, address: Address, limit: TimeLimit) -> _Connection:
        """A new connection, within two seconds of the limit. Raises NotConnectedError."""
        try:
            seconds = min(CONNECT_TIMEOUT_SECONDS, limit.wait_seconds())
            connected = self._connected_socket(address, TimeLimit.of(seconds))
        except (OSError, UnicodeError) as error:  # the latter: no name can be like that
            raise NotConnectedError(_reason(error)) from error
        return _Connection(connected)

    def _connected_socket(self, address: Address, limit: TimeLimit) -> socket.socket:
        found = run_within(
            limit.wait_seconds(),
            lambda: socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM),
        )
        problem: OSError = OSError("the name has no address")
        for family, kind, protocol, _, socket_address in found:
            connected = socket.socket(family, kind, protocol)
            try:
                connected.settimeout(limit.wait_seconds())
                connected.connect(socket_address)
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if not address.is_encrypted:
                    return connected
                connected.settimeout(limit.wait_seconds())
                return self._tls_context().wrap_socket(connected, server_hostname=address.host)
            except OSError as error:
                connected.close()
                problem = error
        raise problem

    def _tls_context(self) -> ssl.SSLContext:
        """One for all: reading the certificates takes longer than shaking hands."""
        with self._lock:
            if self._tls is None:
                self._tls = ssl.create_default_context(cafile=self._ca_bundle)
                self._tls.set_alpn_protocols(["http/1.1"])
            return self._tls


def _length(body: BinaryIO) -> int:
    length = body.seek(0, io.SEEK_END)
    body.seek(0)
    return length


def _reason(error: BaseException) -> str:
    """What happened, without quoting what came or went."""
    return type(error).__name__
