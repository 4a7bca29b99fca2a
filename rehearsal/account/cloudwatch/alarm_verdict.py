"""What an alarm makes of its most recent datapoints.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html (copy of 2026), whose two
tables are held to by tests. Not told there: how far an alarm looks back for datapoints when some are missing (in its
examples two periods further than it has to, which is taken for the rule); and what too few datapoints come to
that breach, all of them (`- - - - X` for 3 of 3): an edition of 2019 says INSUFFICIENT_DATA.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
OK: State = "OK"
ALARM: State = "ALARM"
INSUFFICIENT_DATA: State = "INSUFFICIENT_DATA"
_EXTRA_PERIODS = 2


@dataclass(frozen=True)
class Rule:
    """When an alarm goes off."""

    comparison: str
    threshold: float
    evaluation_periods: int
    datapoints_to_alarm: int
    treat_missing: str
    """`missing`, `ignore`, `breaching` or `notBreaching`."""

    @property
    def periods_to_retrieve(self) -> int:
        """How many periods are looked at for datapoints."""
        return self.evaluation_periods + _EXTRA_PERIODS

    def is_breaching(self, value: float) -> bool:
        """Whether a value is what the alarm is about."""
        return _COMPARISONS[self.comparison][0](value, self.threshold)

    @property
    def in_words(self) -> str:
        """`greater than the threshold (5.0)`."""
        return f"{_COMPARISONS[self.comparison][1]} the threshold ({self.threshold})"


@dataclass(frozen=True)
class Verdict:
    """The state that datapoints come to."""

    state: State | None
    """None: what it is already."""
    evaluated: tuple[float, ...] = ()
    """Those of the datapoints that counted, oldest first."""
    filled: int = 0
    """How many were missing, and taken for what the alarm says."""


def judge(rule: Rule, points: Sequence[float | None]) -> Verdict:
    """Decide on datapoints, oldest first; None for one that is missing.

    Raises:
        KeyError: the comparison is none that is played.
    """
    present = [
        (age, value) for age, value in enumerate(reversed(points), start=1) if value is not None
    ][: rule.evaluation_periods]
    values = tuple(value for _, value in reversed(present))
    breaching = sum(map(rule.is_breaching, values))
    filled = rule.evaluation_periods - len(values)
    if breaching >= rule.datapoints_to_alarm:
        return Verdict(ALARM, values, filled)
    if not filled or rule.treat_missing == "notBreaching":
        return Verdict(OK, values, filled)
    if rule.treat_missing == "breaching":
        is_enough = breaching + filled >= rule.datapoints_to_alarm
        return Verdict(ALARM if is_enough else OK, values, filled)
    if breaching < len(values):
        return Verdict(OK, values, filled)
    if rule.treat_missing == "ignore":
        return Verdict(None, values, filled)
    # It is no more too early: however the missing ones turned out, there have been enough periods.
    is_ripe = bool(present) and present[-1][0] >= rule.datapoints_to_alarm
    return Verdict(ALARM if is_ripe else INSUFFICIENT_DATA, values, filled)


_COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
