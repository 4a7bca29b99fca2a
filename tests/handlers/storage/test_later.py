"""Where the payload of an asynchronous request goes, and every reason why it does not get there."""

import pytest

from handlers.aws.errors import NotConnectedError
from handlers.errors import (
    AccessDeniedError,
    BucketMissingError,
    CredentialsError,
    HandlerError,
    InputNotStoredError,
)
from handlers.storage.bucket import Bucket
from handlers.storage.later import keep_payload
from tests.handlers.doubles import FakeS3, s3_error


def refused(error: Exception) -> HandlerError:
    s3 = FakeS3()
    s3.fail(error)
    with pytest.raises(HandlerError) as caught:
        keep_payload(Bucket("b", lambda: s3), "r-1", b"{}", 3)
    return caught.value


def test_a_payload_is_named_after_its_request() -> None:
    s3 = FakeS3()

    uri = keep_payload(Bucket("b", lambda: s3), "r-1", b'{"inputs": "x"}', 3)

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


@pytest.mark.parametrize(
    ("error", "kind"),
    [(s3_error("NoSuchBucket"), BucketMissingError), (s3_error("ExpiredToken"), CredentialsError)],
)
def test_what_somebody_has_to_mend_is_named_as_such(
    error: Exception, kind: type[HandlerError]
) -> None:
    assert isinstance(refused(error), kind)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (s3_error("SlowDown", status=503), "SlowDown"),
        (NotConnectedError(), "S3 did not answer within 3.0 s (NotConnectedError)"),
    ],
)
def test_anything_else_may_pass_and_is_named(error: Exception, reason: str) -> None:
    found = refused(error)

    assert isinstance(found, InputNotStoredError)
    assert (found.status, found.type, found.retryable) == (503, "input_not_stored", True)
    assert found.message == (
        f"S3 does not have the request's payload: {reason}. Nothing was sent to the model. Try again."
    )
