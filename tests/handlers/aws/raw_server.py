"""A server that does with a connection exactly what a test says, for what HTTP servers never do."""

import socket
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from handlers.aws.endpoints import Address


@contextmanager
def serving(
    serve: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None
) -> Generator[Address]:
    """The address of a server that hands every connection to `serve`, each in a thread, and closes it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def handle(connected: socket.socket) -> None:
        try:
            if tls is not None:
                connected = tls.wrap_socket(connected, server_side=True)
            serve(connected)
        except OSError:
            pass  # the client hung up, as some tests have it
        finally:
            connected.close()

    def accept() -> None:
        while True:
            try:
                connected, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=(connected,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    host = "127.0.0.1" if tls is None else "localhost"
    try:
        yield Address(is_encrypted=tls is not None, host=host, port=listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def read_head(connected: socket.socket) -> bytes:
    """What the client sent, up to the end of its headers; empty when it hung up."""
    received = b""
    while b"\r\n\r\n" not in received:
        block = connected.recv(65_536)
        if not block:
            return b""
        received += block
    return received
