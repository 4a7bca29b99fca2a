"""The invocations under way, each known by the credentials of its process; some are killed midway.

Midway is where it matters: when the function asks the endpoint, when the endpoint has answered and the function
does not know yet, and when it stores something.
"""

import contextlib
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass

from rehearsal.account.faults.injector import Stroke, Struck, injector


@dataclass(frozen=True)
class Invocation:
    """One run of a function, and how to end its process."""

    request_id: str
    function: str
    kill: Callable[[], None]


@dataclass
class _UnderWay:
    invocation: Invocation
    has_had_its_chance: bool = False
    """From its first call on: what calls nothing would use up a chance for nothing."""
    stroke: Stroke | None = None
    """How it is to be killed, as long as it has not been."""


_lock = threading.Lock()
_all: dict[str, _UnderWay] = {}  # by access key, which each execution environment has of its own


@contextlib.contextmanager
def under_way(access_key_id: str, invocation: Invocation) -> Generator[None]:
    """Know an invocation by the key of its process for the length of a `with` block."""
    with _lock:
        _all[access_key_id] = _UnderWay(invocation)
    try:
        yield
    finally:
        with _lock:
            del _all[access_key_id]


def request_id_of(access_key_id: str | None) -> str | None:
    """Return the id of the invocation that uses a key; None if no function does."""
    with _lock:
        found = _all.get(access_key_id or "")
    return found.invocation.request_id if found else None


def kill_when(moment: str, access_key_id: str | None) -> bool:
    """Kill the process that uses a key, if it is to be killed at this moment; return whether it was."""
    with _lock:
        found = _all.get(access_key_id or "")
        if found is None:
            return False
        if not found.has_had_its_chance:
            found.has_had_its_chance, found.stroke = True, injector.draw("function-killed")
        if found.stroke is None or found.stroke.kind != moment:
            return False
        stroke, found.stroke = found.stroke, None
    invocation = found.invocation
    injector.note(stroke, Struck("lambda", "Invoke", invocation.function, invocation.request_id))
    invocation.kill()
    return True
