"""The execution environments of all functions: reused while warm, started ahead where that is asked for."""

import contextlib
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rehearsal.account.functions.platform_log import Init
from rehearsal.account.functions.sandbox import Kind, Registration, Sandbox

# Lambda keeps idle environments for minutes. One machine keeps so many, the latest ones, of all functions together.
_MOST_IDLE = 16
_STOPPED_AT_ONCE = 16


@dataclass(frozen=True)
class _Idle:
    sandbox: Sandbox
    order: int


class SandboxPool:
    """Gives a sandbox for each invocation."""

    def __init__(self, url: str) -> None:
        """`url` is where the functions find the account."""
        self._url = url
        self._lock = threading.Lock()
        self._order = itertools.count()
        self._idle: list[_Idle] = []  # the latest at the end
        self._started = set[Sandbox]()
        self._kept_ahead = Counter[str]()  # by fingerprint
        self._is_stopping = False

    @contextlib.contextmanager
    def one_for(self, registration: Registration) -> Generator[Sandbox]:
        """Give a sandbox for one invocation, which is kept for others if it survives that.

        Raises:
            AwsError: as `Sandbox`.
        """
        sandbox = self._warm(registration.fingerprint) or self._new(registration, "on-demand")
        try:
            yield sandbox
        finally:
            self._give_back(sandbox)

    def start_ahead(self, registration: Registration, count: int) -> list[Init]:
        """Have at least so many environments of one version ready from now on, and return how they started.

        Raises:
            AwsError: as `Sandbox`.
        """
        fingerprint = registration.fingerprint
        with self._lock:
            self._kept_ahead[fingerprint] = count
            there = sum(each.fingerprint == fingerprint for each in self._started)
        inits: list[Init] = []
        for _ in range(max(0, count - there)):
            sandbox = self._new(registration, "provisioned-concurrency")
            inits.append(sandbox.initialize())
            self._give_back(sandbox)
        return inits

    def keep_none_ahead(self, registration: Registration) -> None:
        """Treat the environments of one version as any others again."""
        with self._lock:
            del self._kept_ahead[registration.fingerprint]
            surplus = self._surplus()
        self._stop(surplus)

    def retire(self, function_name: str, region: str) -> None:
        """End the idle environments of a function that is gone."""
        self._stop_idle(
            lambda each: (
                each.registration.region == region
                and each.registration.function.function_name == function_name
            )
        )

    def stop(self) -> None:
        """End every execution environment."""
        with self._lock:
            started, self._started, self._idle = list(self._started), set(), []
            self._is_stopping = True
        self._stop(started)

    def _warm(self, fingerprint: str) -> Sandbox | None:
        while True:
            with self._lock:
                found = [each for each in self._idle if each.sandbox.fingerprint == fingerprint]
                if not found:
                    return None
                self._idle.remove(found[-1])
            sandbox = found[-1].sandbox
            if sandbox.environment.is_alive:
                return sandbox
            self._stop([sandbox])

    def _new(self, registration: Registration, kind: Kind) -> Sandbox:
        sandbox = Sandbox(registration, self._url, kind)
        with self._lock:
            self._started.add(sandbox)
            is_stopping = self._is_stopping
        if is_stopping:  # too late for stop() to see it
            sandbox.stop()
        return sandbox

    def _give_back(self, sandbox: Sandbox) -> None:
        if not sandbox.environment.is_alive:
            self._stop([sandbox])
            return
        with self._lock:
            self._idle.append(_Idle(sandbox, next(self._order)))
            surplus = self._surplus()
        self._stop(surplus)

    def _surplus(self) -> list[Sandbox]:
        """Take out the oldest idle ones that are too many, none of those that are kept ahead."""
        kept, counts = list[_Idle](), Counter[str]()
        others = list[_Idle]()
        for each in reversed(self._idle):
            counts[each.sandbox.fingerprint] += 1
            is_ahead = (
                counts[each.sandbox.fingerprint] <= self._kept_ahead[each.sandbox.fingerprint]
            )
            (kept if is_ahead else others).append(each)
        self._idle = sorted([*kept, *others[:_MOST_IDLE]], key=lambda each: each.order)
        return [each.sandbox for each in others[_MOST_IDLE:]]

    def _stop_idle(self, is_meant: Callable[[Sandbox], bool]) -> None:
        with self._lock:
            meant = [each.sandbox for each in self._idle if is_meant(each.sandbox)]
            self._idle = [each for each in self._idle if each.sandbox not in meant]
        self._stop(meant)

    def _stop(self, sandboxes: Iterable[Sandbox]) -> None:
        gone = list(sandboxes)
        with self._lock:
            self._started.difference_update(gone)
        if len(gone) == 1:
            gone[0].stop()
        elif gone:
            with ThreadPoolExecutor(_STOPPED_AT_ONCE) as pool:
                list(pool.map(Sandbox.stop, gone))
