"""S3: what it keeps (moto), and what becomes of its faults (on the wire)."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.aws.clients import s3, shared
from handlers.aws.errors import (
    AwsError,
    CallFailedError,
    CredentialsMissingError,
    NotConnectedError,
    ReadTimedOutError,
    ReplyBrokenError,
)
from handlers.aws.s3 import S3, PutObject
from tests.handlers.aws.test_connections import idle, wait_until
from tests.handlers.names import BUCKET_NAME
from tests.handlers.wire_endpoint import WireEndpoint, unused_url

keys = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20
)


@pytest.fixture
def pauses() -> list[float]:
    """What the client would have waited."""
    return []


@pytest.fixture
def client(pauses: list[float]) -> S3:
    return S3(*shared(), sleep=pauses.append)


def error(code: str, status: int) -> tuple[int, bytes, dict[str, str]]:
    body = f"<Error><Code>{code}</Code><Message>words</Message></Error>"
    return status, body.encode(), {"content-type": "application/xml"}


def test_an_object_comes_back_as_it_was_put(bucket: Any) -> None:
    bucket.put_bucket_versioning(Bucket=BUCKET_NAME, VersioningConfiguration={"Status": "Enabled"})

    put = s3().put(BUCKET_NAME, "a/ü.json", b"first", seconds=5, content_type="text/plain")
    s3().put(BUCKET_NAME, "a/ü.json", b"second", seconds=5)

    with s3().get(BUCKET_NAME, "a/ü.json", seconds=5, version_id=put.version_id) as stored:
        assert (stored.size, stored.body.read()) == (5, b"first")
        assert (stored.etag, stored.version_id) == (put.etag, put.version_id)
    with s3().get(BUCKET_NAME, "a/ü.json", seconds=5) as stored:
        assert stored.body.read() == b"second"
    seen = bucket.get_object(Bucket=BUCKET_NAME, Key="a/ü.json", VersionId=put.version_id)
    assert seen["ContentType"] == "text/plain"


def test_in_a_bucket_without_versions_there_is_none(bucket: Any) -> None:
    assert bucket
    put = s3().put(BUCKET_NAME, "key", b"{}", seconds=5)

    assert put == PutObject('"99914b932bd37a50b983c5e7c90ae93b"', None)


def test_a_file_is_put_from_its_beginning_and_read_line_by_line(
    bucket: Any, tmp_path: Path
) -> None:
    assert bucket
    path = tmp_path / "lines"
    path.write_bytes(b"".join(b"line %d\n" % number for number in range(50_000)))
    with path.open("rb") as file:
        file.seek(100)
        s3().put(BUCKET_NAME, "lines", file, seconds=5)

    with s3().get(BUCKET_NAME, "lines", seconds=5) as stored:
        assert stored.body.readline() == b"line 0\n"
        assert stored.body.read(4) == b"line"
        assert sum(1 for _ in stored.body) == 49_999


@pytest.mark.row("strange-key")
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(key=keys.filter(lambda key: key.strip("/.") != ""))
def test_any_key_is_listed_as_it_was_put(bucket: Any, key: str) -> None:
    assert bucket
    s3().put(BUCKET_NAME, f"p/{key}", b"{}", seconds=5)

    assert f"p/{key}" in s3().list_keys(BUCKET_NAME, "p/", seconds=5)
    assert s3().exists(BUCKET_NAME, f"p/{key}", seconds=5)


def test_a_listing_goes_on_over_pages(wire: WireEndpoint) -> None:
    page = "<ListBucketResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>{}</ListBucketResult>"
    first = (
        "<Contents><Key>a%20b</Key></Contents><NextContinuationToken>t+/=</NextContinuationToken>"
    )
    wire.answers(page.format(first).encode(), times=1)
    wire.answers(page.format("<Contents><Key>c%2Bd</Key></Contents>").encode())

    assert s3().list_keys(BUCKET_NAME, "p/", seconds=5) == ["a b", "c+d"]
    assert [request.path.partition("?")[2] for request in wire.requests] == [
        "encoding-type=url&list-type=2&prefix=p%2F",
        "continuation-token=t%2B%2F%3D&encoding-type=url&list-type=2&prefix=p%2F",
    ]


def test_a_listing_that_is_not_xml_is_a_broken_reply(wire: WireEndpoint) -> None:
    wire.answers(b"<ListBucketResult>")

    with pytest.raises(ReplyBrokenError, match="the listing is not XML"):
        s3().list_keys(BUCKET_NAME, "p/", seconds=5)


def test_what_is_not_there_is_said_so(bucket: Any) -> None:
    assert bucket
    assert not s3().exists(BUCKET_NAME, "none", seconds=5)
    with pytest.raises(AwsError) as caught:
        s3().get(BUCKET_NAME, "none", seconds=5)
    assert (caught.value.code, caught.value.status) == ("NoSuchKey", 404)
    with pytest.raises(AwsError) as caught:
        s3().put("another-bucket", "key", b"{}", seconds=5)
    assert caught.value.code == "NoSuchBucket"


def test_whether_something_is_there_may_be_denied(wire: WireEndpoint) -> None:
    wire.says(403, b"", {})

    with pytest.raises(AwsError) as caught:
        s3().exists(BUCKET_NAME, "key", seconds=5)

    assert caught.value.code == "403"


def test_an_object_that_is_there_is_not_written_over(bucket: Any) -> None:
    assert bucket
    s3().put(BUCKET_NAME, "claim", b"first", seconds=5, only_if_absent=True)

    with pytest.raises(AwsError) as caught:
        s3().put(BUCKET_NAME, "claim", b"second", seconds=5, only_if_absent=True)

    assert (caught.value.code, caught.value.status) == ("PreconditionFailed", 412)
    with s3().get(BUCKET_NAME, "claim", seconds=5) as stored:
        assert stored.body.read() == b"first"


def test_the_same_body_put_twice_on_purpose_is_a_conflict_too(bucket: Any) -> None:
    assert bucket
    s3().put(BUCKET_NAME, "claim", b"same", seconds=5, only_if_absent=True)

    with pytest.raises(AwsError) as caught:
        s3().put(BUCKET_NAME, "claim", b"same", seconds=5, only_if_absent=True)

    assert caught.value.code == "PreconditionFailed"


@pytest.mark.parametrize(("stored", "is_own"), [(b"mine", True), (b"hers", False)])
def test_an_object_that_an_unanswered_try_of_its_own_stored_is_no_conflict(
    wire: WireEndpoint, client: S3, stored: bytes, *, is_own: bool
) -> None:
    wire.hangs_up(times=1)
    wire.says(*error("PreconditionFailed", 412), times=1)
    wire.answers(stored, headers={"etag": '"e"', "x-amz-version-id": "v1"})

    def put() -> PutObject:
        return client.put(BUCKET_NAME, "claim", b"mine", seconds=5, only_if_absent=True)

    if is_own:
        assert put() == PutObject('"e"', "v1")
    else:
        with pytest.raises(AwsError, match="PreconditionFailed"):
            put()
    assert [request.method for request in wire.requests] == ["PUT", "PUT", "GET"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("SlowDown", 503),
        ("InternalError", 500),
        ("ServiceUnavailable", 503),
        ("RequestTimeout", 400),
    ],
)
def test_a_busy_s3_is_tried_three_times(
    wire: WireEndpoint, client: S3, pauses: list[float], code: str, status: int
) -> None:
    wire.says(*error(code, status), times=2)
    wire.answers(b"", headers={"etag": '"e"'})

    assert client.put(BUCKET_NAME, "key", b"{}", seconds=5).etag == '"e"'
    assert [request.body for request in wire.requests] == [b"{}"] * 3
    assert len(pauses) == 2
    assert all(0 <= pause <= 0.2 for pause in pauses)


def test_after_three_tries_the_last_failure_comes_out(wire: WireEndpoint, client: S3) -> None:
    wire.says(*error("SlowDown", 503))

    with pytest.raises(AwsError) as caught:
        client.put(BUCKET_NAME, "key", b"{}", seconds=5)

    assert caught.value.code == "SlowDown"
    assert len(wire.requests) == 3


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchBucket", "PreconditionFailed"])
def test_a_refusal_is_not_tried_again(wire: WireEndpoint, client: S3, code: str) -> None:
    wire.says(*error(code, 403))

    with pytest.raises(AwsError) as caught:
        client.put(BUCKET_NAME, "key", b"{}", seconds=5)

    assert (caught.value.code, caught.value.message) == (code, "words")
    assert len(wire.requests) == 1


def test_a_connection_that_breaks_is_made_again_and_a_file_sent_from_its_beginning(
    wire: WireEndpoint, client: S3
) -> None:
    wire.hangs_up(times=2)
    wire.answers(b"")

    client.put(BUCKET_NAME, "key", io.BytesIO(b"content"), seconds=5)

    assert [request.body for request in wire.requests] == [b"content"] * 3


def test_nobody_listening_is_tried_three_times(
    monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", unused_url())

    with pytest.raises(NotConnectedError):
        S3(*shared(), sleep=pauses.append).put(BUCKET_NAME, "key", b"{}", seconds=5)

    assert len(pauses) == 2


def test_silence_ends_with_the_time_that_was_given(
    wire: WireEndpoint, client: S3, pauses: list[float]
) -> None:
    wire.stays_silent()

    with pytest.raises(ReadTimedOutError):
        client.put(BUCKET_NAME, "key", b"{}", seconds=0.1)

    assert (len(wire.requests), pauses) == (1, [])


def test_without_time_nothing_is_sent(wire: WireEndpoint, client: S3) -> None:
    with pytest.raises(CallFailedError):
        client.put(BUCKET_NAME, "key", b"{}", seconds=0)

    assert wire.requests == []


def test_a_body_that_breaks_off_is_noticed_by_its_reader(wire: WireEndpoint, client: S3) -> None:
    wire.breaks_off_midway(b"line\n" * 10)

    with client.get(BUCKET_NAME, "key", seconds=5) as stored, pytest.raises(ReplyBrokenError):
        stored.body.read()


def test_missing_credentials_are_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, client: S3, pauses: list[float]
) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(CredentialsMissingError):
        client.exists(BUCKET_NAME, "key", seconds=5)

    assert pauses == []


def test_a_connection_made_ahead_serves_the_put(wire: WireEndpoint, client: S3) -> None:
    wire.answers(b"")
    client.connect_ahead(BUCKET_NAME)
    wait_until(lambda: wire.connections == 1)
    wait_until(lambda: len(idle(shared()[2])) == 1)

    client.put(BUCKET_NAME, "key", b"{}", seconds=5)

    assert wire.connections == 1


@pytest.fixture(autouse=True)
def no_connection_stays(lambda_environment: None) -> Iterator[None]:
    """What a test opened is closed while its server still answers."""
    assert lambda_environment is None
    yield
    shared()[2].close()
