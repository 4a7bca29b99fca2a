"""The reply's JSON, the same for every kind of event."""

from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

from handlers.answer import Answer, Deferred
from handlers.contracts.contract import Generated, Usage
from handlers.errors import HandlerError

if TYPE_CHECKING:
    # Only an asynchronous endpoint needs the first at run time.
    from handlers.endpoint.async_endpoint import QueuedRequest
    from handlers.storage.records import ModelEntry

POLL_AGAIN_SECONDS = 5
"""When to ask again for a result that is not there yet."""


class PollEntry(TypedDict):
    """The request that asks for a result: an event as it is, or the id in GET /results/{id}."""

    result: str


class TextReply(TypedDict):
    """The reply when there is a text."""

    text: str
    """Empty from a container that makes embeddings."""
    finish_reason: str | None
    usage: Usage | None
    embedding: NotRequired[list[float]]
    """Only from a container that makes embeddings."""
    request_id: str
    """Names the request that the text was generated for."""
    model: "ModelEntry"
    latency_ms: int
    """The call to the endpoint, in milliseconds."""
    first_text_ms: NotRequired[int]
    """From sending the request to the endpoint until the first text, in milliseconds; only of a stream."""
    session_id: NotRequired[str]
    """SageMaker's session, when it opened or closed one."""
    custom_attributes: NotRequired[str]
    """What the container put into this header, when it did."""
    replayed: NotRequired[Literal[True]]
    """The client token had been used before, and this is the text of that time."""
    record: str | None
    """S3 URI of the record; None when there is none (`warnings` says why, if there should be one)."""
    warnings: list[str]


LaterState = Literal["accepted", "queued", "waking", "pending"]


class LaterReply(TypedDict):
    """The reply when the text will be there later, with the status 202."""

    state: LaterState
    """`accepted`: SageMaker has it in the endpoint's queue; `queued`: it waits in the bucket;
    `waking`: nothing was kept, send it again; `pending`: the result is not there yet."""
    request_id: str
    poll: PollEntry | None
    """What to send to get the result; None when the request itself has to be sent again."""
    retry_after_seconds: int
    """When to do that."""
    message: NotRequired[str]
    """Only with `waking`."""
    result: NotRequired[str]
    """S3 URI where the container's reply will lie, if it succeeds; only with `accepted`."""
    failure: NotRequired[str | None]
    """S3 URI where the error will lie, if it fails; None when SageMaker did not say."""
    model: "NotRequired[ModelEntry]"
    record: NotRequired[str | None]
    """S3 URI of the record; None when there is none (`warnings` says why, if there should be one)."""
    warnings: NotRequired[list[str]]


class ErrorEntry(TypedDict):
    """Why there is no text."""

    type: str
    message: str
    retryable: bool
    """Whether the very same request may succeed later."""
    request_id: str


class ErrorReply(TypedDict):
    """The reply when there is no text, or only a part of one."""

    error: ErrorEntry
    text: NotRequired[str]
    """What had come of a stream before it broke."""
    finish_reason: NotRequired[Literal["error"]]
    """With `text`."""


class ObjectEntry(TypedDict):
    """What a run made of one object full of requests."""

    result: str | None
    """S3 URI of the result; None while the object is not finished."""
    lines: int
    failed: int


class ObjectsReply(TypedDict):
    """The reply for objects full of requests."""

    state: Literal["finished", "unfinished"]
    request_id: str
    objects: list[ObjectEntry]


class DoneReply(TypedDict):
    """The reply for what is no request: noted, or nothing to do."""

    state: Literal["noted", "ignored"]
    request_id: str
    message: str


Reply = TextReply | LaterReply | ErrorReply | ObjectsReply | DoneReply


def answer_reply(answer: Answer, request_id: str) -> tuple[int, TextReply | LaterReply]:
    """The status and the reply for what became of a request."""
    outcome = answer.outcome
    if isinstance(outcome, Generated):
        return 200, _text_reply(answer, outcome, request_id)
    if isinstance(outcome, Deferred):
        return 202, _deferred_reply(answer, outcome, request_id)
    return 202, _accepted_reply(answer, outcome, request_id)


def pending_reply(result_id: str, request_id: str) -> LaterReply:
    """The reply for a result that is not there yet."""
    return _later("pending", request_id, result_id)


def waking_reply(error: HandlerError, request_id: str) -> LaterReply:
    """The reply while the endpoint wakes up and the request was not kept."""
    seconds = error.retry_after_seconds or POLL_AGAIN_SECONDS
    return {**_later("waking", request_id, None, seconds), "message": error.message}


def error_reply(error: HandlerError, request_id: str) -> ErrorReply:
    """The reply for a failure, with the text that had come before it."""
    reply: ErrorReply = {
        "error": {
            "type": error.type,
            "message": error.message,
            "retryable": error.retryable,
            "request_id": request_id,
        }
    }
    if error.text_so_far:
        # Half of a surrogate pair, at which it may have broken, cannot be sent.
        reply["text"] = error.text_so_far.encode(errors="replace").decode()
        reply["finish_reason"] = "error"
    return reply


def _text_reply(answer: Answer, generated: Generated, request_id: str) -> TextReply:
    reply: TextReply = {
        "text": generated.text,
        "finish_reason": generated.finish_reason,
        "usage": generated.usage,
        "request_id": request_id,
        "model": answer.model,
        "latency_ms": answer.model_milliseconds,
        "record": answer.record_uri,
        "warnings": answer.warnings,
    }
    if generated.embedding is not None:
        reply["embedding"] = generated.embedding
    if answer.first_text_milliseconds is not None:
        reply["first_text_ms"] = answer.first_text_milliseconds
    if answer.session_id is not None:
        reply["session_id"] = answer.session_id
    if answer.custom_attributes is not None:
        reply["custom_attributes"] = answer.custom_attributes
    if answer.replayed:
        reply["replayed"] = True
    return reply


def _accepted_reply(answer: Answer, queued: "QueuedRequest", request_id: str) -> LaterReply:
    # Of a repeated request these are the first one's files, and the first one's id is in their names.
    result_id = queued.input_location.rpartition("/")[2].removesuffix(".json")
    return {
        **_later("accepted", request_id, result_id),
        "result": queued.result_location,
        "failure": queued.failure_location,
        "model": answer.model,
        "record": answer.record_uri,
        "warnings": answer.warnings,
    }


def _deferred_reply(answer: Answer, deferred: Deferred, request_id: str) -> LaterReply:
    return {
        **_later("queued", request_id, deferred.result_id),
        "model": answer.model,
        "record": answer.record_uri,
        "warnings": answer.warnings,
    }


def _later(
    state: LaterState, request_id: str, result_id: str | None, seconds: int = POLL_AGAIN_SECONDS
) -> LaterReply:
    return {
        "state": state,
        "request_id": request_id,
        "poll": None if result_id is None else {"result": result_id},
        "retry_after_seconds": seconds,
    }
