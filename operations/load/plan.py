"""How much a stack is to be asked, and for how long."""

from dataclasses import dataclass

MOST_REQUESTS = 100_000
"""Our own cap: a slip of the finger should not cost more than this."""
LONGEST_SECONDS = 3600.0
MOST_AT_ONCE = 64
"""As many connections as `operations.deployment` keeps."""
FASTEST_RATE = 500.0
"""Requests a second that one process can start and measure."""
DEFAULT_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class LoadPlan:
    """A load, with an end.

    With a rate it is open: a request is due at its moment, whether those before it are answered or not, as callers
    who know nothing of each other ask. Without one it is closed: each of `at_once` callers asks when it was answered.
    """

    rate: float | None = None
    """Requests a second, above 0 to 500."""
    at_once: int = 1
    """Requests that are under way at once at most, 1 to 64."""
    seconds: float = DEFAULT_SECONDS
    """When the last request is sent at the latest, above 0 to 3,600."""
    requests: int = MOST_REQUESTS
    """How many are sent at most, 1 to 100,000."""

    @property
    def most_requests(self) -> int:
        """How many requests it may come to."""
        by_rate = MOST_REQUESTS if self.rate is None else max(1, int(self.rate * self.seconds))
        return min(self.requests, by_rate, MOST_REQUESTS)

    def is_due_at(self, number: int) -> float | None:
        """Return at which second request `number`, from 0, is due; None: as soon as a caller is free."""
        return None if self.rate is None else number / self.rate

    def __str__(self) -> str:
        """In words."""
        how = (
            f"{self.at_once} at once, each after the last"
            if self.rate is None
            else f"{self.rate:g} a second, at most {self.at_once} at once"
        )
        return f"{how}, for {self.seconds:g} s or {self.most_requests:,} requests"
