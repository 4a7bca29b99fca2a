"""Make moto's queues hold what they are given, however many threads send, receive and delete at once.

moto drops a message that is sent while another is deleted, may
hand one message to two receivers, and looks for new ones once a second while a receiver waits.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from moto.sqs.models import Message, Queue, SQSBackend

_EXPIRY_POLL_SECONDS = 0.05  # nobody tells when a visibility time-out is over

_changed = threading.Condition(threading.RLock())
_receive = SQSBackend.receive_message
_set_attributes = SQSBackend.set_queue_attributes
P = ParamSpec("P")
R = TypeVar("R")


def _one_at_a_time(method: Callable[P, R]) -> Callable[P, R]:
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        with _changed:
            result = method(*args, **kwargs)
            _changed.notify_all()
            return result

    return guarded


def _receive_message(
    self: SQSBackend,
    queue_name: str,
    count: int,
    wait_seconds_timeout: int,
    *rest: Any,
    **more: Any,
) -> list[Message]:
    """Wait as a long poll does, without holding anybody up."""
    deadline = time.monotonic() + wait_seconds_timeout
    with _changed:
        while True:
            found = _receive(self, queue_name, count, 0, *rest, **more)
            remaining = deadline - time.monotonic()
            if found or remaining <= 0:
                return found
            _changed.wait(min(remaining, _EXPIRY_POLL_SECONDS))


def _set_queue_attributes(self: SQSBackend, queue_name: str, attributes: dict[str, Any]) -> Queue:
    """Set some attributes and leave the policy: moto takes it away if it is not among them."""
    policy = self.get_queue(queue_name).policy
    kept = {"Policy": policy} if policy and "Policy" not in attributes else {}
    return _set_attributes(self, queue_name, {**kept, **attributes})


def guard_queues() -> None:
    """Replace moto's own methods, for the whole process."""
    Queue.add_message = _one_at_a_time(Queue.add_message)
    Queue.delete_message = _one_at_a_time(Queue.delete_message)
    SQSBackend.change_message_visibility = _one_at_a_time(SQSBackend.change_message_visibility)
    SQSBackend.purge_queue = _one_at_a_time(SQSBackend.purge_queue)
    SQSBackend.receive_message = _receive_message
    SQSBackend.set_queue_attributes = _set_queue_attributes
