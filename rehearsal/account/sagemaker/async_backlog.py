"""The requests that wait for one asynchronous endpoint, in the order in which they came."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from rehearsal.account.sagemaker.runtime_request import RuntimeRequest

_DEFAULT_LIFE_SECONDS = 21_600


@dataclass(frozen=True)
class Job:
    """One accepted request."""

    invocation: RuntimeRequest
    inference_id: str
    output: str
    """S3 URI of the reply."""
    failure: str | None
    """S3 URI of what is written instead if there is no reply; None if nothing is."""
    received: datetime
    arrived: float
    """The same moment on the backlog's clock."""

    @property
    def life_seconds(self) -> float:
        """How long it may wait."""
        return self.invocation.members.get("RequestTTLSeconds", _DEFAULT_LIFE_SECONDS)


class Backlog:
    """What waits, and what is being worked on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` counts seconds."""
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: deque[Job] = deque()
        self._under_way: Counter[str] = Counter()  # by variant

    def new_job(
        self, invocation: RuntimeRequest, inference_id: str, output: str, failure: str | None
    ) -> Job:
        """Return a request as it comes in now."""
        now = datetime.now(UTC)
        return Job(invocation, inference_id, output, failure, now, self._clock())

    def add(self, job: Job) -> None:
        """Queue a request behind all others."""
        with self._changed:
            self._waiting.append(job)
            self._changed.notify_all()

    def begin(self, variant: str, at_once: int) -> Job | None:
        """Take the oldest request for a variant; None if none waits, or so many are under way there."""
        with self._changed:
            if not self._waiting or self._under_way[variant] >= at_once:
                return None
            self._under_way[variant] += 1
            return self._waiting.popleft()

    def end(self, variant: str) -> None:
        """Count one request of a variant as settled."""
        with self._changed:
            self._under_way[variant] -= 1
            self._changed.notify_all()

    def take_expired(self) -> list[Job]:
        """Take the requests that have waited longer than they may."""
        with self._changed:
            now, expired, others = self._clock(), list[Job](), deque[Job]()
            for job in self._waiting:
                (expired if now - job.arrived > job.life_seconds else others).append(job)
            self._waiting = others
            return expired

    def clear(self) -> None:
        """Forget what waits."""
        with self._changed:
            self._waiting.clear()

    def wait_for_change(self, limit_seconds: float) -> None:
        """Return once a request has come or is settled, or after the limit."""
        with self._changed:
            self._changed.wait(limit_seconds)

    @property
    def is_waiting(self) -> bool:
        """Whether any request waits."""
        return bool(self._waiting)

    @property
    def size(self) -> int:
        """How many requests wait or are worked on."""
        with self._changed:
            return len(self._waiting) + self._under_way.total()

    @property
    def age_seconds(self) -> float:
        """How long the oldest request has waited; 0 if none waits."""
        with self._changed:
            return self._clock() - self._waiting[0].arrived if self._waiting else 0.0

    def waited_seconds(self, job: Job) -> float:
        """Return how long ago a request came."""
        return self._clock() - job.arrived
