"""Send a load, and take the time of each request."""

import itertools
import threading
import time
from collections.abc import Callable, Sequence

from operations.asking import Event, Reply
from operations.load.plan import LoadPlan
from operations.load.sample import Sample, error_of, tokens_of

AskTimed = Callable[[Event, Callable[[], None]], Reply]
"""Asks once, never raises, and calls its second argument when the first piece of a text is there."""


class LoadRun:
    """A load under way. Its callers are daemons: who ends early does not wait for a model."""

    def __init__(self, plan: LoadPlan, ask: AskTimed, events: Sequence[Event]) -> None:
        """Be ready.

        Args:
            plan: how much, and for how long.
            ask: asks once.
            events: what is asked, one after another, from the start again when all were.
        """
        self._plan = plan
        self._ask = ask
        self._events = itertools.cycle(events)
        self._lock = threading.Lock()
        self._numbers = iter(range(plan.most_requests))
        self._stopping = threading.Event()
        self._samples: list[Sample] = []
        self._sent = 0
        self._began = 0.0
        self._callers = [
            threading.Thread(target=self._call, daemon=True) for _ in range(plan.at_once)
        ]

    def start(self) -> None:
        """Let the callers begin."""
        self._began = time.monotonic()
        for caller in self._callers:
            caller.start()

    def wait(self, seconds: float) -> bool:
        """Wait, but not longer than the load takes; say whether it goes on."""
        deadline = time.monotonic() + seconds
        for caller in self._callers:
            caller.join(max(0.0, deadline - time.monotonic()))
        return any(caller.is_alive() for caller in self._callers)

    def stop(self) -> None:
        """Send nothing more. What is under way is not waited for."""
        self._stopping.set()

    def samples(self) -> list[Sample]:
        """What came of the requests that have ended so far, in the order of their ends."""
        with self._lock:
            return list(self._samples)

    @property
    def under_way(self) -> int:
        """How many were sent and have not ended."""
        with self._lock:
            return self._sent - len(self._samples)

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    def _call(self) -> None:
        while (taken := self._next()) is not None:
            due_at, event = taken
            if due_at is not None and self._stopping.wait(max(0.0, due_at - self.elapsed)):
                return
            self._ask_once(due_at, event)

    def _next(self) -> tuple[float | None, Event] | None:
        """The next request and its moment; None at the end of the load."""
        with self._lock:
            number = next(self._numbers, None)
            if number is None or self._stopping.is_set():
                return None
            due_at = self._plan.is_due_at(number)
            if (self.elapsed if due_at is None else due_at) >= self._plan.seconds:
                return None
            return due_at, next(self._events)

    def _ask_once(self, due_at: float | None, event: Event) -> None:
        with self._lock:
            self._sent += 1
        sent_at = self.elapsed
        first_text_at: float | None = None

        def note_first_text() -> None:
            nonlocal first_text_at
            first_text_at = self.elapsed

        reply = self._ask(event, note_first_text)
        sample = Sample(
            due_at=sent_at if due_at is None else due_at,
            sent_at=sent_at,
            ended_at=self.elapsed,
            first_text_at=first_text_at,
            error=error_of(reply),
            tokens=tokens_of(reply),
        )
        with self._lock:
            self._samples.append(sample)
