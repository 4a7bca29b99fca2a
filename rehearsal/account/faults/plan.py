"""Which faults are asked for, and how often each comes.

One is spelled `NAME=AMOUNT`, or `NAME:KIND=AMOUNT` for one of its kinds. An amount is a share of the chances
that it has (`0.3`, `30%`) or a number of them (`2x`: the first two). A slow one says how long before that:
`2s`, `300ms`, `2s@0.5`, `2s@1x`.
"""

import difflib
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from rehearsal.account.faults.catalogue import CATALOGUE, Fault

HOW = "a share from 0 to 1 (0.3 or 30%), or a number of times (2x)"
HOW_SLOW = (
    "a duration (2s or 300ms), with @ and a share or a number of times if not always (2s@0.5)"
)
LONGEST_DELAY_SECONDS = 900  # as long as any function may run
_SHARE = re.compile(r"(?P<number>\d+(\.\d*)?|\.\d+)(?P<percent>%?)")
_TIMES = re.compile(r"(?P<number>\d{1,9})x")
_DURATION = re.compile(r"(?P<number>\d+(\.\d*)?|\.\d+)(?P<unit>ms|s)")


class FaultError(ValueError):
    """What is asked for is no fault; the message has a line for each problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Dose:
    """One fault as it is asked for."""

    fault: str
    kind: str | None = None
    """None: any of its kinds."""
    share: float = 1.0
    """Of the chances that it has."""
    first: int | None = None
    """How many chances are taken in all; None: no limit."""
    delay_seconds: float = 0.0


@dataclass(frozen=True)
class FaultPlan:
    """All that is asked for; the same faults come for the same seed, as far as the order of calls is the same."""

    texts: tuple[str, ...] = ()
    doses: tuple[Dose, ...] = ()
    seed: int = 0

    @classmethod
    def of(cls, *texts: str, seed: int = 0) -> "FaultPlan":
        """Read what `--fault` is given.

        Raises:
            FaultError: all that is wrong with it.
        """
        problems: list[str] = []
        doses: list[Dose] = []
        for text in texts:
            try:
                doses.append(_dose(text))
            except FaultError as error:
                problems += error.problems
        named = [(dose.fault, dose.kind) for dose in doses]
        problems += [
            f"{fault}{f':{kind}' if kind else ''} is asked for twice"
            for fault, kind in sorted(set(named), key=named.index)
            if named.count((fault, kind)) > 1
        ]
        if problems:
            raise FaultError(problems)
        return cls(texts, tuple(doses), seed)

    @classmethod
    def parse(cls, text: str) -> "FaultPlan":
        """Read what `str` wrote."""
        members = json.loads(text)
        return cls.of(*members["faults"], seed=members["seed"])

    def __str__(self) -> str:
        return json.dumps({"faults": self.texts, "seed": self.seed})

    def __bool__(self) -> bool:
        return bool(self.doses)


def _dose(text: str) -> Dose:
    spelled, _, amount = text.strip().partition("=")
    name, _, kind = spelled.strip().partition(":")
    fault = CATALOGUE.get(name)
    if fault is None:
        raise FaultError([f"{name or text!r} is no fault{_nearest(name, CATALOGUE)}"])
    problems: list[str] = []
    if kind and kind not in fault.kinds:
        known = f"; there are {', '.join(fault.kinds)}" if fault.kinds else "; it has none"
        problems.append(f"{name} has no kind {kind!r}{known}")
    dose = _amount(fault, kind or None, amount.strip())
    if dose is None:
        how = HOW_SLOW if fault.is_slow else HOW
        problems.append(f"{spelled.strip()} needs {how}, got {amount.strip()!r}")
    if problems or dose is None:
        raise FaultError(problems)
    return dose


def _amount(fault: Fault, kind: str | None, text: str) -> Dose | None:
    delay_seconds = 0.0
    if fault.is_slow:
        duration, parts, text = text.partition("@")
        found = _DURATION.fullmatch(duration.strip())
        if found is None:
            return None
        delay_seconds = float(found["number"]) / (1000 if found["unit"] == "ms" else 1)
        if delay_seconds > LONGEST_DELAY_SECONDS:
            return None
        text = text.strip() if parts else "1"
    if times := _TIMES.fullmatch(text):
        return Dose(fault.name, kind, 1.0, int(times["number"]), delay_seconds)
    share = _SHARE.fullmatch(text)
    if share is None:
        return None
    number = float(share["number"]) / (100 if share["percent"] else 1)
    is_share = math.isfinite(number) and 0 <= number <= 1
    return Dose(fault.name, kind, number, None, delay_seconds) if is_share else None


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1, cutoff=0.4)
    return f"; did you mean {near[0]}?" if near else ""
