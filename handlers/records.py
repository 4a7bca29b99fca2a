"""The record of a request: what was asked and what came of it, one JSON object in the bucket."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NotRequired, TypedDict

from botocore.exceptions import ClientError

from handlers.async_endpoint import QueuedRequest
from handlers.bucket import Bucket, refusal
from handlers.contracts import Generated, Usage
from handlers.errors import HandlerError
from handlers.generation_request import GenerationParameters, GenerationRequest


class RequestEntry(TypedDict):
    """What was asked."""

    prompt: str
    parameters: GenerationParameters


class ReplyEntry(TypedDict):
    """What the model wrote."""

    text: str
    finish_reason: str | None
    usage: Usage | None
    embedding: NotRequired[list[float]]
    """Only from a container that makes embeddings."""


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
    """The call to the endpoint; in the mode async with the storing of the payload before it."""
    total: int
    """From the event's arrival to the writing of this record."""


class Record(TypedDict):
    """One request, as it is stored: with a reply, an error, or the locations of both to come."""

    request_id: str
    created_at: str
    """When the event arrived: ISO 8601 in UTC."""
    status: int
    request: RequestEntry
    reply: ReplyEntry | None
    error: Mapping[str, object] | None
    locations: NotRequired[LocationsEntry]
    """Only of an asynchronous request that SageMaker took."""
    model: ModelEntry
    latency_ms: LatencyEntry


def request_entry(request: GenerationRequest) -> RequestEntry:
    """The record's `request`."""
    return {"prompt": request.prompt, "parameters": request.parameters}


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


def locations_entry(queued: QueuedRequest) -> LocationsEntry:
    """The record's `locations`."""
    return {
        "input": queued.input_location,
        "result": queued.result_location,
        "failure": queued.failure_location,
    }


def error_entry(error: HandlerError) -> Mapping[str, object]:
    """The record's `error`: the reply's, and what only an operator should see."""
    return {
        "type": error.type,
        "message": error.message,
        "retryable": error.retryable,
        **error.record_details,
    }


class RecordNotStoredError(Exception):
    """The bucket does not have the record; the message says why and quotes nothing of it."""


def record_key(created_at: datetime, request_id: str) -> str:
    """Where in the bucket a record lies: partitioned by its UTC day, as Athena and Glue expect."""
    return f"records/dt={created_at:%Y-%m-%d}/{request_id}.json"


@dataclass(frozen=True)
class RecordStore:
    """The records in one bucket."""

    bucket: Bucket

    def put(self, key: str, record: Record, seconds: float) -> str:
        """Store a record within `seconds`; returns its S3 URI. Raises RecordNotStoredError."""
        try:
            body = json.dumps(record, ensure_ascii=False).encode()
            return self.bucket.put_json(key, body, seconds)
        except TimeoutError as error:
            raise RecordNotStoredError(f"S3 did not take it within {seconds:.1f} s") from error
        except ClientError as error:
            raise RecordNotStoredError(self._refusal(error)) from error
        except Exception as error:
            # Whatever it is, a text that has been generated is not lost over its record.
            raise RecordNotStoredError(type(error).__name__) from error

    def _refusal(self, error: ClientError) -> str:
        code, _ = refusal(error)
        if code == "AccessDenied":
            return (
                f"{code}: grant s3:PutObject on records/* of the bucket {self.bucket.name}"
                " to the function's role"
            )
        if code == "NoSuchBucket":
            return f"{code}: there is no bucket {self.bucket.name}; correct GENAI_BUCKET_NAME"
        return code
