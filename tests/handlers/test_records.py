"""Where the record of a request goes, and that it never costs the caller much."""

import threading
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from handlers.bucket import Bucket
from handlers.records import Record, RecordNotStoredError, RecordStore, record_key
from tests.handlers.doubles import FakeS3

RECORD = cast("Record", {"request_id": "r", "request": {"prompt": "le renard ébloui"}})


def refused(error: Exception) -> str:
    def fail() -> None:
        raise error

    store = RecordStore(Bucket("b", lambda: FakeS3(before=fail)))
    with pytest.raises(RecordNotStoredError) as caught:
        store.put("records/r.json", RECORD, 3)
    return str(caught.value)


def s3_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "PutObject")


def test_records_are_partitioned_by_day() -> None:
    moment = datetime(2026, 3, 9, 23, 59, 59, tzinfo=UTC)

    assert record_key(moment, "abc-1") == "records/dt=2026-03-09/abc-1.json"


def test_a_record_is_json_in_utf8() -> None:
    s3 = FakeS3()

    uri = RecordStore(Bucket("b", lambda: s3)).put("records/r.json", RECORD, 3)

    assert uri == "s3://b/records/r.json"
    assert s3.objects[uri].decode() == (
        '{"request_id": "r", "request": {"prompt": "le renard ébloui"}}'
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            s3_error("AccessDenied"),
            "AccessDenied: grant s3:PutObject on records/* of the bucket b to the function's role",
        ),
        (s3_error("NoSuchBucket"), "NoSuchBucket: there is no bucket b; correct GENAI_BUCKET_NAME"),
        (s3_error("SlowDown"), "SlowDown"),
        (EndpointConnectionError(endpoint_url="https://s3"), "EndpointConnectionError"),
        (RuntimeError("le renard ébloui"), "RuntimeError"),
    ],
)
def test_a_record_that_s3_does_not_take_says_why_and_nothing_of_itself(
    error: Exception, reason: str
) -> None:
    assert refused(error) == reason


def test_a_client_that_cannot_be_made_is_only_a_missing_record() -> None:
    def no_client() -> Any:
        raise ValueError("Invalid endpoint")

    with pytest.raises(RecordNotStoredError, match="ValueError"):
        RecordStore(Bucket("b", no_client)).put("records/r.json", RECORD, 3)


def test_a_bucket_that_does_not_answer_is_not_waited_for() -> None:
    released = threading.Event()
    store = RecordStore(Bucket("b", lambda: FakeS3(before=lambda: released.wait(5))))

    with pytest.raises(RecordNotStoredError, match=r"did not take it within 0\.1 s"):
        store.put("records/r.json", RECORD, 0.05)
    released.set()
