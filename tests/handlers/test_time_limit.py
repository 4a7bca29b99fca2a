"""Limits for work whose own limits are soft."""

import threading

import pytest

from handlers.time_limit import TimeLimit, run_within


def test_work_that_ends_in_time_gives_what_it_returns() -> None:
    assert run_within(5, lambda: "result") == "result"


def test_work_that_fails_in_time_raises_what_it_raises() -> None:
    def fail() -> None:
        raise KeyError("problem")

    with pytest.raises(KeyError, match="problem"):
        run_within(5, fail)


@pytest.mark.parametrize("seconds", [0.01, 0, -1])
def test_work_that_does_not_end_in_time_is_left_alone(seconds: float) -> None:
    released = threading.Event()

    with pytest.raises(TimeoutError):
        run_within(seconds, lambda: released.wait(5))

    released.set()


def test_a_wait_lasts_as_long_as_it_may_and_not_past_the_end() -> None:
    assert 59 < TimeLimit.of(60).wait_seconds() <= 60
    assert TimeLimit.of(60, longest_wait_seconds=2).wait_seconds() == 2
    assert 0 < TimeLimit.of(1, longest_wait_seconds=2).wait_seconds() <= 1


def test_after_the_end_there_is_no_wait() -> None:
    limit = TimeLimit.of(0)

    assert limit.seconds_left() <= 0
    with pytest.raises(TimeoutError):
        limit.wait_seconds()
