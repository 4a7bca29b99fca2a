"""Events that Lambda delivers by itself: of S3, of topics and of a bus.

Nobody waits for the reply, though a destination of the function gets it. When such an event has to come
again, the function must fail: Lambda then tries up to twice more, and tells the destination on failure.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from collections.abc import Callable, Mapping

from handlers.errors import OutcomeUnknownError
from handlers.events.message import Message, open_value
from handlers.events.message_answers import answer_message, is_unfinished
from handlers.generation_request import bad_request
from handlers.invocation import Invocation
from handlers.json_values import is_list, is_object
from handlers.request_answers import Answered, EventKind
from handlers.services import EventServices

_RECEIVE_COUNT = 1
"""Lambda does not tell which of its up to three tries this is."""


class DeliverAgainError(Exception):
    """Raised out of the function, so that Lambda delivers its event once more."""


def answer_delivered(
    event: Mapping[str, object], kind: EventKind, invocation: Invocation, services: EventServices
) -> dict[str, object]:
    """The replies to the messages in an event. Raises DeliverAgainError."""
    answers = [
        answer_message(
            opened,
            f"{invocation.request_id}-{number}" if number else invocation.request_id,
            invocation,
            services,
            kind,
            receive_count=_RECEIVE_COUNT,
        )
        for number, opened in enumerate(_messages(event, kind))
    ]
    again = [answered for answered in answers if _must_come_again(answered)]
    if again:
        causes = {answered.error.type if answered.error else "unfinished" for answered in again}
        raise DeliverAgainError(
            f"{len(again)} of {len(answers)} messages have to be delivered again:"
            f" {', '.join(sorted(causes))}."
        )
    return {"replies": [{"status": answered.status, **answered.reply} for answered in answers]}


def _messages(event: Mapping[str, object], kind: EventKind) -> list[Callable[[], Message]]:
    records = event.get("Records")
    if kind is not EventKind.TOPIC or not is_list(records):
        return [lambda: open_value(event, None)]
    return [lambda record=record: _topic_message(record) for record in records]


def _topic_message(record: object) -> Message:
    notification = record.get("Sns") if is_object(record) else None
    if not is_object(notification):
        raise bad_request("the topic's record has no object Sns")
    return open_value(notification, None)


def _must_come_again(answered: Answered) -> bool:
    if answered.error is not None:
        # Of the latter there is no record: the destination on failure is told, and a person may look.
        return answered.error.retryable or isinstance(answered.error, OutcomeUnknownError)
    return is_unfinished(answered)
