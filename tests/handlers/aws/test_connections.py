"""Connections: kept, shared, never trusted blindly, and never waited for past a call's limit."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from handlers.aws.connections import Connections, HttpRequest
from handlers.aws.endpoints import Address, address_of
from handlers.aws.errors import (
    CallFailedError,
    ConnectionBrokenError,
    NotConnectedError,
    ReadTimedOutError,
    ReplyBrokenError,
    ReplyTooLargeError,
)
from handlers.time_limit import TimeLimit
from tests.handlers.aws.certificates import Certificates
from tests.handlers.aws.raw_server import read_head, serving
from tests.handlers.wire_endpoint import WireEndpoint, unused_url

LARGEST = 1024**2
POST = HttpRequest("POST", "/path", {"host": "example"}, b"body")
GET = HttpRequest("GET", "/path", {"host": "example"})


@pytest.fixture
def connections() -> Iterator[Connections]:
    opened = Connections()
    yield opened
    opened.close()


def address(wire: WireEndpoint) -> Address:
    return address_of(wire.url, "url")


def ask(
    connections: Connections, where: Address, request: HttpRequest = POST, seconds: float = 5
) -> bytes:
    with connections.request(where, request, TimeLimit.of(seconds)) as reply:
        return reply.read(LARGEST)


def wait_until(condition: Callable[[], bool]) -> None:
    """Give the other thread a moment, in which it always does what it does."""
    for _ in range(300):
        if condition():
            return
        time.sleep(0.001)
    pytest.fail("it did not happen")


def idle(connections: Any) -> list[Any]:
    """The idle connections, to all addresses."""
    return [one for pool in connections._pools.values() for one in pool._idle]


def test_a_connection_is_kept_for_the_next_call(
    wire: WireEndpoint, connections: Connections
) -> None:
    wire.answers(b"reply")

    assert [ask(connections, address(wire)) for _ in range(3)] == [b"reply"] * 3
    assert [request.body for request in wire.requests] == [b"body"] * 3
    assert wire.connections == 1


def test_a_connection_that_the_reply_ends_is_not_kept(
    wire: WireEndpoint, connections: Connections
) -> None:
    wire.answers(b"reply", headers={"connection": "close"})

    assert [ask(connections, address(wire)) for _ in range(2)] == [b"reply"] * 2
    assert wire.connections == 2


def test_a_reply_that_is_not_read_to_its_end_costs_the_connection(
    wire: WireEndpoint, connections: Connections
) -> None:
    wire.answers(b"reply" * 50_000)
    with connections.request(address(wire), POST, TimeLimit.of(5)) as reply:
        assert reply.read_part(5) == b"reply"

    assert ask(connections, address(wire)) == b"reply" * 50_000
    assert wire.connections == 2
    assert reply.read_part() == b""


def test_an_idle_connection_that_ended_is_noticed_before_it_is_used(
    wire: WireEndpoint, connections: Connections
) -> None:
    wire.hangs_up_after(b"first")
    assert ask(connections, address(wire)) == b"first"
    (kept,) = idle(connections)
    wait_until(lambda: not kept.wire.is_silent())
    wire.answers(b"second")

    assert ask(connections, address(wire)) == b"second"
    assert len(wire.requests) == 2


@pytest.mark.parametrize("is_apart", [False, True])
def test_an_idle_connection_on_which_something_came_unasked_is_not_used(
    connections: Connections, *, is_apart: bool
) -> None:
    asked = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    unasked = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil"

    def serve(connected: socket.socket) -> None:
        read_head(connected)
        for sent in (asked, unasked) if is_apart else (asked + unasked,):
            connected.sendall(sent)
        read_head(connected)

    with serving(serve) as where:
        assert ask(connections, where, GET) == b"ok"
        (kept,) = idle(connections)
        wait_until(lambda: not kept.wire.is_silent())
        assert ask(connections, where, GET) == b"ok"


def test_when_a_kept_connection_breaks_all_kept_ones_are_dropped(
    wire: WireEndpoint, connections: Connections
) -> None:
    wire.answers(b"reply")
    open_replies = [connections.request(address(wire), POST, TimeLimit.of(5)) for _ in range(3)]
    assert [reply.read(LARGEST) for reply in open_replies] == [b"reply"] * 3
    assert len(idle(connections)) == 3
    wire.hangs_up(times=1)

    with pytest.raises(ConnectionBrokenError):
        ask(connections, address(wire))

    assert idle(connections) == []
    assert ask(connections, address(wire)) == b"reply"


def test_threads_share_the_connections(wire: WireEndpoint, connections: Connections) -> None:
    wire.answers(b"reply")

    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(lambda _: ask(connections, address(wire)), range(80)))

    assert replies == [b"reply"] * 80
    assert 1 <= wire.connections <= 8


def test_a_connection_made_ahead_serves_the_next_call(
    wire: WireEndpoint, connections: Connections
) -> None:
    wire.answers(b"reply")
    connections.connect_ahead(address(wire))
    wait_until(lambda: len(idle(connections)) == 1)
    connections.connect_ahead(address(wire))

    assert ask(connections, address(wire)) == b"reply"
    assert wire.connections == 1


def test_a_connection_that_is_in_use_when_all_are_closed_is_closed_after_it(
    wire: WireEndpoint,
) -> None:
    wire.answers(b"reply")
    connections = Connections()

    with connections.request(address(wire), POST, TimeLimit.of(5)) as reply:
        connections.close()
        assert reply.read(LARGEST) == b"reply"

    # Else Python would warn of a socket that nobody closed, and the tests fail.
    assert idle(connections) == []


def test_a_connection_that_cannot_be_made_ahead_is_a_matter_for_the_call(
    connections: Connections,
) -> None:
    nowhere = address_of(unused_url(), "url")
    connections.connect_ahead(nowhere)
    wait_until(lambda: all(thread.name != "connect-ahead" for thread in threading.enumerate()))

    with pytest.raises(NotConnectedError, match=r"^ConnectionRefusedError$"):
        ask(connections, nowhere)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nreply",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nre\r\n3;x=y\r\nply\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nreply",
        b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nreply",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nreply",
    ],
)
def test_a_reply_is_read_however_its_end_is_told(connections: Connections, answer: bytes) -> None:
    def serve(connected: socket.socket) -> None:
        while read_head(connected):
            for position in range(0, len(answer), 7):
                connected.sendall(answer[position : position + 7])
            if b"content-length" not in answer and b"chunked" not in answer:
                return

    with serving(serve) as where:
        assert [ask(connections, where, GET) for _ in range(2)] == [b"reply"] * 2


def test_a_reply_without_a_body_leaves_the_connection_free(
    wire: WireEndpoint, connections: Connections
) -> None:
    wire.answers(b"reply")
    head = HttpRequest("HEAD", "/path", {"host": "example"})

    reply = connections.request(address(wire), head, TimeLimit.of(5))

    assert (reply.status, reply.headers["content-length"]) == (200, "5")
    assert len(idle(connections)) == 1


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"", ConnectionBrokenError),
        (b"HTTP/1.1 2", ReplyBrokenError),
        (b"HTTP/1.1 200 OK", ReplyBrokenError),
        (b"HTTP/1.1 200 OK\r\ncontent-le", ReplyBrokenError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n", ReplyBrokenError),
        (b"SSH-2.0-OpenSSH\r\n\r\n", ReplyBrokenError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", ReplyBrokenError),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nha", ReplyBrokenError),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", ReplyBrokenError),
        (b"HTTP/1.1 200 OK\r\nx: " + b"x" * 70_000, ReplyBrokenError),
    ],
)
def test_an_answer_that_is_none_or_only_half_a_one(
    connections: Connections, answer: bytes, failure: type[CallFailedError]
) -> None:
    def serve(connected: socket.socket) -> None:
        read_head(connected)
        connected.sendall(answer)

    with serving(serve) as where, pytest.raises(CallFailedError) as caught:
        ask(connections, where, GET)

    assert type(caught.value) is failure
    assert idle(connections) == []


def test_a_reset_before_the_reply_is_a_broken_connection(
    wire: WireEndpoint, connections: Connections
) -> None:
    wire.hangs_up()

    with pytest.raises(ConnectionBrokenError):
        ask(connections, address(wire))


def test_a_reply_may_come_before_all_of_the_body_was_taken(connections: Connections) -> None:
    def serve(connected: socket.socket) -> None:
        read_head(connected)
        connected.sendall(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno")
        time.sleep(0.05)  # closing at once would let the reset overtake the reply

    request = HttpRequest("PUT", "/path", {"host": "example"}, b"x" * 30_000_000)

    with serving(serve) as where, connections.request(where, request, TimeLimit.of(5)) as reply:
        assert (reply.status, reply.read(LARGEST)) == (413, b"no")


def test_a_body_that_nobody_takes_is_given_up_in_time(connections: Connections) -> None:
    released = threading.Event()
    request = HttpRequest("PUT", "/path", {"host": "example"}, b"x" * 30_000_000)

    def wait(_: socket.socket) -> None:
        released.wait(5)

    with (
        serving(wait) as where,
        pytest.raises(NotConnectedError, match=r"^the request was not taken in time$"),
    ):
        ask(connections, where, request, seconds=0.1)

    released.set()


def test_silence_is_given_up_in_time(wire: WireEndpoint, connections: Connections) -> None:
    wire.stays_silent()

    with pytest.raises(ReadTimedOutError, match=r"^no reply came in time$"):
        ask(connections, address(wire), seconds=0.1)


def test_a_reply_that_stalls_is_given_up_in_time(
    wire: WireEndpoint, connections: Connections
) -> None:
    wire.stalls_midway(b"reply" * 10)

    with pytest.raises(ReadTimedOutError, match=r"^the rest of the reply did not come in time$"):
        ask(connections, address(wire), seconds=0.1)

    assert idle(connections) == []


@pytest.mark.parametrize("beginning", [b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_reply_that_never_stops_is_given_up_in_time_too(
    connections: Connections, beginning: bytes
) -> None:
    def serve(connected: socket.socket) -> None:
        read_head(connected)
        connected.sendall(beginning)
        for _ in range(200):
            connected.sendall(b"x")
            time.sleep(0.01)

    with serving(serve) as where, pytest.raises(ReadTimedOutError):
        ask(connections, where, GET, seconds=0.15)


def test_one_wait_may_have_a_limit_of_its_own(wire: WireEndpoint, connections: Connections) -> None:
    wire.stays_silent()
    limit = TimeLimit.of(60, longest_wait_seconds=0.05)

    with pytest.raises(ReadTimedOutError):
        connections.request(address(wire), POST, limit)


@pytest.mark.parametrize("length", [b"content-length: 30\r\n", b""])
def test_a_reply_over_the_limit_is_not_kept_in_memory(
    connections: Connections, length: bytes
) -> None:
    def serve(connected: socket.socket) -> None:
        read_head(connected)
        connected.sendall(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n" + b"x" * 30)

    with serving(serve) as where:
        reply = connections.request(where, GET, TimeLimit.of(5))
        with pytest.raises(ReplyTooLargeError, match=r"^larger than 29 bytes$"):
            reply.read(29)


def test_every_address_of_a_name_is_tried(
    wire: WireEndpoint, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.answers(b"reply")
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", address_of(url, "").port))
        for url in (unused_url(), wire.url)
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    assert ask(connections, address(wire)) == b"reply"


@pytest.mark.row("no-connection")
def test_a_name_without_an_address_is_no_connection(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    with pytest.raises(NotConnectedError, match=r"^gaierror$"):
        ask(connections, address_of("http://nowhere.test", "url"))


def test_a_look_up_that_hangs_is_given_up_in_time(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(5))

    with pytest.raises(NotConnectedError, match=r"^TimeoutError$"):
        ask(connections, address_of("http://slow.test", "url"), seconds=0.05)

    released.set()


def test_after_the_limit_nothing_is_sent(wire: WireEndpoint, connections: Connections) -> None:
    with pytest.raises(NotConnectedError):
        ask(connections, address(wire), seconds=0)

    assert wire.requests == []


@pytest.mark.parametrize("value", ["a\r\nx-evil: 1", "a\nb", "a\rb"])
def test_a_header_cannot_smuggle_in_another(
    wire: WireEndpoint, connections: Connections, value: str
) -> None:
    with pytest.raises(ValueError, match="Invalid header value"):
        ask(connections, address(wire), HttpRequest("POST", "/", {"host": "h", "x": value}))

    assert wire.requests == []


def served_over_tls(connected: socket.socket) -> None:
    while read_head(connected):
        connected.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nreply")


def test_https_trusts_the_bundle_that_the_environment_names(certificates: Certificates) -> None:
    connections = Connections(str(certificates.authority))

    with serving(served_over_tls, certificates.server_context()) as where:
        assert [ask(connections, where, GET) for _ in range(2)] == [b"reply"] * 2

    connections.close()


def test_https_without_a_trusted_certificate_sends_nothing(certificates: Certificates) -> None:
    received: list[bytes] = []

    with (
        serving(lambda s: received.append(read_head(s)), certificates.server_context()) as where,
        pytest.raises(NotConnectedError, match=r"^SSLCertVerificationError$"),
    ):
        ask(Connections(), where, GET)

    assert received == []


def test_https_refuses_a_certificate_for_another_name(certificates: Certificates) -> None:
    connections = Connections(str(certificates.authority))

    with (
        serving(served_over_tls, certificates.server_context()) as where,
        pytest.raises(NotConnectedError, match=r"^SSLCertVerificationError$"),
    ):
        ask(connections, where._replace(host="127.0.0.1"), GET)


def test_the_tickets_of_tls_are_not_taken_for_an_unasked_answer(
    certificates: Certificates,
) -> None:
    accepted: list[socket.socket] = []

    def serve(connected: socket.socket) -> None:
        accepted.append(connected)
        served_over_tls(connected)

    connections = Connections(str(certificates.authority))
    with serving(serve, certificates.server_context()) as where:
        connections.connect_ahead(where)
        wait_until(lambda: len(idle(connections)) == 1 and len(accepted) == 1)
        assert isinstance(accepted[0], ssl.SSLSocket)
        assert accepted[0].version() == "TLSv1.3"

        assert ask(connections, where, GET) == b"reply"

        assert len(accepted) == 1
        connections.close()


def test_a_file_is_sent_from_its_beginning_each_time(
    wire: WireEndpoint, connections: Connections, tmp_path: Path
) -> None:
    wire.answers(b"reply")
    path = tmp_path / "file"
    path.write_bytes(b"line\n" * 100_000)

    with path.open("rb") as file:
        request = HttpRequest("PUT", "/path", {"host": "example"}, file)
        for _ in range(2):
            assert ask(connections, address(wire), request) == b"reply"

    assert [request.body for request in wire.requests] == [b"line\n" * 100_000] * 2


def test_the_pool_has_an_end(wire: WireEndpoint, connections: Connections) -> None:
    wire.answers(b"reply")
    open_replies = [connections.request(address(wire), GET, TimeLimit.of(5)) for _ in range(66)]
    assert [reply.read(LARGEST) for reply in open_replies] == [b"reply"] * 66

    assert len(idle(connections)) == 64
