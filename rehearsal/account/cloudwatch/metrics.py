"""What the services of this account have to tell of themselves, until it is published.

One collection for the process, which is one account: whatever answers a request can note what came of it.
"""

import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Unit = Literal["Count", "Microseconds", "Milliseconds", "Seconds", "Percent", "None"]


@dataclass(frozen=True)
class Observation:
    """One value of one metric."""

    region: str
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    value: float
    unit: Unit


Source = Callable[[], Iterable[Observation]]
"""Asked at each publication for what is so at the moment, such as the length of a queue."""
_lock = threading.Lock()
_noted: list[Observation] = []
_sources: list[Source] = []


def observe(observation: Observation) -> None:
    """Note one value; it is published with the current minute."""
    with _lock:
        _noted.append(observation)


def add_source(source: Source) -> None:
    """Ask `source` with each publication from now on."""
    with _lock:
        _sources.append(source)


def collected() -> list[Observation]:
    """Return what was noted since the last time, with what the sources say now."""
    with _lock:
        taken = _noted[:]
        _noted.clear()
        sources = _sources[:]
    for source in sources:
        try:
            taken += source()
        except Exception:  # noqa: BLE001 - what one cannot tell just now keeps nobody else from it
            traceback.print_exc(file=sys.stderr)
    return taken
