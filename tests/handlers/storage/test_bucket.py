"""S3's failures, told apart by what somebody can do about them."""

from typing import Any, Self

import pytest

from handlers.aws.errors import (
    AwsError,
    ConnectionBrokenError,
    CredentialsMissingError,
    NotConnectedError,
    ReadTimedOutError,
    ReplyBrokenError,
)
from handlers.errors import (
    AccessDeniedError,
    BucketMissingError,
    CredentialsError,
    HandlerError,
    StorageUnavailableError,
    UnexpectedReplyError,
)
from handlers.storage.bucket import Bucket, BucketError, ExistsAlreadyError
from tests.handlers.doubles import FakeS3, S3Operation, s3_error


def bucket(s3: FakeS3) -> Bucket:
    return Bucket("b", lambda: s3)


def call(s3: FakeS3, operation: S3Operation) -> object:
    made = bucket(s3)
    calls = {
        "put": lambda: made.put("claims/x.json", b"{}", 2),
        "get": lambda: made.get("claims/x.json", 2),
        "exists": lambda: made.exists("claims/x.json", 2),
        "list_keys": lambda: made.list_keys("claims/x", 2),
    }
    return calls[operation]()


def test_what_is_put_can_be_got_and_found() -> None:
    s3 = FakeS3()
    made = bucket(s3)

    uri = made.put("a/é +.json", b'{"x": 1}', 2)

    assert uri == "s3://b/a/é +.json"
    assert made.get("a/é +.json", 2) == b'{"x": 1}'
    assert made.exists("a/é +.json", 2)
    assert made.list_keys("a/", 2) == ["a/é +.json"]
    assert {each.seconds for each in s3.calls} == {2}


def test_what_is_not_there_is_not_an_error() -> None:
    made = bucket(FakeS3())

    assert made.get("a/x", 2) is None
    assert not made.exists("a/x", 2)
    assert made.list_keys("a/", 2) == []


@pytest.mark.parametrize("code", ["PreconditionFailed", "ConditionalRequestConflict"])
def test_an_object_that_is_there_stays_if_only_the_first_may_be_stored(code: str) -> None:
    s3 = FakeS3()
    made = bucket(s3)
    made.put("a/x", b"1", 2, only_if_absent=True)
    s3.fail(s3_error(code), "put", times=1)

    with pytest.raises(ExistsAlreadyError):
        made.put("a/x", b"2", 2, only_if_absent=True)
    with pytest.raises(ExistsAlreadyError):
        made.put("a/x", b"2", 2, only_if_absent=True)

    assert made.get("a/x", 2) == b"1"


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("put", "s3:PutObject"),
        ("get", "s3:GetObject"),
        ("exists", "s3:GetObject"),
        ("list_keys", "s3:ListBucket"),
    ],
)
def test_a_missing_permission_names_action_and_place(operation: Any, action: str) -> None:
    s3 = FakeS3()
    s3.fail(s3_error("AccessDenied", "User: x is not\nauthorized.", 403))

    with pytest.raises(BucketError) as caught:
        call(s3, operation)

    assert str(caught.value) == (
        f"AccessDenied: grant {action} on claims/* of the bucket b to the function's role"
    )
    assert isinstance(caught.value.condition, AccessDeniedError)
    assert caught.value.condition.message == (
        f"S3 says: User: x is not authorized. Grant {action} on claims/* of the bucket b, and the use"
        " of its KMS key if it has one, to the function's role."
    )


def test_a_permission_is_not_granted_for_a_day() -> None:
    s3 = FakeS3()
    s3.fail(s3_error("AccessDenied"))

    with pytest.raises(BucketError, match=r"grant s3:PutObject on records/\* of the bucket b"):
        bucket(s3).put("records/dt=2026-03-09/x.json", b"", 2)


@pytest.mark.parametrize(
    ("error", "reason", "condition", "message"),
    [
        (
            s3_error("NoSuchBucket"),
            "NoSuchBucket: there is no bucket b; correct GENAI_BUCKET_NAME",
            BucketMissingError,
            "There is no bucket b. Deploy the stack, or correct GENAI_BUCKET_NAME.",
        ),
        (
            s3_error("ExpiredToken"),
            "ExpiredToken",
            CredentialsError,
            "AWS does not accept the function's credentials (ExpiredToken).",
        ),
        (
            CredentialsMissingError(),
            "the function has no credentials",
            CredentialsError,
            "The function has no AWS credentials. On Lambda they come from the function's role.",
        ),
        (
            s3_error("SlowDown", status=503),
            "SlowDown",
            StorageUnavailableError,
            (
                "S3 did not do what it was asked in the bucket b (SlowDown). Nothing was sent to the"
                " model. Try again."
            ),
        ),
        *(
            (
                error(),
                f"S3 did not answer within 2.0 s ({error.__name__})",
                StorageUnavailableError,
                (
                    f"No answer from S3 for the bucket b within 2.0 s ({error.__name__}). Nothing was"
                    " sent to the model. Try again. In a VPC the function needs a route to S3: a gateway"
                    " endpoint, or a NAT gateway."
                ),
            )
            for error in (
                NotConnectedError,
                ConnectionBrokenError,
                ReadTimedOutError,
                ReplyBrokenError,
            )
        ),
    ],
)
@pytest.mark.parametrize("operation", ["put", "get", "exists", "list_keys"])
def test_a_failure_says_what_to_do_and_whether_s3_answered(
    operation: Any,
    error: Exception,
    reason: str,
    condition: type[HandlerError],
    message: str,
) -> None:
    s3 = FakeS3()
    s3.fail(error, operation)

    with pytest.raises(BucketError) as caught:
        call(s3, operation)

    assert str(caught.value) == reason
    assert type(caught.value.condition) is condition
    assert caught.value.condition.message == message
    assert caught.value.is_refusal is isinstance(error, AwsError | CredentialsMissingError)


def test_opening_a_connection_ahead_never_fails() -> None:
    def no_client() -> Any:
        raise ValueError("Invalid endpoint")

    s3 = FakeS3()
    bucket(s3).connect_ahead()
    Bucket("b", no_client).connect_ahead()

    assert s3.connected_ahead == ["b"]


def test_a_content_that_breaks_off_is_no_answer() -> None:
    s3 = FakeS3()

    class Broken:
        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_error: object) -> None:
            """Nothing to close."""

        size = 1

        @property
        def body(self) -> Any:
            raise ReplyBrokenError

    s3.get = lambda *_args, **_kwargs: Broken()  # pyright: ignore[reportAttributeAccessIssue] - a stand-in for one test

    with pytest.raises(BucketError, match="ReplyBrokenError"):
        bucket(s3).get("a/x", 2)


def test_what_is_larger_than_any_reply_is_not_read_into_memory() -> None:
    s3 = FakeS3()
    made = bucket(s3)
    made.put("async/results/x.out", bytes(16 * 1024**2 + 1), 2)

    with pytest.raises(BucketError) as caught:
        made.get("async/results/x.out", 2)

    assert str(caught.value) == "the object is too large"
    assert isinstance(caught.value.condition, UnexpectedReplyError)
    assert caught.value.condition.message == (
        "The object s3://b/async/results/x.out has 16,777,217 bytes, and the function reads at most"
        " 16,777,216. Fetch it from the bucket."
    )


def test_a_denied_answer_without_a_body_is_a_missing_permission_as_well() -> None:
    s3 = FakeS3()
    s3.fail(s3_error("403", "Forbidden", 403))

    with pytest.raises(BucketError, match=r"grant s3:GetObject on results/\* of the bucket b"):
        bucket(s3).exists("results/.parts/0123/1.jsonl", 2)
