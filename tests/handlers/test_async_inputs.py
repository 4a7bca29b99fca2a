"""Where the payload of an asynchronous request goes, and every reason why it does not get there."""

import threading

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from handlers.async_inputs import AsyncInputs
from handlers.bucket import Bucket
from handlers.errors import (
    AccessDeniedError,
    BucketMissingError,
    CredentialsError,
    HandlerError,
    InputNotStoredError,
)
from tests.handlers.doubles import FakeS3


def s3_error(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "PutObject")


def refused(error: Exception) -> HandlerError:
    def fail() -> None:
        raise error

    inputs = AsyncInputs(Bucket("b", lambda: FakeS3(before=fail)))
    with pytest.raises(HandlerError) as caught:
        inputs.put("r-1", b"{}", 3)
    return caught.value


def test_a_payload_is_named_after_its_request() -> None:
    s3 = FakeS3()

    uri = AsyncInputs(Bucket("b", lambda: s3)).put("r-1", b'{"inputs": "x"}', 3)

    assert s3.objects == {"s3://b/async/inputs/r-1.json": b'{"inputs": "x"}'}
    assert uri == "s3://b/async/inputs/r-1.json"


def test_a_missing_permission_names_action_and_resource() -> None:
    error = refused(s3_error("AccessDenied", "Access Denied"))

    assert isinstance(error, AccessDeniedError)
    assert (error.status, error.retryable) == (500, False)
    assert error.message == (
        "S3 says: Access Denied. Grant s3:PutObject on async/inputs/* of the bucket b, and the use"
        " of its KMS key if it has one, to the function's role."
    )


def test_a_missing_bucket_says_what_to_do() -> None:
    error = refused(s3_error("NoSuchBucket"))

    assert isinstance(error, BucketMissingError)
    assert (error.status, error.type, error.retryable) == (503, "bucket_missing", False)
    assert error.message == (
        "There is no bucket b for the request's payload. Deploy the stack, or correct"
        " GENAI_BUCKET_NAME."
    )


def test_any_other_refusal_may_pass_and_is_named() -> None:
    error = refused(s3_error("SlowDown"))

    assert isinstance(error, InputNotStoredError)
    assert (error.status, error.type, error.retryable) == (503, "input_not_stored", True)
    assert error.message == (
        "S3 did not take the request's payload (SlowDown). Nothing was sent to the model. Try"
        " again."
    )


def test_a_bucket_out_of_reach_is_retryable() -> None:
    error = refused(EndpointConnectionError(endpoint_url="https://s3"))

    assert isinstance(error, InputNotStoredError)
    assert error.message == (
        "No answer from S3 for the bucket b (EndpointConnectionError). Nothing was sent to the"
        " model. In a VPC the function needs a route to S3: a gateway endpoint, or a NAT gateway."
    )


def test_a_bucket_that_does_not_answer_is_not_waited_for() -> None:
    released = threading.Event()
    inputs = AsyncInputs(Bucket("b", lambda: FakeS3(before=lambda: released.wait(5))))

    with pytest.raises(InputNotStoredError) as caught:
        inputs.put("r-1", b"{}", 0.05)
    released.set()

    assert caught.value.message == (
        "S3 did not take the request's payload within 0.1 s. Nothing was sent to the model. Try"
        " again."
    )


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            NoCredentialsError(),
            "The function has no AWS credentials. On Lambda they come from the function's role.",
        ),
        (
            s3_error("ExpiredToken"),
            "AWS does not accept the function's credentials (ExpiredToken).",
        ),
    ],
)
def test_bad_credentials_are_named_as_such(error: Exception, message: str) -> None:
    found = refused(error)

    assert isinstance(found, CredentialsError)
    assert found.message == message
