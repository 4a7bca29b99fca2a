"""Make moto's queues hold what they are given, however many threads send, receive and delete at once.

moto drops a message that is sent while another is deleted, may
hand one message to two receivers, and looks for new ones once a second while a receiver waits. It also
lets any queue send its dead letters to any other; the words of that refusal are not confirmed on AWS.
"""

import json
import threading
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from moto.sqs.exceptions import SQSException
from moto.sqs.models import Message, Queue, SQSBackend

_EXPIRY_POLL_SECONDS = 0.05  # nobody tells when a visibility time-out is over

_changed = threading.Condition(threading.RLock())
_receive = SQSBackend.receive_message
_set_attributes = SQSBackend.set_queue_attributes
# moto has no public place for it.
_set_up_dead_letters = Queue._setup_dlq  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
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


def _setup_dlq(self: Queue, policy: Any) -> None:
    """Choose a queue for dead letters, if that queue takes them from this one."""
    # A queue that is being made has neither yet.
    before = getattr(self, "redrive_policy", None), getattr(self, "dead_letter_queue", None)
    _set_up_dead_letters(self, policy)
    letters = self.dead_letter_queue
    if letters is not None and not _takes_dead_letters_of(self, letters):
        self.redrive_policy, self.dead_letter_queue = before
        raise SQSException(
            "InvalidParameterValue",
            f"Value {json.dumps(policy)} for parameter RedrivePolicy is invalid. Reason: the dead-letter "
            f"queue {letters.queue_arn} does not allow {self.queue_arn} as a source.",
        )


def _takes_dead_letters_of(source: Queue, letters: Queue) -> bool:
    given = getattr(letters, "redrive_allow_policy", None)
    policy = json.loads(given) if isinstance(given, str) and given else given or {}
    permission = policy.get("redrivePermission", "allowAll")
    if permission == "byQueue":
        return source.queue_arn in policy.get("sourceQueueArns", [])
    return permission != "denyAll"


def guard_queues() -> None:
    """Replace moto's own methods, for the whole process."""
    Queue._setup_dlq = _setup_dlq  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    Queue.add_message = _one_at_a_time(Queue.add_message)
    Queue.delete_message = _one_at_a_time(Queue.delete_message)
    SQSBackend.change_message_visibility = _one_at_a_time(SQSBackend.change_message_visibility)
    SQSBackend.purge_queue = _one_at_a_time(SQSBackend.purge_queue)
    SQSBackend.receive_message = _receive_message
    SQSBackend.set_queue_attributes = _set_queue_attributes
