"""The record of a request: what was asked and what came of it, one JSON object in the bucket.

docs/records.md tells its readers what each field is; this is where it is made.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict, cast

from handlers.contracts.contract import FinishReason, Generated, Usage
from handlers.errors import HandlerError
from handlers.generation_request import GenerationRequest

if TYPE_CHECKING:
    # Only an asynchronous endpoint needs it at run time.
    from handlers.endpoint.async_endpoint import QueuedRequest

RecordMode = Literal["sync", "stream", "async", "batch"]


class MessageEntry(TypedDict):
    """One turn of a conversation."""

    role: str
    content: NotRequired[str]
    content_characters: NotRequired[int]
    """Instead of the content, when texts are not kept."""


class RequestEntry(TypedDict):
    """What was asked: one of prompt, messages and body, or its length when texts are not kept."""

    prompt: NotRequired[str]
    prompt_characters: NotRequired[int]
    messages: NotRequired[list[MessageEntry]]
    body: NotRequired[object]
    body_characters: NotRequired[object]
    parameters: Mapping[str, object]
    """As the caller gave them; without texts `stop_characters` instead of `stop`."""


class ReplyEntry(TypedDict):
    """What the model wrote."""

    text: NotRequired[str]
    text_characters: NotRequired[int]
    """Instead of the text, when texts are not kept."""
    finish_reason: FinishReason | None
    usage: Usage | None
    embedding: NotRequired[list[float]]
    """Only from a container that makes embeddings."""
    embedding_dimensions: NotRequired[int]
    """Instead of the embedding, when texts are not kept."""


class ErrorEntry(TypedDict):
    """Why there is no text, or not all of it."""

    type: str
    message: NotRequired[str]
    message_characters: NotRequired[int]
    """Instead of the message, when texts are not kept: it may quote the caller or the container."""
    retryable: bool
    raw_reply: NotRequired[str]
    """The start of a reply that could not be read."""
    raw_reply_characters: NotRequired[int]
    log_stream_arn: NotRequired[str]
    """Where the container logged its failure."""
    exception_type: NotRequired[str]
    """Of a failure that nothing foresees."""


class LocationsEntry(TypedDict):
    """Where an asynchronous request's files lie, as S3 URIs."""

    input: str
    result: str
    failure: str | None


class ModelEntry(TypedDict):
    """Which model was asked."""

    endpoint: str
    variant: str | None
    """None when no variant answered."""
    uri: str


class LatencyEntry(TypedDict):
    """Milliseconds."""

    model: int
    """The call to the endpoint, all attempts; to an asynchronous one with storing its payload."""
    total: int
    """From the event's arrival to the writing of this record."""
    first_text: NotRequired[int]
    """Of a stream: from the beginning of that call to the first text."""


class Record(TypedDict):
    """One request, as it is stored: with a reply, an error, or the locations of both to come."""

    request_id: str
    created_at: str
    """When the event arrived: ISO 8601 in UTC."""
    status: int
    mode: RecordMode
    request: RequestEntry
    reply: ReplyEntry | None
    error: ErrorEntry | None
    locations: NotRequired[LocationsEntry]
    """Only of an asynchronous request that SageMaker took."""
    model: ModelEntry
    latency_ms: LatencyEntry
    attempts: int
    """How often the endpoint was asked."""
    client_token: NotRequired[str]
    partial: NotRequired[bool]
    """True when the reply is only what came before the error."""


def request_entry(request: GenerationRequest) -> RequestEntry:
    """The record's `request`."""
    entry: RequestEntry = {"parameters": cast("Mapping[str, object]", request.parameters)}
    if request.prompt is not None:
        return {"prompt": request.prompt, **entry}
    if request.messages:
        messages: list[MessageEntry] = [
            {"role": message["role"], "content": message["content"]} for message in request.messages
        ]
        return {"messages": messages, **entry}
    return {"body": request.body, **entry}


def reply_entry(generated: Generated) -> ReplyEntry:
    """The record's `reply`."""
    entry: ReplyEntry = {
        "text": generated.text,
        "finish_reason": generated.finish_reason,
        "usage": generated.usage,
    }
    if generated.embedding is not None:
        entry["embedding"] = generated.embedding
    return entry


def locations_entry(queued: "QueuedRequest") -> LocationsEntry:
    """The record's `locations`."""
    return {
        "input": queued.input_location,
        "result": queued.result_location,
        "failure": queued.failure_location,
    }


def error_entry(error: HandlerError) -> ErrorEntry:
    """The record's `error`: the reply's, and what only an operator should see."""
    entry = {
        "type": error.type,
        "message": error.message,
        "retryable": error.retryable,
        **error.record_details,
    }
    return cast("ErrorEntry", entry)


def record_key(created_at: datetime, request_id: str) -> str:
    """Where in the bucket a record lies: partitioned by its UTC day, as Athena and Glue expect."""
    return f"records/dt={created_at:%Y-%m-%d}/{request_id}.json"


def json_bytes(value: object) -> bytes:
    """A JSON text in UTF-8, as everything in the bucket is written."""
    return json.dumps(value, ensure_ascii=False).encode()
