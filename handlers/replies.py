"""The reply's JSON, the same for every kind of event."""

from typing import TypedDict

from handlers.contracts import Usage
from handlers.errors import HandlerError
from handlers.generation import Answer
from handlers.records import ModelEntry


class TextReply(TypedDict):
    """The reply when there is a text."""

    text: str
    finish_reason: str | None
    usage: Usage | None
    request_id: str
    model: ModelEntry
    latency_ms: int
    """The call to the endpoint, in milliseconds."""
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


def text_reply(answer: Answer, request_id: str) -> TextReply:
    """The reply for a text."""
    return {
        "text": answer.generated.text,
        "finish_reason": answer.generated.finish_reason,
        "usage": answer.generated.usage,
        "request_id": request_id,
        "model": answer.model,
        "latency_ms": answer.model_milliseconds,
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
