"""What lies in a message of a queue, a topic or a bus, with all envelopes off.

S3 notifies through queues and topics, topics deliver to queues, a bus delivers to both: whatever way it
came, the innermost message counts, and its id names the request. So the same message is answered once
even when a topic or a bus delivers it to a queue twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard
from urllib.parse import unquote_plus

from handlers.batch.input_object import INPUTS_PREFIX, InputObject
from handlers.errors import BadRequestError
from handlers.events.any_event import is_storage_test, kind_of_record
from handlers.generation_request import bad_request
from handlers.json_values import (
    NotJsonError,
    is_list,
    is_object,
    is_unicode,
    is_whole_number,
    kind_of,
    parse_json,
)
from handlers.request_answers import EventKind

MOST_ENVELOPES = 4
"""Bus to topic to queue are three; what has more is no message but a trap."""


@dataclass(frozen=True)
class RequestMessage:
    """A request, not checked yet."""

    value: object


@dataclass(frozen=True)
class ObjectsMessage:
    """Objects full of requests; none when S3 tells of others only."""

    objects: tuple[InputObject, ...]


@dataclass(frozen=True)
class CompletionMessage:
    """SageMaker's word that an asynchronous request has ended.

    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-check-predictions.html
    """

    value: Mapping[str, object]


@dataclass(frozen=True)
class StorageTestMessage:
    """What S3 sends when a notification is set up."""


Content = RequestMessage | ObjectsMessage | CompletionMessage | StorageTestMessage


@dataclass(frozen=True)
class Message:
    """One message."""

    id: object
    """Of the innermost envelope that has one."""
    content: Content


def open_text(text: object, message_id: object) -> Message:
    """What lies in a message's text. Raises BadRequestError."""
    return open_value(_parsed(text), message_id)


def open_value(value: object, message_id: object) -> Message:
    """What lies in a message's JSON value. Raises BadRequestError."""
    for _ in range(MOST_ENVELOPES):
        if not is_object(value):
            break
        if _is_topic_envelope(value):
            value, message_id = _parsed(value["Message"]), value.get("MessageId", message_id)
        elif _is_bus_event(value):
            message_id = value.get("id", message_id)
            if value.get("source") == "aws.s3":
                found = bus_object(value)
                return Message(message_id, ObjectsMessage((found,) if found else ()))
            value = value["detail"]
        else:
            return Message(message_id, _content(value))
    if is_object(value) and (_is_topic_envelope(value) or _is_bus_event(value)):
        raise bad_request(f"the message lies in more than {MOST_ENVELOPES} envelopes")
    return Message(message_id, RequestMessage(value) if not is_object(value) else _content(value))


def _content(value: dict[str, object]) -> Content:
    if is_storage_test(value):
        return StorageTestMessage()
    if value.get("eventSource") == "aws:sagemaker" and value.get("eventName") == "InferenceResult":
        return CompletionMessage(value)
    records = value.get("Records")
    if is_list(records) and any(kind_of_record(r) is EventKind.STORAGE for r in records):
        return ObjectsMessage(tuple(notified_objects(records)))
    return RequestMessage(value)


def _is_topic_envelope(value: dict[str, object]) -> bool:
    # https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
    return value.get("Type") == "Notification" and "Message" in value


def _is_bus_event(value: dict[str, object]) -> bool:
    # https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
    return "detail-type" in value and "detail" in value


def _parsed(text: object) -> object:
    if not isinstance(text, str):
        raise bad_request(f"the message's text must be a string, got {kind_of(text)}")
    try:
        return parse_json(text)
    except NotJsonError as error:
        raise bad_request(f"the message is not JSON: {error}") from None


def notified_objects(records: object) -> list[InputObject]:
    """The new objects under inputs/ in a notification's `Records`; keys in it are URL-encoded.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    Raises BadRequestError.
    """
    if not is_list(records) or not records:
        raise _not_a_notification()
    objects = (_notified_object(record) for record in records)
    return [found for found in objects if found is not None]


def bus_object(event: Mapping[str, object]) -> InputObject | None:
    """The new object under inputs/ in S3's event "Object Created".

    Its key is taken as it is: only of notifications AWS says that they encode it. Not tried on AWS.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    None for what S3 tells of other kinds, or of objects elsewhere. Raises BadRequestError.
    """
    if event.get("detail-type") != "Object Created":
        return None
    detail = event.get("detail")
    if not is_object(detail):
        raise _not_a_notification()
    described = _object(detail.get("object"))
    return _input_object(
        detail.get("bucket"),
        described.get("key"),
        version_id=described.get("version-id"),
        etag=described.get("etag"),
        size=described.get("size"),
    )


def _notified_object(record: object) -> InputObject | None:
    if not is_object(record) or record.get("eventSource") != "aws:s3":
        raise _not_a_notification()
    if not str(record.get("eventName")).startswith("ObjectCreated:"):
        return None
    storage = _object(record.get("s3"))
    described = _object(storage.get("object"))
    key = described.get("key")
    return _input_object(
        storage.get("bucket"),
        _url_decoded(key) if isinstance(key, str) else None,
        version_id=described.get("versionId"),
        etag=described.get("eTag"),
        size=described.get("size"),
    )


def _input_object(
    bucket: object, key: object, *, version_id: object, etag: object, size: object
) -> InputObject | None:
    name = _object(bucket).get("name")
    if not _is_text(name) or not _is_text(key):
        raise _not_a_notification()
    # A result that is taken for an input would make the next result. And a folder that the console
    # makes is an empty object whose key ends so.
    if not key.startswith(INPUTS_PREFIX) or key.endswith("/"):
        return None
    return InputObject(
        bucket=name,
        key=key,
        version_id=version_id if _is_text(version_id) else None,
        etag=etag if _is_text(etag) else None,
        size=size if is_whole_number(size) and size >= 0 else None,
    )


def _object(value: object) -> dict[str, object]:
    if not is_object(value):
        raise _not_a_notification()
    return value


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value) and is_unicode(value)


def _url_decoded(key: str) -> str | None:
    try:
        return unquote_plus(key, errors="strict")
    except UnicodeDecodeError:
        return None


def _not_a_notification() -> BadRequestError:
    return bad_request("the notification does not name the bucket and the key of an S3 object")
