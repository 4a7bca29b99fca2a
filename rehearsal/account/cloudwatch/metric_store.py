"""What metrics there are in one Region, and their values: minute by minute, then in less and less detail.

A minute here is one of the account's (pace.py), and is counted, not measured: on a busy machine it lasts
longer, but none is left out. Beside its number each has the time of this machine, which is what the API shows.
"""

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rehearsal.account.cloudwatch.distribution import Distribution

MINUTES_KEPT_WHOLE = 360
"""How far back alarms can look. What is older is merged into minutes of this machine."""
_CLEAN_UP_EVERY = 60
_LONGEST_KEPT = timedelta(days=15)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class MetricKey:
    """What tells one metric from every other."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Iterable[tuple[str, str]]) -> "MetricKey":
        """Build a key from dimensions in any order."""
        return cls(namespace, name, frozenset(dimensions))


@dataclass
class _Slot:
    minute: int
    at: datetime
    unit: str | None
    values: Distribution = field(default_factory=Distribution)


class MetricStore:
    """One Region's metrics."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: dict[MetricKey, list[_Slot]] = {}  # oldest first
        self._newest: dict[MetricKey, int] = {}
        self.minute = 0
        """The one that lasts; those before are over."""

    def put(
        self,
        key: MetricKey,
        take: Callable[[Distribution], None],
        unit: str | None = None,
        at: datetime | None = None,
    ) -> None:
        """Let `take` add values of `key`, at a time of this machine or now.

        What is stamped a minute ago belongs to a minute ago: an alarm sees a series of values as on AWS.
        """
        now = datetime.now(UTC)
        at = now if at is None else at
        with self._lock:
            minute = self.minute - max(0, int((now - at) / _MINUTE))
            slots = self._slots.setdefault(key, [])
            index = len(slots)
            while index and slots[index - 1].minute > minute:
                index -= 1
            if not index or slots[index - 1].minute < minute:
                slots.insert(index, _Slot(minute, at, unit))
                index += 1
            take(slots[index - 1].values)
            self._newest[key] = max(minute, self._newest.get(key, minute))

    def begin_minute(self) -> int:
        """Begin the next minute, and return the one that is over."""
        with self._lock:
            self.minute += 1
            if self.minute % _CLEAN_UP_EVERY == 0:
                for key, slots in self._slots.items():
                    self._slots[key] = _merged(slots, self.minute - MINUTES_KEPT_WHOLE)
            return self.minute - 1

    def newest(self, key: MetricKey) -> int | None:
        """Return the last minute in which there was a value; None if there never was one."""
        return self._newest.get(key)

    def over(
        self, key: MetricKey, last: int, minutes: int, unit: str | None = None
    ) -> Distribution:
        """Return the values of so many minutes, up to and with `last`; of one unit only if it is given."""
        found = Distribution()
        with self._lock:
            slots = self._slots.get(key, [])
            start = bisect_left(slots, last - minutes + 1, key=lambda slot: slot.minute)
            for slot in slots[start:]:
                if slot.minute > last:
                    break
                if unit in {None, slot.unit}:
                    found.merge(slot.values)
        return found

    def between(
        self, key: MetricKey, start: datetime, end: datetime, unit: str | None = None
    ) -> Iterator[tuple[datetime, str | None, Distribution]]:
        """Yield time, unit and values from `start` until before `end`, by this machine's clock."""
        with self._lock:
            for slot in self._slots.get(key, []):
                if start <= slot.at < end and unit in {None, slot.unit}:
                    yield slot.at, slot.unit, slot.values

    def known(self) -> list[MetricKey]:
        """Return every metric that has had a value."""
        with self._lock:
            return list(self._slots)


def _merged(slots: list[_Slot], first_whole: int) -> list[_Slot]:
    merged: list[_Slot] = []
    forgotten_before = datetime.now(UTC) - _LONGEST_KEPT
    for slot in slots:
        if slot.at < forgotten_before:
            continue
        at = slot.at.replace(second=0, microsecond=0)
        if slot.minute < first_whole and merged and merged[-1].at == at:
            merged[-1].values.merge(slot.values)
        elif slot.minute < first_whole:
            slot.at = at
            merged.append(slot)
        else:
            merged.append(slot)
    return merged


_stores: dict[str, MetricStore] = {}
_stores_lock = threading.Lock()


def metrics_in(region: str) -> MetricStore:
    """Return the metrics of a Region: one store for the process, which is one account."""
    with _stores_lock:
        return _stores.setdefault(region, MetricStore())


def all_stores() -> dict[str, MetricStore]:
    """Return every Region's metrics."""
    with _stores_lock:
        return dict(_stores)
