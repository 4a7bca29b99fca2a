"""What becomes of one message, whatever lies in it, and the log line about it."""

import hashlib
import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from handlers.errors import HandlerError, only_handler_errors
from handlers.events.message import (
    CompletionMessage,
    Content,
    Message,
    ObjectsMessage,
    RequestMessage,
)
from handlers.invocation import Invocation
from handlers.request_answers import Answered, EventKind, answer_request, failed
from handlers.services import EventServices

if TYPE_CHECKING:
    from handlers.replies import ObjectEntry

_logger = logging.getLogger(__name__)

# SQS, SNS and EventBridge name messages by UUIDs. A longer or stranger id may be a person's text.
_PLAIN_ID = re.compile(r"[0-9A-Fa-f-]{1,64}")


def answer_message(
    opened: Callable[[], Message],
    fallback_id: str,
    invocation: Invocation,
    services: EventServices,
    kind: EventKind,
    *,
    receive_count: int,
) -> Answered:
    """What becomes of one message; never raises.

    `fallback_id` names the request when the message has no id; `invocation` is the whole event's.
    """
    request_id = fallback_id
    try:
        with only_handler_errors():
            message = opened()
            request_id = request_id_for(message.id, fallback_id)
            own = Invocation(request_id, invocation.deadline)
            content = message.content
            if isinstance(content, RequestMessage):
                return answer_request(
                    lambda: content.value, own, services, kind, message_id=request_id
                )
            answered = _answered(content, own, services, receive_count)
    except HandlerError as error:
        answered = failed(error, request_id)
    _log(answered, request_id, kind)
    return answered


def request_id_for(message_id: object, fallback_id: str) -> str:
    """The id of the request in a message: the message's own, if that is one."""
    if not isinstance(message_id, str) or not message_id:
        return fallback_id
    if _PLAIN_ID.fullmatch(message_id):
        return message_id
    return hashlib.sha256(message_id.encode(errors="backslashreplace")).hexdigest()[:32]


def is_unfinished(answered: Answered) -> bool:
    """Whether a message is about objects of which some work is left."""
    return answered.reply.get("state") == "unfinished"


def _answered(
    content: Content, invocation: Invocation, services: EventServices, receive_count: int
) -> Answered:
    if isinstance(content, ObjectsMessage):
        return _run(content, invocation, services, receive_count)
    if isinstance(content, CompletionMessage):
        if services.results().complete(content.value, invocation) is None:
            return _done("ignored", "No record is known of this asynchronous request.", invocation)
        return _done("noted", "The record of an asynchronous request was completed.", invocation)
    return _done("ignored", "S3 only tried whether its notifications arrive.", invocation)


def _done(state: Literal["noted", "ignored"], message: str, invocation: Invocation) -> Answered:
    return Answered(200, {"state": state, "request_id": invocation.request_id, "message": message})


def _run(
    content: ObjectsMessage, invocation: Invocation, services: EventServices, receive_count: int
) -> Answered:
    """Run every object, also after one that cannot be run. Raises the first one's HandlerError."""
    if not content.objects:
        return _done("ignored", "No object under inputs/ was created.", invocation)
    runner = services.batch_runner()
    entries: list[ObjectEntry] = []
    waits: list[int] = []
    is_finished = True
    first_error: HandlerError | None = None
    for found in content.objects:
        try:
            with only_handler_errors():
                outcome = runner.run(found, invocation, receive_count)
        except HandlerError as error:
            first_error = first_error or error
            continue
        entries.append(
            {"result": outcome.result_uri, "lines": outcome.lines, "failed": outcome.failed}
        )
        is_finished = is_finished and outcome.finished
        if outcome.retry_after_seconds is not None:
            waits.append(outcome.retry_after_seconds)
    if first_error is not None:
        raise first_error
    return Answered(
        200 if is_finished else 202,
        {
            "state": "finished" if is_finished else "unfinished",
            "request_id": invocation.request_id,
            "objects": entries,
        },
        min(waits, default=None),
    )


def _log(answered: Answered, request_id: str, kind: EventKind) -> None:
    fields: dict[str, object] = {"state": answered.reply.get("state")}
    if answered.error is not None:
        fields = {"error_type": answered.error.type}
    objects = answered.reply.get("objects")
    if objects:
        # Not where the results lie: their names are those that a person gave the inputs.
        fields["lines"] = sum(entry["lines"] for entry in objects)
        fields["failed_lines"] = sum(entry["failed"] for entry in objects)
    _logger.info(
        "message answered",
        extra={
            "request_id": request_id,
            "event_kind": kind.value,
            "status": answered.status,
            **fields,
        },
    )
