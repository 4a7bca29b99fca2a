"""The record of a request: what was asked and what came of it, one JSON object in the bucket."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, cast

from botocore.exceptions import ClientError

from handlers.clients import S3Client
from handlers.contracts import Generated, Usage
from handlers.errors import HandlerError
from handlers.generation_request import GenerationParameters, GenerationRequest
from handlers.time_limit import run_within


class RequestEntry(TypedDict):
    """What was asked."""

    prompt: str
    parameters: GenerationParameters


class ReplyEntry(TypedDict):
    """What the model wrote."""

    text: str
    finish_reason: str | None
    usage: Usage | None


class ModelEntry(TypedDict):
    """Which model was asked."""

    endpoint: str
    variant: str | None
    """None when no variant answered."""
    uri: str


class LatencyEntry(TypedDict):
    """Milliseconds."""

    model: int
    """The call to the endpoint."""
    total: int
    """From the event's arrival to the writing of this record."""


class Record(TypedDict):
    """One request, as it is stored. Either `reply` or `error` is None."""

    request_id: str
    created_at: str
    """When the event arrived: ISO 8601 in UTC."""
    status: int
    request: RequestEntry
    reply: ReplyEntry | None
    error: Mapping[str, object] | None
    model: ModelEntry
    latency_ms: LatencyEntry


def request_entry(request: GenerationRequest) -> RequestEntry:
    """The record's `request`."""
    return {"prompt": request.prompt, "parameters": request.parameters}


def reply_entry(generated: Generated) -> ReplyEntry:
    """The record's `reply`."""
    return {
        "text": generated.text,
        "finish_reason": generated.finish_reason,
        "usage": generated.usage,
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

    bucket_name: str
    client: Callable[[], S3Client]

    def put(self, key: str, record: Record, seconds: float) -> str:
        """Store a record within `seconds`; returns its S3 URI. Raises RecordNotStoredError."""
        try:
            # Made here and not in the thread: two threads must not make clients of one session.
            client = self.client()
            body = json.dumps(record, ensure_ascii=False).encode()
            run_within(
                seconds,
                lambda: client.put_object(
                    Bucket=self.bucket_name, Key=key, Body=body, ContentType="application/json"
                ),
            )
        except TimeoutError as error:
            raise RecordNotStoredError(f"S3 did not take it within {seconds:.1f} s") from error
        except ClientError as error:
            raise RecordNotStoredError(self._refusal(error)) from error
        except Exception as error:
            # Whatever it is, a text that has been generated is not lost over its record.
            raise RecordNotStoredError(type(error).__name__) from error
        return f"s3://{self.bucket_name}/{key}"

    def _refusal(self, error: ClientError) -> str:
        response = cast("Mapping[str, Mapping[str, object]]", error.response)
        code = str(response.get("Error", {}).get("Code", "unknown"))
        if code == "AccessDenied":
            return (
                f"{code}: grant s3:PutObject on records/* of the bucket {self.bucket_name}"
                " to the function's role"
            )
        if code == "NoSuchBucket":
            return f"{code}: there is no bucket {self.bucket_name}; correct GENAI_BUCKET_NAME"
        return code
