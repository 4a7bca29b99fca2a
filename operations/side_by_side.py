"""Do many things at once, and hand their results on in order."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_LOOKED_AHEAD = 1000
"""How many items are begun or finished behind one that takes long."""


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], workers: int
) -> Generator[Result]:
    """Yield `work(item)` for each item, in the items' order, up to `workers` at once.

    Whoever stops early, by Ctrl-C too, starts no further work, and does not wait for what is under way: the workers
    are daemons, where an executor's would hold up the end of the program for as long as a model may take.
    """
    waiting = queue.SimpleQueue[tuple[Future[Result], Item] | None]()
    ended = threading.Event()

    def work_on() -> None:
        while (taken := waiting.get()) is not None and not ended.is_set():
            future, item = taken
            try:
                future.set_result(work(item))
            except BaseException as failure:  # noqa: BLE001 - raised where the result is taken
                future.set_exception(failure)

    for _ in range(workers):
        threading.Thread(target=work_on, daemon=True).start()
    begun = deque[Future[Result]]()
    try:
        for item in items:
            begun.append(Future())
            waiting.put((begun[-1], item))
            if len(begun) == _LOOKED_AHEAD:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        ended.set()
        for _ in range(workers):
            waiting.put(None)
