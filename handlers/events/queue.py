"""Messages of an SQS queue: which of them are done, and which come back.

What comes back is delivered again, and after as many receives as the queue allows goes to the dead
letters. That is for what may go better the next time, and for what nobody could make sense of: the
latter has no record, so the message itself has to be kept for a person.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import logging
from collections.abc import Mapping

from handlers.errors import (
    BadRequestError,
    InternalError,
    NoTimeLeftError,
    OutcomeUnknownError,
    PayloadTooLargeError,
)
from handlers.events.message import open_text
from handlers.events.message_answers import answer_message, is_unfinished
from handlers.generation_request import bad_request
from handlers.invocation import Invocation
from handlers.json_values import is_list, is_object, is_unicode
from handlers.request_answers import Answered, EventKind
from handlers.services import EventServices

_logger = logging.getLogger(__name__)

_COME_BACK = (
    # These are found before there is a record.
    BadRequestError,
    PayloadTooLargeError,
    # Not retryable for one who waits, but the next run has all its time.
    NoTimeLeftError,
    InternalError,
    # The run before was ended in the middle: nobody knows what came of it, and there is no record.
    OutcomeUnknownError,
)
LONGEST_WAIT_SECONDS = 900
"""Longest that a message is kept away because of a failure: 15 minutes."""
_VISIBILITY_SECONDS = 2.0
"""Longest that telling the queue when to bring a message again may take."""


def answer_queue(
    event: Mapping[str, object], invocation: Invocation, services: EventServices
) -> dict[str, object]:
    """Which messages of the event come back, as Lambda's poller wants to be told."""
    records = event.get("Records")
    messages = [
        _QueueMessage(record, f"{invocation.request_id}-{number}")
        for number, record in enumerate(records if is_list(records) else ())
    ]
    run = _Run(invocation, services)
    if any(message.is_fifo for message in messages):
        come_back = run.in_order(messages)
    else:
        come_back = run.side_by_side(messages)
    return {"batchItemFailures": [{"itemIdentifier": each.identifier} for each in come_back]}


class _QueueMessage:
    """One record of the event; every part of it may be missing or wrong."""

    def __init__(self, record: object, fallback_id: str) -> None:
        self.fallback_id = fallback_id
        self._record: Mapping[str, object] = record if is_object(record) else {}
        message_id = _text(self._record.get("messageId"))
        self.identifier = message_id if is_unicode(message_id) else ""
        """What Lambda's poller knows the message by; empty, which fails the whole event, without."""
        self.queue_arn = _text(self._record.get("eventSourceARN"))
        self.receipt_handle = _text(self._record.get("receiptHandle"))
        """What SQS knows this delivery by."""
        self.is_fifo = self.queue_arn.endswith(".fifo")
        """Whether later messages have to wait for this one."""

    @property
    def text(self) -> object:
        """What was sent to the queue."""
        if self._record.get("eventSource") != "aws:sqs":
            raise bad_request("the event's record is not one of an SQS queue")
        return self._record.get("body")

    @property
    def receive_count(self) -> int:
        """How often it has been delivered, this time included."""
        attributes = self._record.get("attributes")
        count = attributes.get("ApproximateReceiveCount") if is_object(attributes) else None
        if isinstance(count, str) and count.isascii() and count.isdigit():
            return max(1, int(count[:9]))
        return 1


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


class _Run:
    """The answering of one event's messages. Both ways return those that come back, in their order."""

    def __init__(self, invocation: Invocation, services: EventServices) -> None:
        self._invocation = invocation
        self._services = services

    def in_order(self, messages: list[_QueueMessage]) -> list[_QueueMessage]:
        """One after the other: after the first that comes back the rest comes back unanswered."""
        for position, message in enumerate(messages):
            if self._comes_back(message):
                return messages[position:]
        return []

    def side_by_side(self, messages: list[_QueueMessage]) -> list[_QueueMessage]:
        """As many at once as the services take."""
        if len(messages) == 1:
            return [message for message in messages if self._comes_back(message)]
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - one message needs none

        with ThreadPoolExecutor(self._services.generator.environment.batch_workers) as pool:
            come_back = list(pool.map(self._comes_back, messages))
        return [message for message, back in zip(messages, come_back, strict=True) if back]

    def _comes_back(self, message: _QueueMessage) -> bool:
        # A model that is asked late is cut off early, and what it was about to write is lost.
        if self._invocation.elapsed_milliseconds() > self._milliseconds_left():
            _logger.info("message not begun", extra={"reason": "half of the time is over"})
            return True
        answered = answer_message(
            lambda: open_text(message.text, message.identifier),
            message.fallback_id,
            self._invocation,
            self._services,
            EventKind.QUEUE,
            receive_count=message.receive_count,
        )
        wait_seconds = _wait_seconds(answered, message.receive_count)
        if wait_seconds is not None:
            self._keep_away(message, wait_seconds)
        return _must_come_back(answered)

    def _keep_away(self, message: _QueueMessage, wait_seconds: int) -> None:
        """Bring the message again in so many seconds, not only when its visibility timeout is over."""
        seconds = min(_VISIBILITY_SECONDS, self._milliseconds_left() / 2000)
        try:
            self._services.queues().change_visibility(
                message.queue_arn, message.receipt_handle, wait_seconds, seconds=seconds
            )
        except Exception as error:  # noqa: BLE001 - it comes back all the same, only later
            _logger.warning(
                "message's visibility not changed", extra={"reason": type(error).__name__}
            )

    def _milliseconds_left(self) -> int:
        return self._invocation.deadline.remaining_milliseconds()


def _must_come_back(answered: Answered) -> bool:
    if answered.error is not None:
        return answered.error.retryable or isinstance(answered.error, _COME_BACK)
    return is_unfinished(answered)


def _wait_seconds(answered: Answered, receive_count: int) -> int | None:
    """After how many seconds a message should come back; None: as the queue has it."""
    if answered.retry_after_seconds is None or not _must_come_back(answered):
        return None
    if answered.error is None:
        return answered.retry_after_seconds
    # The number of receives is limited: doubling makes them last for what takes its time to heal.
    doublings = min(receive_count - 1, 10)
    return min(answered.retry_after_seconds * 2**doublings, LONGEST_WAIT_SECONDS)
