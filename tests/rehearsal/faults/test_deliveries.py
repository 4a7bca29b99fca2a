"""Events on their way to a function: twice, late, and in another order."""

import threading

import pytest

from rehearsal.account.faults import deliveries
from rehearsal.account.faults.injector import Injector
from rehearsal.account.faults.plan import FaultPlan

ABOUT = ("s3", "notification", "bucket")


@pytest.fixture
def injector(monkeypatch: pytest.MonkeyPatch) -> Injector:
    """One of this process, which is no account."""
    own = Injector()
    monkeypatch.setattr(deliveries, "injector", own)
    monkeypatch.setattr(deliveries, "_HELD_BACK_SECONDS", 0.05)
    return own


def test_without_faults_an_event_is_delivered_once_and_at_once(injector: Injector) -> None:
    sent: list[str] = []

    deliveries.deliver(lambda: sent.append("one"), *ABOUT)

    assert sent == ["one"]
    assert deliveries.times(*ABOUT) == 1
    assert deliveries.in_some_order([1, 2, 3], *ABOUT) == [1, 2, 3]
    assert injector.injections() == []


def test_an_event_is_delivered_twice(injector: Injector) -> None:
    sent: list[str] = []
    injector.follow(FaultPlan.of("duplicate-event=1"))

    deliveries.deliver(lambda: sent.append("one"), *ABOUT)

    assert sent == ["one", "one"]
    assert deliveries.times(*ABOUT) == 2
    assert [each["struck"]["subject"] for each in injector.injections()] == ["bucket", "bucket"]


def test_a_later_event_overtakes_one_that_is_held_back(injector: Injector) -> None:
    sent: list[str] = []
    both = threading.Event()
    injector.follow(FaultPlan.of("out-of-order-events=1x"))

    def send_first() -> None:
        sent.append("first")
        both.set()

    deliveries.deliver(send_first, *ABOUT)
    deliveries.deliver(lambda: sent.append("second"), *ABOUT)

    assert both.wait(10)
    assert sent == ["second", "first"]


def test_messages_change_their_order_where_there_are_several(injector: Injector) -> None:
    injector.follow(FaultPlan.of("out-of-order-events=1x"))

    assert deliveries.in_some_order([1], *ABOUT) == [1]
    assert deliveries.in_some_order([1, 2, 3], *ABOUT) == [3, 2, 1]
