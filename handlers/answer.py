"""What a request can come to, other than an error."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from handlers.contracts.contract import Generated
from handlers.errors import HandlerError
from handlers.storage.records import ErrorEntry, LocationsEntry, ModelEntry, Record

if TYPE_CHECKING:
    # Only an asynchronous endpoint needs it at run time.
    from handlers.endpoint.async_endpoint import QueuedRequest


@dataclass(frozen=True)
class Deferred:
    """The request is kept in the bucket, and will be answered from there."""

    result_id: str
    """What to ask for the result with."""


@dataclass(frozen=True)
class Pending:
    """The request is known, and not answered yet."""

    result_id: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a request, and what there is to say about it."""

    outcome: "Generated | QueuedRequest | Deferred"
    """What the model wrote, or where it will be."""
    model: ModelEntry
    model_milliseconds: int
    """How long the call to the endpoint took; to an asynchronous one, with storing the payload. 0 of a
    result that SageMaker put into the bucket by itself."""
    first_text_milliseconds: int | None = None
    """Of a stream: from the event's arrival to the first text."""
    attempts: int
    """How often the endpoint was asked."""
    record_uri: str | None
    """Where the record lies; None when there is none: `warnings` says why, unless none was wanted."""
    warnings: list[str]
    """What the caller should know although the request succeeded."""
    session_id: str | None = None
    """The session that SageMaker opened or closed."""
    custom_attributes: str | None = None
    """What the container said beside its reply."""
    replayed: bool = False
    """The answer is that of an earlier request with the same client token."""


def answer_of(
    record: Record, record_uri: str | None, *, warnings: list[str], replayed: bool = False
) -> Answer:
    """The answer that a record tells of.

    Raises its HandlerError if that is what it tells of. The record must hold the texts.
    """
    if record["error"] is not None:
        raise _failure(record["error"], (record["reply"] or {}).get("text", ""), record["attempts"])
    return Answer(
        outcome=_outcome(record),
        model=record["model"],
        model_milliseconds=record["latency_ms"]["model"],
        first_text_milliseconds=record["latency_ms"].get("first_text"),
        attempts=record["attempts"],
        record_uri=record_uri,
        warnings=warnings,
        replayed=replayed,
    )


def _outcome(record: Record) -> "Generated | QueuedRequest":
    reply = record["reply"]
    if reply is not None:
        return Generated(
            reply.get("text", ""), reply["finish_reason"], reply["usage"], reply.get("embedding")
        )
    from handlers.endpoint.async_endpoint import (  # noqa: PLC0415 - not needed by most functions
        QueuedRequest,
    )

    locations = cast("LocationsEntry", record.get("locations"))
    return QueuedRequest(locations["input"], locations["result"], locations["failure"])


def _failure(entry: ErrorEntry, text_so_far: str, attempts: int) -> HandlerError:
    error = HandlerError.of_type(entry["type"])(
        entry.get("message", "The request failed; the message of that time was not kept.")
    )
    # It ended so, and asking for it again changes nothing.
    error.retryable = False
    error.text_so_far = text_so_far
    error.attempts = attempts
    return error
