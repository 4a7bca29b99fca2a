"""A hard limit for work whose own limits are soft."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def run_within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` returns or raises, or TimeoutError when it has not ended after `seconds`.

    Late work goes on in its thread and its outcome is dropped. Socket timeouts alone cannot promise
    a limit: they hold per address and per packet, and a name lookup has none.
    """
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="time-limited")
    try:
        return executor.submit(work).result(timeout=seconds)
    finally:
        executor.shutdown(wait=False)
