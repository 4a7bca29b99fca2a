"""Faults of events on their way to a function: twice, or in another order."""

import threading
from collections.abc import Callable
from typing import TypeVar

from rehearsal.account.faults.injector import Struck, injector

T = TypeVar("T")
_HELD_BACK_SECONDS = 0.3  # long enough for what comes after it to come before it


def deliver(send: Callable[[], object], service: str, action: str, subject: str) -> None:
    """Send a notification: once, at once, and before those that come after it, unless faults are asked for."""
    struck = Struck(service, action, subject)
    if late := injector.draw("out-of-order-events"):
        injector.note(late, struck)
        timer = threading.Timer(_HELD_BACK_SECONDS, send)
        timer.daemon = True
        timer.start()
    else:
        send()
    if again := injector.draw("duplicate-event"):
        injector.note(again, struck)
        send()


def times(service: str, action: str, subject: str) -> int:
    """Return how often an event is to be delivered: once, or twice."""
    again = injector.draw("duplicate-event")
    if again is None:
        return 1
    injector.note(again, Struck(service, action, subject))
    return 2


def in_some_order(messages: list[T], service: str, action: str, subject: str) -> list[T]:
    """Return messages in the order in which they are delivered."""
    stroke = injector.draw("out-of-order-events") if len(messages) > 1 else None
    if stroke is None:
        return messages
    injector.note(stroke, Struck(service, action, subject))
    return messages[::-1]
