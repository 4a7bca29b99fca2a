"""Ship a process's output lines to CloudWatch Logs with the credentials of the role it runs under.

As on AWS, a role that may not write logs loses them: nothing else fails.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

_BATCH_SECONDS = 0.1
_MAX_BATCH_EVENTS = 1000  # PutLogEvents takes 10,000, and 1 MiB in all


class _Order(Enum):
    FLUSH = auto()
    CLOSE = auto()


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
        self._queue: queue.Queue[tuple[int, str] | _Order] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name=f"logs-{stream}", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Queue one line, stamped with the present time."""
        if line.strip():
            self._queue.put((int(time.time() * 1000), line))

    def flush(self) -> None:
        """Wait until every line queued so far is delivered or lost."""
        self._queue.put(_Order.FLUSH)
        self._queue.join()

    def close(self) -> None:
        """Deliver what is queued, then stop."""
        self._queue.put(_Order.CLOSE)
        self._thread.join()

    def _run(self) -> None:
        deliver: Callable[[list[tuple[int, str]]], None] | None = None
        order: _Order | None = None
        while order is not _Order.CLOSE:
            batch, order = self._next_batch()
            with contextlib.suppress(Exception):  # whatever the cause, a lost line fails nothing
                if batch:
                    deliver = deliver or self._open()
                    deliver(batch)
            for _ in range(len(batch) + (order is not None)):
                self._queue.task_done()

    def _next_batch(self) -> tuple[list[tuple[int, str]], _Order | None]:
        batch: list[tuple[int, str]] = []
        deadline: float | None = None  # none until there is a first line to wait for others with
        while len(batch) < _MAX_BATCH_EVENTS:
            try:
                item = self._queue.get(timeout=deadline and max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            if isinstance(item, _Order):
                return batch, item
            batch.append(item)
            deadline = deadline or time.monotonic() + _BATCH_SECONDS
        return batch, None

    def _open(self) -> Callable[[list[tuple[int, str]]], None]:
        logs = self._connect()
        target = {"logGroupName": self._group, "logStreamName": self._stream}
        exists_already = logs.exceptions.ResourceAlreadyExistsException
        if self._create_group:
            with contextlib.suppress(exists_already):
                logs.create_log_group(logGroupName=self._group)
        with contextlib.suppress(exists_already):
            logs.create_log_stream(**target)

        def deliver(batch: list[tuple[int, str]]) -> None:
            events = [{"timestamp": at, "message": line} for at, line in batch]
            logs.put_log_events(**target, logEvents=events)

        return deliver
