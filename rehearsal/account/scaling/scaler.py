"""Set capacities: within bounds, with pauses in between, and telling what was done.

Cooldowns: https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html#step-scaling-cooldown
(copy of 2026). What a policy has added counts, for as long as its cooldown lasts, as part of what it wants to
add next; nothing more is taken away in the cooldown after something was.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rehearsal.account.pace import shortened
from rehearsal.account.scaling.activities import Activities, Key
from rehearsal.account.scaling.capacity import Capacity
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]


@dataclass
class _Recent:
    """The last changes of one target."""

    before_adding: int = 0
    adding_until: float = 0.0
    taking_until: float = 0.0


@dataclass(frozen=True)
class Cooldowns:
    """How long a policy waits, in seconds of AWS."""

    adding_seconds: float
    taking_seconds: float


class Scaler:
    """Changes the capacities of one Region's targets."""

    def __init__(self, capacity: Capacity, activities: Activities) -> None:
        self._capacity = capacity
        self._activities = activities
        self._recent: dict[Key, _Recent] = {}

    def keep_within_bounds(self, key: Key, target: Members) -> bool:
        """Bring a target that is out of its bounds back into them; return whether it is."""
        current = self._capacity.capacity_of(*key)
        if current is None or current == _within(target, current):
            return True
        least, greatest = target["MinCapacity"], target["MaxCapacity"]
        if current < least:
            return self._set(key, least, f"minimum capacity was set to {least}")
        return self._set(key, greatest, f"maximum capacity was set to {greatest}")

    def follow(
        self,
        key: Key,
        target: Members,
        wanted: Callable[[int], int | None],
        cause: str,
        cooldowns: Cooldowns,
    ) -> None:
        """Do what a policy wants.

        Args:
            key: resource and dimension.
            target: its bounds, and what of it is suspended.
            wanted: what the policy makes of a capacity; None for nothing.
            cause: who wants it.
            cooldowns: the policy's.
        """
        current = self._capacity.capacity_of(*key)
        if current is None or (aim := wanted(current)) is None:
            return
        recent = self._recent.setdefault(key, _Recent())
        suspended, now = target.get("SuspendedState", {}), time.monotonic()
        if _within(target, aim) > current and not suspended.get("DynamicScalingOutSuspended"):
            base = recent.before_adding if now < recent.adding_until else current
            count = _within(target, wanted(base) or 0)
            if count > current and self._set(key, count, cause):
                until = now + shortened(cooldowns.adding_seconds)
                self._recent[key] = _Recent(before_adding=base, adding_until=until)
        elif _within(target, aim) < current and not suspended.get("DynamicScalingInSuspended"):
            is_cooling = now < recent.taking_until
            if not is_cooling and self._set(key, _within(target, aim), cause):
                recent.taking_until = now + shortened(cooldowns.taking_seconds)

    def forget(self, key: Key) -> None:
        """Forget a target that is gone."""
        self._recent.pop(key, None)

    def _set(self, key: Key, count: int, cause: str) -> bool:
        began, failure = time.time(), None
        try:
            self._capacity.set_capacity(*key, count)
        except AwsError as refused:
            failure = refused.message
        self._activities.note(key, count, cause, began, failure)
        return failure is None


def _within(target: Members, count: int) -> int:
    return max(target["MinCapacity"], min(target["MaxCapacity"], count))
