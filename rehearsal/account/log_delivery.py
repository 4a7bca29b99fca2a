"""Ship a process's output lines to CloudWatch Logs with the credentials of the role it runs under.

As on AWS, a role that may not write logs loses them: nothing else fails.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

_BATCH_SECONDS = 0.1


class LogDelivery:
    """One log stream, filled by a thread of its own."""

    def __init__(
        self, connect: Callable[[], Any], group: str, stream: str, *, create_group: bool = False
    ) -> None:
        """`connect` makes the Logs client; `create_group` as SageMaker does and Lambda may not."""
        self._connect = connect
        self._group = group
        self._stream = stream
        self._create_group = create_group
        self._lines: queue.Queue[tuple[int, str] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name=f"logs-{stream}", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Queue one line, stamped with the present time."""
        if line.strip():
            self._lines.put((int(time.time() * 1000), line.rstrip("\n")))

    def flush(self) -> None:
        """Wait until every line queued so far is delivered or lost."""
        self._lines.join()

    def close(self) -> None:
        """Deliver what is queued, then stop."""
        self._lines.put(None)
        self._thread.join()

    def _run(self) -> None:
        deliver: Callable[[list[tuple[int, str]]], None] | None = None
        while True:
            batch, is_last = self._next_batch()
            with contextlib.suppress(ClientError, BotoCoreError):
                if batch:
                    deliver = deliver or self._open()
                    deliver(batch)
            for _ in range(len(batch) + is_last):
                self._lines.task_done()
            if is_last:
                return

    def _next_batch(self) -> tuple[list[tuple[int, str]], bool]:
        first = self._lines.get()
        if first is None:
            return [], True
        batch = [first]
        deadline = time.monotonic() + _BATCH_SECONDS
        while (remaining := deadline - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=remaining)
            except queue.Empty:
                break
            if line is None:
                return batch, True
            batch.append(line)
        return batch, False

    def _open(self) -> Callable[[list[tuple[int, str]]], None]:
        logs = self._connect()
        target = {"logGroupName": self._group, "logStreamName": self._stream}
        if self._create_group:
            with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
                logs.create_log_group(logGroupName=self._group)
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(**target)

        def deliver(batch: list[tuple[int, str]]) -> None:
            events = [{"timestamp": at, "message": line} for at, line in batch]
            logs.put_log_events(**target, logEvents=events)

        return deliver
