"""The values that a metric had in one span of time, as CloudWatch keeps them: few numbers, however many values."""

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

_MOST_DISTINCT_VALUES = 200
_SIGNIFICANT_DIGITS_OF_MANY = 3  # an error of half a percent at most, in percentiles only
_PERCENT = 100


class Distribution:
    """Count, sum and extremes, exactly; and how often each value came, rounded once there are many of them."""

    __slots__ = ("_is_rounded", "count", "counts", "maximum", "minimum", "total")

    def __init__(self) -> None:
        self.count = 0.0
        self.total = 0.0
        self.minimum = math.inf
        self.maximum = -math.inf
        self.counts: defaultdict[float, float] = defaultdict(float)
        self._is_rounded = False

    def add(self, value: float, count: float = 1) -> None:
        """Take in a value that came so many times."""
        self.add_summary(count, value * count, value, value)
        self._count_in({value: count})

    def add_summary(self, count: float, total: float, minimum: float, maximum: float) -> None:
        """Take in values of which nothing else is known; there are no percentiles with them."""
        self.count += count
        self.total += total
        self.minimum = min(self.minimum, minimum)
        self.maximum = max(self.maximum, maximum)

    def merge(self, other: "Distribution") -> None:
        """Take in all that another one holds."""
        self.add_summary(other.count, other.total, other.minimum, other.maximum)
        self._count_in(other.counts)

    def statistic(self, name: str) -> float | None:
        """Return `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` or a percentile such as `p99.9`.

        None for what cannot be told of these values, or is no statistic.
        """
        if not self.count:
            return None
        simple = {
            "Sum": self.total,
            "Average": self.total / self.count,
            "Minimum": self.minimum,
            "Maximum": self.maximum,
            "SampleCount": self.count,
        }
        percent = percentile_of(name)
        return simple.get(name) if percent is None else self._percentile(percent)

    def _percentile(self, percent: float) -> float | None:
        """Return the smallest value that so many percent of the values do not exceed."""
        known = math.fsum(self.counts.values())
        if known < self.count and not math.isclose(known, self.count):  # counts may be fractions
            return None
        wanted = self.count * percent / _PERCENT
        seen = 0.0
        for value in sorted(self.counts):
            seen += self.counts[value]
            if seen >= wanted:
                return min(max(value, self.minimum), self.maximum)
        return self.maximum

    def _count_in(self, counts: Mapping[float, float]) -> None:
        for value, count in counts.items():
            self.counts[_rounded(value) if self._is_rounded else value] += count
        if len(self.counts) > _MOST_DISTINCT_VALUES and not self._is_rounded:
            exact, self.counts, self._is_rounded = self.counts, defaultdict(float), True
            self._count_in(exact)


def _rounded(value: float) -> float:
    return float(f"{value:.{_SIGNIFICANT_DIGITS_OF_MANY}g}")


def percentile_of(statistic: Any) -> float | None:
    """Return the number in `p99.9`; None for what is no percentile."""
    try:
        percent = float(statistic[1:]) if str(statistic).startswith("p") else math.nan
    except ValueError:
        return None
    return percent if 0 <= percent <= _PERCENT else None
