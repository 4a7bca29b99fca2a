"""Ask all the time, from several callers, to see whether every request is answered while something changes."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

CALLERS = 3
_PAUSE_SECONDS = 0.02
_FIRST_ANSWERS_LIMIT_SECONDS = 60
_LONGEST_ERROR = 300


@dataclass(frozen=True)
class LoadResult:
    """What came of the requests that were sent."""

    sent: int
    failures: dict[str, int] = field(default_factory=dict)
    """How often each error came."""
    longest_seconds: float = 0.0
    """The longest that a caller waited for an answer."""

    @property
    def failed(self) -> int:
        """How many requests were not answered as they should be."""
        return sum(self.failures.values())


class Load:
    """Callers that ask for the length of a `with` block.

    The block begins once each has had its first answer, and each asks at least once more after it.
    """

    def __init__(self, ask: Callable[[], object], callers: int = CALLERS) -> None:
        """`ask` sends one request and raises if it is not answered as it should be."""
        self._ask = ask
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._begun = threading.Semaphore(0)
        self._failures = Counter[str]()
        self._sent = 0
        self._longest_seconds = 0.0
        self._callers = [threading.Thread(target=self._call, daemon=True) for _ in range(callers)]

    def __enter__(self) -> Self:
        for caller in self._callers:
            caller.start()
        for _ in self._callers:
            self._begun.acquire(timeout=_FIRST_ANSWERS_LIMIT_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for caller in self._callers:
            caller.join()

    def result(self) -> LoadResult:
        """What came of it so far."""
        with self._lock:
            return LoadResult(self._sent, dict(self._failures), self._longest_seconds)

    def _call(self) -> None:
        self._ask_once()
        self._begun.release()
        while not self._stopping.wait(_PAUSE_SECONDS):
            self._ask_once()
        self._ask_once()

    def _ask_once(self) -> None:
        started, error = time.monotonic(), ""
        try:
            self._ask()
        except Exception as failure:  # noqa: BLE001 - whatever it is, the request was not answered
            error = str(failure).partition("\n")[0][:_LONGEST_ERROR] or repr(failure)
        seconds = time.monotonic() - started
        with self._lock:
            self._sent += 1
            self._longest_seconds = max(self._longest_seconds, seconds)
            if error:
                self._failures[error] += 1
