"""Decides when a fault comes, and notes each that came. One for the process, which is one account."""

import random
import threading
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from rehearsal.account.faults.catalogue import CATALOGUE
from rehearsal.account.faults.plan import Dose, FaultPlan


@dataclass(frozen=True)
class Struck:
    """What a fault strikes."""

    service: str
    """`sagemaker-runtime`, `s3`, `sqs` or `lambda`."""
    action: str
    """`InvokeEndpoint`, `PutObject` ..."""
    subject: str
    """The endpoint, object, queue or function."""
    request_id: str | None = None
    """Of the function's invocation, as far as one is known."""


@dataclass(frozen=True)
class Injection:
    """One fault that came."""

    at: str
    fault: str
    kind: str | None
    struck: Struck


@dataclass(frozen=True)
class Stroke:
    """It is a fault's turn."""

    fault: str
    kind: str | None
    delay_seconds: float = 0.0


class Injector:
    """Faults as planned: each has its own source of chance, so that none disturbs another's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.follow(FaultPlan())

    def follow(self, plan: FaultPlan) -> None:
        """From now on make these faults, and forget those that came."""
        with self._lock:
            self._plan = plan
            self._left = {dose: dose.first for dose in plan.doses}
            self._chance = {
                dose: random.Random(f"{plan.seed} {dose}")  # noqa: S311 - for tests, no secret
                for dose in plan.doses
            }
            self._injections: list[Injection] = []

    def draw(self, fault: str, kinds: Collection[str] | None = None) -> Stroke | None:
        """Give a fault a chance, and return how it comes if it does.

        `kinds` are those that could come here; all of its kinds if left out.
        """
        possible = CATALOGUE[fault].kinds if kinds is None else kinds
        with self._lock:
            for dose in self._plan.doses:
                fits = dose.fault == fault and (dose.kind is None or dose.kind in possible)
                if fits and self._is_due(dose):
                    chance = self._chance[dose]
                    kind = dose.kind or (chance.choice(sorted(possible)) if possible else None)
                    return Stroke(fault, kind, dose.delay_seconds)
        return None

    def note(self, stroke: Stroke, struck: Struck) -> None:
        """Keep that a fault came."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._lock:
            self._injections.append(Injection(at, stroke.fault, stroke.kind, struck))

    def injections(self) -> list[dict[str, Any]]:
        """Return every fault that came so far, in order, as JSON knows it."""
        with self._lock:
            return [asdict(injection) for injection in self._injections]

    def _is_due(self, dose: Dose) -> bool:
        left = self._left.get(dose)
        if left is not None:
            self._left[dose] = max(0, left - 1)
            return left > 0
        return self._chance[dose].random() < dose.share


injector = Injector()
