"""Where the credentials come from, and that they are never too old."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handlers.aws import clients
from handlers.aws.connections import Connections
from handlers.aws.credentials import Credentials, CredentialSource
from handlers.aws.errors import AwsError, CredentialsMissingError
from handlers.time_limit import TimeLimit
from tests.handlers.wire_endpoint import WireEndpoint

FROM_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKID",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
}


@pytest.fixture
def connections() -> Iterator[Connections]:
    opened = Connections()
    yield opened
    opened.close()


def limit() -> TimeLimit:
    return TimeLimit.of(5)


def expiring(name: str, seconds: float) -> dict[str, str]:
    """Credentials as the address in the environment hands them out."""
    moment = datetime.fromtimestamp(time.time() + seconds, UTC)
    return {
        "AccessKeyId": name,
        "SecretAccessKey": "secret",
        "Token": "token",
        "Expiration": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "AccountId": "123456789012",
    }


def from_address(
    wire: WireEndpoint, connections: Connections, **variables: str
) -> CredentialSource:
    return CredentialSource(
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{wire.url}/creds/a?b=c", **variables},
        connections,
    )


def test_the_environments_keys_are_the_credentials(connections: Connections) -> None:
    source = CredentialSource(FROM_ENVIRONMENT, connections)

    assert source.current(limit()) == Credentials("AKID", "secret", "token")


def test_an_empty_token_is_none(connections: Connections) -> None:
    source = CredentialSource({**FROM_ENVIRONMENT, "AWS_SESSION_TOKEN": ""}, connections)

    assert source.current(limit()).token is None


@pytest.mark.parametrize("variables", [{}, {"AWS_ACCESS_KEY_ID": "AKID"}])
def test_without_any_they_are_missing(connections: Connections, variables: dict[str, str]) -> None:
    with pytest.raises(CredentialsMissingError) as caught:
        CredentialSource(variables, connections).current(limit())

    assert str(caught.value) == "the environment has no AWS credentials"


def test_credentials_show_nothing_of_themselves() -> None:
    assert "secret" not in repr(Credentials("AKID", "secret", "secret-token"))


def test_the_address_in_the_environment_is_asked_once_while_they_are_good(
    wire: WireEndpoint, connections: Connections
) -> None:
    wire.answers(expiring("AKID", 3600))
    source = from_address(wire, connections, AWS_CONTAINER_AUTHORIZATION_TOKEN="Basic abc")

    with ThreadPoolExecutor(4) as threads:
        keys = {c.access_key for c in threads.map(lambda _: source.current(limit()), range(20))}

    assert keys == {"AKID"}
    (request,) = wire.requests
    assert (request.method, request.path) == ("GET", "/creds/a?b=c")
    assert request.headers["authorization"] == "Basic abc"


def test_the_authorization_may_be_in_a_file_that_changes(
    wire: WireEndpoint, connections: Connections, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    source = from_address(wire, connections, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(file))
    for token in ("first", "second"):
        file.write_text(token)
        wire.answers(expiring("AKID", 60))
        source.current(limit())

    assert [request.headers["authorization"] for request in wire.requests] == ["first", "second"]


def test_a_file_that_cannot_be_read_means_no_credentials(
    wire: WireEndpoint, connections: Connections, tmp_path: Path
) -> None:
    source = from_address(
        wire, connections, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(tmp_path / "none")
    )

    with pytest.raises(CredentialsMissingError, match="TOKEN_FILE cannot be read"):
        source.current(limit())


def test_they_are_fetched_anew_before_they_expire(
    wire: WireEndpoint, connections: Connections
) -> None:
    source = from_address(wire, connections)
    wire.answers(expiring("first", 599), times=1)
    wire.answers(expiring("second", 3600))

    assert [source.current(limit()).access_key for _ in range(3)] == ["first", "second", "second"]


def test_when_they_cannot_be_fetched_anew_the_old_ones_serve_while_they_are_good(
    wire: WireEndpoint, connections: Connections
) -> None:
    source = from_address(wire, connections)
    wire.answers(expiring("first", 300), times=1)
    wire.says(500, b"", {})
    source.current(limit())

    assert source.current(limit()).access_key == "first"


def test_expired_ones_do_not_serve(wire: WireEndpoint, connections: Connections) -> None:
    source = from_address(wire, connections)
    wire.answers(expiring("first", -1), times=1)
    wire.says(500, b"", {})
    source.current(limit())

    with pytest.raises(CredentialsMissingError):
        source.current(limit())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (200, b"not JSON"),
        (200, b"[]"),
        (200, b'{"AccessKeyId": "AKID"}'),
        (200, b'{"AccessKeyId":"A","SecretAccessKey":"s","Token":"t","Expiration":"soon"}'),
    ],
)
def test_an_answer_without_credentials_is_asked_for_three_times(
    wire: WireEndpoint, connections: Connections, status: int, body: bytes
) -> None:
    wire.says(status, body, {})

    with pytest.raises(CredentialsMissingError) as caught:
        from_address(wire, connections).current(limit())

    assert str(caught.value) == (
        "the place that hands out credentials does not answer as it should"
        " (CredentialsMissingError)"
    )
    assert len(wire.requests) == 3


def test_an_answer_that_fails_once_is_no_matter(
    wire: WireEndpoint, connections: Connections
) -> None:
    wire.hangs_up(times=2)
    wire.answers(expiring("AKID", 3600))

    assert from_address(wire, connections).current(limit()).access_key == "AKID"


def test_the_authorization_is_not_sent_in_the_clear_to_strangers(connections: Connections) -> None:
    source = CredentialSource(
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://evil.test/"}, connections
    )

    with pytest.raises(CredentialsMissingError) as caught:
        source.current(limit())

    assert str(caught.value) == (
        "AWS_CONTAINER_CREDENTIALS_FULL_URI must be an https URL or lie on this machine, got the"
        " host 'evil.test'."
    )


def test_an_address_that_is_none_means_no_credentials(connections: Connections) -> None:
    source = CredentialSource({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "creds"}, connections)

    with pytest.raises(CredentialsMissingError, match="FULL_URI must be an http or https URL"):
        source.current(limit())


def test_credentials_that_aws_takes_for_expired_are_read_again_and_the_call_repeated(
    wire: WireEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.fails("ExpiredTokenException", 403, times=1, message="expired")
    wire.answers(b"reply")
    runtime = clients.sagemaker_runtime()
    assert clients.shared()[1].current(limit()).access_key == "testing"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "renewed")

    with runtime.invoke_endpoint("e", b"{}", {}, limit()) as reply:
        assert reply.read(100) == b"reply"

    assert [
        request.headers["authorization"].partition("Credential=")[2].partition("/")[0]
        for request in wire.requests
    ] == ["testing", "renewed"]


def test_credentials_that_stay_the_same_are_not_tried_again(wire: WireEndpoint) -> None:
    wire.fails("ExpiredTokenException", 403, message="expired")

    with pytest.raises(AwsError) as caught:
        clients.sagemaker_runtime().invoke_endpoint("e", b"{}", {}, limit())

    assert caught.value.code == "ExpiredTokenException"
    assert len(wire.requests) == 1


def test_credentials_are_read_again_only_once(
    wire: WireEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.fails("ExpiredToken", 403, message="expired")
    assert clients.shared()[1].current(limit()).access_key == "testing"
    names = iter(f"renewed-{number}" for number in range(9))
    monkeypatch.setattr(
        CredentialSource, "_read", lambda *_: Credentials(next(names), "secret", "token")
    )

    with pytest.raises(AwsError, match="ExpiredToken"):
        clients.sagemaker_runtime().invoke_endpoint("e", b"{}", {}, limit())

    assert len(wire.requests) == 2


def test_who_waits_for_another_threads_credentials_waits_no_longer_than_it_may(
    connections: Connections,
) -> None:
    source = CredentialSource(FROM_ENVIRONMENT, connections)

    with (
        source._lock,  # pyright: ignore[reportPrivateUsage] - held as by a thread that fetches them
        pytest.raises(CredentialsMissingError, match="takes too long"),
    ):
        source.current(TimeLimit.of(0.02))

    assert source.current(limit()).access_key == "AKID"
