"""Taking out of kept texts what the deployment's rules find, within a time that is kept.

The rules are regular expressions that somebody wrote, and the texts are strangers': together they may
run for hours. Python cannot stop a match, nor run anything beside it: it holds the interpreter's lock.
Hence a process of its own, which can be ended.
"""

import contextlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, cast

from handlers.environment import RedactionRule
from handlers.time_limit import TimeLimit, run_within

MOST_PROCESSES = 4
"""At the same time: each has an interpreter of its own, some 10 MB. A batch may have 64 workers."""
_PROGRAM = Path(__file__).with_name("redaction_process.py")


class NotRedactedError(Exception):
    """The rules were not applied; the message says why and quotes nothing of the texts."""


class Redactor:
    """The rules, applied in processes that are started when first needed and used again."""

    def __init__(self, rules: tuple[RedactionRule, ...]) -> None:
        self._rules = rules
        self._turns = threading.BoundedSemaphore(MOST_PROCESSES)
        # One for each thread that redacts at the same moment.
        self._idle: list[_Process] = []

    def start(self) -> None:
        """Have a process ready: while the model is asked, starting one costs nothing."""
        if not self._idle:
            with contextlib.suppress(OSError):
                self._idle.append(_Process(self._rules))

    def redacted(self, texts: list[str], seconds: float) -> list[str]:
        """The texts without what the rules find. Raises NotRedactedError, after `seconds` at most."""
        limit = TimeLimit.of(seconds)
        if not self._turns.acquire(timeout=max(0.0, seconds)):
            raise NotRedactedError(f"its turn did not come within {seconds:.1f} s")
        try:
            return self._redacted(texts, limit)
        finally:
            self._turns.release()

    def close(self) -> None:
        """End the processes that nobody uses now."""
        while self._idle:
            self._idle.pop().end()

    def _redacted(self, texts: list[str], limit: TimeLimit) -> list[str]:
        seconds = limit.seconds_left()
        try:
            process = self._process()
        except OSError as error:
            raise NotRedactedError(f"no process for it ({type(error).__name__})") from error
        try:
            redacted = run_within(seconds, lambda: process.redacted(texts))
        except Exception as error:
            process.end()
            if isinstance(error, TimeoutError):
                raise NotRedactedError(f"it did not end within {seconds:.1f} s") from error
            raise NotRedactedError(f"its process failed ({type(error).__name__})") from error
        self._idle.append(process)
        return redacted

    def _process(self) -> "_Process":
        # Not asked first whether there is one: another thread may be faster.
        try:
            while (process := self._idle.pop()).has_died():
                process.end()
        except IndexError:
            return _Process(self._rules)
        return process


class _Process:
    """A running redaction_process.py: a line of JSON in, a line of JSON out."""

    def __init__(self, rules: tuple[RedactionRule, ...]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own program, by its whole path
            # Isolated and without site-packages it starts in a third of the time.
            [sys.executable, "-I", "-S", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a trace could quote a text
        )
        self._in = cast("IO[bytes]", self._process.stdin)
        self._out = cast("IO[bytes]", self._process.stdout)
        self._send(rules)

    def redacted(self, texts: list[str]) -> list[str]:
        """The texts, redacted. Takes as long as it takes."""
        self._send(texts)
        return json.loads(self._out.readline())

    def has_died(self) -> bool:
        """Whether it ended by itself: Linux ends processes where memory is short."""
        return self._process.poll() is not None

    def end(self) -> None:
        """End the process in the middle of whatever it does."""
        self._process.kill()
        self._process.wait()
        self._out.close()
        with contextlib.suppress(OSError):  # what it was never told stays in our buffer
            self._in.close()

    def _send(self, value: object) -> None:
        self._in.write(json.dumps(value).encode() + b"\n")
        self._in.flush()
