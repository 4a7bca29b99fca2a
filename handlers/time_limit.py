"""Hard limits for work whose own limits are soft."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class TimeLimit:
    """When a call has to be over, and how long it may stand still until then."""

    ends_at: float
    """A moment of `time.monotonic()`."""
    longest_wait_seconds: float
    """How long the other side may let one wait last."""

    @classmethod
    def of(cls, seconds: float, longest_wait_seconds: float | None = None) -> "TimeLimit":
        """The limit of a call that starts now."""
        longest = seconds if longest_wait_seconds is None else longest_wait_seconds
        return cls(time.monotonic() + seconds, longest)

    def seconds_left(self) -> float:
        """Until the end; 0 or less when it is past."""
        return self.ends_at - time.monotonic()

    def wait_seconds(self) -> float:
        """How long the next wait may last. Raises TimeoutError when the end is past."""
        left = self.seconds_left()
        if left <= 0:
            raise TimeoutError
        return min(left, self.longest_wait_seconds)


def run_within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` returns or raises, or TimeoutError when it has not ended after `seconds`.

    Late work goes on in its thread and its outcome is dropped. For what has no limit of its own: a
    name look-up.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def find_out() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            errors.append(error)

    thread = threading.Thread(target=find_out, name="time-limited", daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    for error in errors:
        raise error
    for result in results:
        return result
    raise TimeoutError
