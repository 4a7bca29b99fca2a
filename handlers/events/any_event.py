"""One event from arrival to reply: what kind it is, and who answers that kind."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from handlers.invocation import Invocation
from handlers.json_values import is_list, is_object
from handlers.request_answers import EventKind, answer_request

if TYPE_CHECKING:
    from handlers.services import EventServices


def answer(event: object, invocation: Invocation, services: "EventServices") -> dict[str, object]:
    """The reply to an event, in the shape that its sender expects.

    Raises DeliverAgainError, and nothing else, for an event that its service brings again only then.
    """
    kind = kind_of_event(event)
    if kind is EventKind.DIRECT or not is_object(event):
        answered = answer_request(lambda: event, invocation, services, kind)
        return {"status": answered.status, **answered.reply}
    if kind is EventKind.HTTP:
        return _answer_http(event, invocation, services)
    if kind is EventKind.QUEUE:
        from handlers.events.queue import answer_queue  # noqa: PLC0415 - rare beside direct and HTTP

        return answer_queue(event, invocation, services)
    from handlers.events.delivered import answer_delivered  # noqa: PLC0415 - as above

    return answer_delivered(event, kind, invocation, services)


def _answer_http(
    event: Mapping[str, object], invocation: Invocation, services: "EventServices"
) -> dict[str, object]:
    from handlers.http_event import HttpEvent  # noqa: PLC0415 - a direct event needs none of it

    source = HttpEvent(event)
    answered = answer_request(source.request_value, invocation, services, EventKind.HTTP)
    return source.reply(
        answered.status, answered.reply, invocation.request_id, answered.retry_after_seconds
    )


# Lambda's poller writes eventSource, SNS and S3 write what their own documentation shows:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
_RECORD_KINDS = {
    "aws:sqs": EventKind.QUEUE,
    "aws:s3": EventKind.STORAGE,
    "aws:sns": EventKind.TOPIC,
}
_REQUEST_KEYS = ("prompt", "messages")
"""What no event of a service has, and a request mostly has."""


def kind_of_event(event: object) -> EventKind:
    """The kind of an event. What is not known as another kind is taken for the request itself."""
    if not is_object(event) or any(key in event for key in _REQUEST_KEYS):
        return EventKind.DIRECT
    if event.get("version") == "2.0" or "httpMethod" in event:
        return EventKind.HTTP
    if "Records" in event:
        return _kind_of_records(event["Records"])
    if "detail-type" in event and "detail" in event:
        return EventKind.BUS
    if is_storage_test(event):
        return EventKind.STORAGE
    return EventKind.DIRECT


def is_storage_test(event: dict[str, object]) -> bool:
    """Whether this is what S3 sends when a notification is set up.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    return event.get("Event") == "s3:TestEvent" and event.get("Service") == "Amazon S3"


def _kind_of_records(records: object) -> EventKind:
    for record in records if is_list(records) else ():
        kind = kind_of_record(record)
        if kind is not None:
            return kind
    return EventKind.DIRECT


def kind_of_record(record: object) -> EventKind | None:
    """The kind of one of an event's records, if it is known."""
    if not is_object(record):
        return None
    source = record.get("eventSource") or record.get("EventSource")
    return _RECORD_KINDS.get(source) if isinstance(source, str) else None
