"""Requests that are answered later, and where in the bucket they wait until then."""

from handlers.errors import InputNotStoredError, NotConfirmedError, StorageUnavailableError
from handlers.generation_request import GenerationRequest
from handlers.storage.bucket import Bucket, BucketError
from handlers.storage.records import json_bytes


def payload_key(request_id: str) -> str:
    """Where a payload waits until SageMaker fetches it for an asynchronous endpoint."""
    return f"async/inputs/{request_id}.json"


def queued_key(result_id: str) -> str:
    """Where a request waits that comes back to the function through the queue."""
    return f"inputs/queued/{result_id}.json"


def queued_result_key(result_id: str) -> str:
    """Where the record of such a request will lie, as one line of JSON."""
    return f"results/queued/{result_id}.jsonl"


def keep_payload(bucket: Bucket, request_id: str, payload: bytes, seconds: float) -> str:
    """Store a payload within `seconds`; returns its S3 URI.

    Raises the HandlerError that says why S3 does not have it.
    """
    try:
        return bucket.put(payload_key(request_id), payload, seconds)
    except BucketError as error:
        if isinstance(error.condition, StorageUnavailableError):
            raise InputNotStoredError(
                f"S3 does not have the request's payload: {error}. Nothing was sent to the model."
                " Try again."
            ) from error
        raise error.condition from error


def keep_request(
    bucket: Bucket, result_id: str, request: GenerationRequest, seconds: float
) -> None:
    """Keep a request for the queue within `seconds`.

    Raises the HandlerError that says why S3 does not have it.
    """
    try:
        bucket.put(queued_key(result_id), json_bytes(_as_json(request)), seconds)
    except BucketError as error:
        if error.is_refusal:
            raise error.condition from error
        raise NotConfirmedError(
            f"The request could not be kept for later for sure: {error}. It may be all the"
            f' same: ask for the result {{"result": "{result_id}"}} before you send it again.'
        ) from error


def _as_json(request: GenerationRequest) -> dict[str, object]:
    """The request as a caller would send it, without what has been done when it is read again.

    Its client token has been claimed by then.
    """
    given: dict[str, object] = {
        "prompt": request.prompt,
        "messages": list(request.messages) or None,
        "body": request.body,
        "parameters": request.parameters or None,
        **request.options,
    }
    return {name: value for name, value in given.items() if value is not None}
