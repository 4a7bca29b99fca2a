"""The reply's JSON, the same for every kind of event."""

from typing import Literal, NotRequired, TypedDict

from handlers.async_endpoint import QueuedRequest
from handlers.contracts import Generated, Usage
from handlers.errors import HandlerError
from handlers.generation import Answer
from handlers.records import ModelEntry


class TextReply(TypedDict):
    """The reply when there is a text."""

    text: str
    """Empty from a container that makes embeddings."""
    finish_reason: str | None
    usage: Usage | None
    embedding: NotRequired[list[float]]
    """Only from a container that makes embeddings."""
    request_id: str
    model: ModelEntry
    latency_ms: int
    """The call to the endpoint, in milliseconds."""
    record: str | None
    """S3 URI of the record; None when it was not stored (`warnings` says why)."""
    warnings: list[str]


class AcceptedReply(TypedDict):
    """The reply when an asynchronous endpoint took the request."""

    state: Literal["accepted"]
    request_id: str
    result: str
    """S3 URI where the container's reply will lie, if it succeeds."""
    failure: str | None
    """S3 URI where the error will lie, if it fails; None when SageMaker did not say."""
    model: ModelEntry
    record: str | None
    """S3 URI of the record; None when it was not stored (`warnings` says why)."""
    warnings: list[str]


class ErrorEntry(TypedDict):
    """Why there is no text."""

    type: str
    message: str
    retryable: bool
    """Whether the very same request may succeed later."""
    request_id: str


class ErrorReply(TypedDict):
    """The reply when there is no text."""

    error: ErrorEntry


Reply = TextReply | AcceptedReply | ErrorReply


def text_reply(answer: Answer, generated: Generated, request_id: str) -> TextReply:
    """The reply for what the model wrote."""
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
    return reply


def accepted_reply(answer: Answer, queued: QueuedRequest, request_id: str) -> AcceptedReply:
    """The reply for a request that will be answered in the bucket."""
    return {
        "state": "accepted",
        "request_id": request_id,
        "result": queued.result_location,
        "failure": queued.failure_location,
        "model": answer.model,
        "record": answer.record_uri,
        "warnings": answer.warnings,
    }


def error_reply(error: HandlerError, request_id: str) -> ErrorReply:
    """The reply for a failure."""
    return {
        "error": {
            "type": error.type,
            "message": error.message,
            "retryable": error.retryable,
            "request_id": request_id,
        }
    }
