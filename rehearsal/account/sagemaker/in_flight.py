"""Keep account of the requests that something is answering, so that it can end when they are answered."""

import contextlib
import threading
from collections.abc import Generator

_POLL_SECONDS = 0.05


class InFlight:
    """The requests under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: set[object] = set()

    @contextlib.contextmanager
    def counted(self) -> Generator[None]:
        """Count one request as under way, for the length of a `with` block."""
        request = object()
        with self._lock:
            self._under_way.add(request)
        try:
            yield
        finally:
            with self._lock:
                self._under_way.remove(request)

    def wait_for_those_of_now(self, hurry: threading.Event) -> None:
        """Return once every request that is under way now is answered, or `hurry` is set.

        Those that come later are not waited for: they find that what they would have asked is gone.
        """
        with self._lock:
            of_now = set(self._under_way)
        while self._is_any_under_way(of_now) and not hurry.wait(_POLL_SECONDS):
            pass

    def _is_any_under_way(self, requests: set[object]) -> bool:
        with self._lock:
            return not requests.isdisjoint(self._under_way)
