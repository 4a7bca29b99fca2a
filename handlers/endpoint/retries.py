"""When the endpoint is asked once more: only where nothing can be generated twice."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from handlers.errors import (
    EndpointThrottledError,
    EndpointUnavailableError,
    EndpointUnreachableError,
    HandlerError,
    ModelFailedError,
    ModelTimedOutError,
    NotConfirmedError,
    NoTimeLeftError,
    UnansweredError,
)
from handlers.invocation import Deadline

T = TypeVar("T")

_NOTHING_WAS_GENERATED = (
    EndpointThrottledError,
    EndpointUnavailableError,
    EndpointUnreachableError,
)
_MAY_HAVE_BEEN_GENERATED = (ModelTimedOutError, NotConfirmedError, UnansweredError)
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 8.0


class RetryBudget:
    """How many repeats the whole process may still make, so that a failing endpoint is left alone.

    A success earns a part of a repeat, as in the AWS SDKs' standard mode.
    """

    _EARNED_BY_SUCCESS = 0.2

    def __init__(self, capacity: float = 50) -> None:
        self._capacity = capacity
        self._left = capacity
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether there is a repeat left; it is used up."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def earn(self, repeats: int) -> None:
        """Note a success after so many repeats, which come back."""
        if self._left < self._capacity:
            with self._lock:
                earned = max(repeats, self._EARNED_BY_SUCCESS)
                self._left = min(self._capacity, self._left + earned)


_PROCESS_BUDGET = RetryBudget()


@dataclass(frozen=True, kw_only=True)
class Retries:
    """How a call to the endpoint is repeated."""

    attempts: int = 3
    """How often the endpoint is asked at most."""
    repeats_after_timeout: bool = False
    """Whether to ask again when an answer did not come in time, at the risk of a second generation."""
    budget: RetryBudget = field(default=_PROCESS_BUDGET)
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random
    """A number from 0 to 1 for each pause."""

    def run(
        self,
        ask: Callable[[], T],
        deadline: Deadline,
        *,
        repeats_failures: bool = True,
        is_once: bool = False,
    ) -> tuple[T, int]:
        """What `ask` returns, and how often it was asked.

        A container's own failure (5xx) is repeated once, unless `repeats_failures` says otherwise. Where
        no text may be generated twice (`is_once`), nothing that may have generated one is repeated.
        Raises what `ask` raised last, with its `attempts`.
        """
        attempts = 0
        failure: HandlerError | None = None
        while True:
            attempts += 1
            try:
                result = ask()
            except NoTimeLeftError as error:
                # Nothing was asked this time; what was asked before says more.
                (failure or error).attempts = attempts - 1
                raise failure or error from None
            except HandlerError as error:
                error.attempts = attempts
                if not (
                    attempts < self.attempts
                    and self._may_repeat(
                        error, attempts, repeats_failures=repeats_failures, is_once=is_once
                    )
                    and self._paused(attempts, deadline)
                ):
                    raise
                failure = error
            else:
                self.budget.earn(attempts - 1)
                return result, attempts

    def _may_repeat(
        self, error: HandlerError, attempts: int, *, repeats_failures: bool, is_once: bool
    ) -> bool:
        if isinstance(error, ModelFailedError):
            return repeats_failures and attempts == 1
        if isinstance(error, _MAY_HAVE_BEEN_GENERATED):
            repeats = self.repeats_after_timeout or isinstance(error, UnansweredError)
            return repeats and not is_once
        return isinstance(error, _NOTHING_WAS_GENERATED)

    def _paused(self, attempts: int, deadline: Deadline) -> bool:
        """Wait before the next attempt; False, and no wait, when there is no time or budget for it.

        Anything from nothing to the whole pause, so that callers who failed together come back apart:
        https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        """
        longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** (attempts - 1))
        seconds = self.random() * longest
        if not deadline.has_time_after(seconds) or not self.budget.take():
            return False
        self.sleep(seconds)
        return True
