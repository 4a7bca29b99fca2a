"""The numbers that stand for many values."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.account.cloudwatch.distribution import Distribution, percentile_of

VALUES = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=50)


def holding(*values: float) -> Distribution:
    made = Distribution()
    for value in values:
        made.add(value)
    return made


@given(VALUES)
def test_sum_average_extremes_and_count_are_exact(values: list[float]) -> None:
    held = holding(*values)

    assert held.statistic("Sum") == pytest.approx(math.fsum(values))
    assert held.statistic("Average") == pytest.approx(statistics.fmean(values))
    assert held.statistic("Minimum") == min(values)
    assert held.statistic("Maximum") == max(values)
    assert held.statistic("SampleCount") == len(values)


@given(VALUES, VALUES)
def test_merging_is_the_same_as_holding_all(one: list[float], other: list[float]) -> None:
    merged = holding(*one)
    merged.merge(holding(*other))

    for name in ("Minimum", "Maximum", "SampleCount", "p50", "p99"):
        assert merged.statistic(name) == holding(*one, *other).statistic(name)


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("p0", 1), ("p10", 10), ("p50", 50), ("p99", 99), ("p99.9", 100), ("p100", 100)],
)
def test_a_percentile_is_what_so_many_percent_do_not_exceed(statistic: str, value: float) -> None:
    assert holding(*range(1, 101)).statistic(statistic) == value


def test_thousands_of_values_take_little_and_their_percentiles_stay_right() -> None:
    held = holding(*(value * 1.0001 for value in range(1, 20_001)))

    assert len(held.counts) < 3000
    assert held.statistic("p50") == pytest.approx(10_001, rel=0.01)
    assert held.statistic("p99") == pytest.approx(19_802, rel=0.01)
    assert held.statistic("Maximum") == pytest.approx(20_002)


def test_a_summary_has_no_percentiles() -> None:
    held = holding(1)
    held.add_summary(count=4, total=10, minimum=0, maximum=7)

    assert (held.statistic("Sum"), held.statistic("Maximum")) == (11, 7)
    assert held.statistic("p50") is None


def test_nothing_has_no_statistics() -> None:
    assert Distribution().statistic("Sum") is None


@pytest.mark.parametrize("text", ["p", "p101", "p-1", "q50", "Sum", "p9 9x", ""])
def test_what_is_no_percentile_is_none(text: str) -> None:
    assert percentile_of(text) is None
    assert text == "Sum" or holding(1).statistic(text) is None
