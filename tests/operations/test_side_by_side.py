"""Work is done side by side, and its results come in order."""

import threading
import time

import pytest

from operations.side_by_side import in_order


def test_results_come_in_the_items_order_whichever_is_ready_first() -> None:
    second_is_done = threading.Event()

    def work(item: int) -> int:
        if item == 1:
            assert second_is_done.wait(10)
        if item == 2:
            second_is_done.set()
        return 10 * item

    assert list(in_order(work, [1, 2, 3], workers=2)) == [10, 20, 30]


def test_no_more_than_the_workers_are_at_it() -> None:
    lock, at_it, most = threading.Lock(), 0, 0

    def work(_: int) -> None:
        nonlocal at_it, most
        with lock:
            at_it += 1
            most = max(most, at_it)
        time.sleep(0.005)
        with lock:
            at_it -= 1

    assert len(list(in_order(work, range(20), workers=3))) == 20
    assert most == 3


def test_who_stops_early_starts_nothing_more() -> None:
    done: list[int] = []
    gate = threading.Event()

    def work(item: int) -> int:
        if item:
            assert gate.wait(10)
        done.append(item)
        return item

    results = in_order(work, range(100), workers=2)
    assert next(results) == 0
    results.close()
    gate.set()
    time.sleep(0.05)

    assert len(done) <= 3  # what was under way


def test_a_failure_is_raised_where_its_result_would_be() -> None:
    def work(item: int) -> float:
        return 1 / item

    results = in_order(work, [1, 0], workers=1)

    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_more_items_than_are_looked_ahead_at() -> None:
    assert list(in_order(lambda item: item, range(2500), workers=4)) == list(range(2500))
