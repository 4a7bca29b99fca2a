"""What the Runtime API shows of a runtime that ends."""

import socket
import struct
import threading

import pytest

from rehearsal.account.functions.runtime_api import RuntimeApi

# Linger for no time: closing sends a reset, as the end of a process with unread data does.
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
CONNECTION_LIMIT_SECONDS = 5


def test_a_runtime_that_breaks_off_its_connection_leaves_no_stack_trace(
    capsys: pytest.CaptureFixture[str],
) -> None:
    api = RuntimeApi()
    before = set(threading.enumerate())
    host, _, port = api.address.partition(":")
    with socket.create_connection((host, int(port)), CONNECTION_LIMIT_SECONDS) as connection:
        connection.sendall(b"POST /anything HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 202"
        (serving,) = set(threading.enumerate()) - before
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    serving.join(CONNECTION_LIMIT_SECONDS)
    api.close()

    assert not serving.is_alive()
    assert capsys.readouterr().err == ""
