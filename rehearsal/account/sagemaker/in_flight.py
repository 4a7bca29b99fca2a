"""Count the requests that something is answering, so that it can end when none is left."""

import contextlib
import threading
from collections.abc import Generator

_POLL_SECONDS = 0.05


class InFlight:
    """The requests under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    @contextlib.contextmanager
    def counted(self) -> Generator[None]:
        """Count one request as under way, for the length of a `with` block."""
        with self._lock:
            self._count += 1
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1

    def wait_until_none(self, hurry: threading.Event) -> None:
        """Return once every request is answered, or `hurry` is set."""
        while self._count and not hurry.wait(_POLL_SECONDS):
            pass
