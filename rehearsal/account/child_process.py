"""A process that the account runs: its output read line by line, its end complete."""

import contextlib
import os
import signal
import subprocess
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_DRAIN_LIMIT_SECONDS = 1.0
_MARK_LENGTH = 32


class ChildProcess:
    """A process in a group of its own: whatever it starts ends with it."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        write_line: Callable[[str], None],
        stdin: int = subprocess.DEVNULL,
        pass_fds: Sequence[int] = (),
    ) -> None:
        """Start `command`; `write_line` gets each line of its output and errors, without the newline.

        With `stdin=subprocess.PIPE` its standard input closes when this process ends, in whatever way.
        """
        self._lock = threading.Lock()
        self._has_ended = False
        self._marks: dict[str, threading.Event] = {}
        reading, self._writing = os.pipe()
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own modules
            command,
            cwd=cwd,
            env=env,
            stdin=stdin,
            stdout=self._writing,
            stderr=subprocess.STDOUT,
            pass_fds=pass_fds,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, args=[reading, write_line], daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Id of the process, and of its group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative if a signal ended it."""
        return self._process.poll()

    def drain(self) -> None:
        """Return once every line written so far has been handed on.

        A mark of our own at the end of the same pipe comes out after all that is before it.
        """
        mark, seen = uuid.uuid4().hex, threading.Event()
        with self._lock:
            if self._has_ended:
                return
            self._marks[mark] = seen
            os.write(self._writing, f"{mark}\n".encode())
        seen.wait(_DRAIN_LIMIT_SECONDS)

    def end(self, grace_seconds: float = 0.0) -> None:
        """Kill the group, after asking politely if there is a grace; then all output has been read."""
        with self._lock:
            if self._has_ended:
                return
            self._has_ended = True
            if grace_seconds:
                self._signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(grace_seconds)
            self._signal(signal.SIGKILL)
            self._process.wait()
            if self._process.stdin:
                self._process.stdin.close()
            os.close(self._writing)
        self._reader.join(
            _DRAIN_LIMIT_SECONDS
        )  # only a process that fled the group could hold it up

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _read(self, reading: int, write_line: Callable[[str], None]) -> None:
        # Only \n ends a line: the runtime client puts a \r between the lines of one log event.
        with os.fdopen(reading, encoding="utf-8", errors="replace", newline="\n") as output:
            for line in output:
                text = line.removesuffix("\n")
                seen = self._marks.pop(text[-_MARK_LENGTH:], None)
                if seen is not None:
                    text = text[:-_MARK_LENGTH]
                if text:
                    write_line(text.replace("\r", "\n"))
                if seen is not None:
                    seen.set()
