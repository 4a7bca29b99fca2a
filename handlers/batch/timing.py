"""How long a run on a batch may ask, and how fast.

What is done must always be stored before the function ends, and all workers pause together when the
endpoint has trouble.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from handlers.invocation import CONNECT_TIMEOUT_SECONDS, RECORD_SECONDS, REPLY_SECONDS, Deadline


class Clock:
    """The real one."""

    def now(self) -> float:
        """Seconds since 1970: to agree on with other runs."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment: to measure with."""
        return time.monotonic()

    def wait(self, interrupted: threading.Event, seconds: float) -> None:
        """Let time pass, or less if `interrupted` is set."""
        interrupted.wait(seconds)

    def jitter(self) -> float:
        """Anything from 0 to 1, so that waits do not end all at once."""
        return random.random()  # noqa: S311 - spreads load, keeps no secret


_STORING_SECONDS = 5.0
"""Kept back for storing the last part and giving back the lease."""
_JOINING_SECONDS = 1.0
_JOINING_SECONDS_PER_PART = 0.02
"""S3 answers a small GET in some 50 ms, and four are under way at once."""
_MEASURED_LINES = 200
_SHORTEST_LINE_SECONDS = 1.0


class RunTime:
    """The time of one run on a batch."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._total_seconds = self.seconds_left()
        self._lock = threading.Lock()
        self._line_seconds = deque[float](maxlen=_MEASURED_LINES)
        self.parts = 0
        """How many parts there are to join."""

    def seconds_left(self) -> float:
        """Until everything must be done but handing the reply to Lambda."""
        return self._deadline.remaining_milliseconds() / 1000 - REPLY_SECONDS

    def joining_seconds(self) -> float:
        """About what it takes to make the result of the parts."""
        return _JOINING_SECONDS + self.parts * _JOINING_SECONDS_PER_PART

    def seconds_for_lines(self) -> float:
        """Until every answer must be there."""
        reserve = _STORING_SECONDS + self.joining_seconds()
        return self.seconds_left() - min(reserve, self._total_seconds / 2)

    def line_deadline(self) -> Deadline:
        """The deadline of the call for one line."""
        # What every deadline keeps back for a record and a reply, a line needs not.
        kept_back = RECORD_SECONDS + REPLY_SECONDS
        return replace(
            self._deadline,
            remaining_milliseconds=lambda: round((self.seconds_for_lines() + kept_back) * 1000),
        )

    def line_took(self, seconds: float) -> None:
        """Note how long a line took."""
        with self._lock:
            self._line_seconds.append(seconds)

    def has_time_for_line(self, after_seconds: float = 0) -> bool:
        """Whether a line that is asked then will probably be answered in time: nine in ten are."""
        with self._lock:
            measured = sorted(self._line_seconds)
        expected = measured[len(measured) * 9 // 10] if measured else 0.0
        needed = CONNECT_TIMEOUT_SECONDS + max(_SHORTEST_LINE_SECONDS, expected)
        return self.seconds_for_lines() - after_seconds > needed

    def is_as_good_as_any(self) -> bool:
        """Whether a line that is asked now gets about as long as a run can give it."""
        return self.seconds_left() >= 0.8 * self._total_seconds


MOST_ROUNDS = 5
"""Pauses in a row without an answer in between, after which the run gives way to a later one. Also how
often one line is asked in a run."""
_LONGEST_PAUSE_SECONDS = 60.0
_JITTER_SECONDS = 1.0


class Pace:
    """One batch's, shared by its workers."""

    def __init__(
        self, clock: Clock, has_time_after: Callable[[float], bool], most_failures_in_row: int
    ) -> None:
        """`has_time_after` tells whether a line can still be asked after so many seconds."""
        self._clock = clock
        self._has_time_after = has_time_after
        self._most_failures_in_row = most_failures_in_row
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._round = 0
        self._rounds_in_row = 0
        self._failures_in_row = 0
        self._resume_at = 0.0
        self.has_answers = False
        """Whether the run got anywhere."""
        self.pause_seconds: float | None = None
        """How long the endpoint asked to be left alone, if that is why the run stopped."""

    @property
    def is_stopped(self) -> bool:
        """Whether no more lines are to be asked in this run."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask no more lines; who pauses stops doing so."""
        self._stop.set()

    def wait_for_turn(self) -> int | None:
        """Wait until the next line may be asked; None when none may in this run.

        What is returned tells `slow_down` when its line was asked.
        """
        while not self._stop.is_set():
            with self._lock:
                pause = self._resume_at - self._clock.monotonic()
                if pause <= 0:
                    return self._round
            # Not all at the same moment.
            self._clock.wait(self._stop, pause + self._clock.jitter() * _JITTER_SECONDS)
        return None

    def slow_down(self, asked_in_round: int, seconds: float) -> None:
        """The endpoint asked to be left alone for so long: longer each time in a row."""
        with self._lock:
            if asked_in_round != self._round:
                return  # Another worker met the same trouble, and all pause for it already.
            self._round += 1
            self._rounds_in_row += 1
            longest = max(_LONGEST_PAUSE_SECONDS, seconds)
            pause = min(seconds * 2 ** (self._rounds_in_row - 1), longest)
            pause *= 0.75 + self._clock.jitter() / 2
            self._resume_at = self._clock.monotonic() + pause
            if self._rounds_in_row >= MOST_ROUNDS or not self._has_time_after(pause):
                self.pause_seconds = pause
                self._stop.set()

    def answered(self) -> None:
        """The endpoint answered, be it that it does not want the line."""
        with self._lock:
            self.has_answers = True
            self._rounds_in_row = 0
            self._failures_in_row = 0

    def failed(self) -> None:
        """The endpoint failed on a line, in a way that may pass."""
        with self._lock:
            self._rounds_in_row = 0
            self._failures_in_row += 1
            if self._failures_in_row >= self._most_failures_in_row:
                self._stop.set()
