"""What a container does wrong, and what the caller hears of it."""

import socket
import threading
from collections.abc import Callable

import pytest

from rehearsal.account.sagemaker import container_call, serverless
from rehearsal.account.sagemaker import runtime as sagemaker_runtime
from rehearsal.account.wire_errors import AwsError
from tests.rehearsal.runtime.in_process import (
    CHUNKED,
    OK,
    Start,
    answering,
    part,
    whole_answer,
)


@pytest.fixture
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the limits on a container's time so short that a test can wait for them."""
    monkeypatch.setattr(container_call, "REAL_TIME_LIMIT_SECONDS", 0.15)
    monkeypatch.setattr(container_call, "STREAM_LIMIT_SECONDS", 0.15)


def silent(connection: socket.socket) -> None:
    """Say nothing until the other side gives up."""
    connection.recv(65536)
    connection.recv(1)


def trickling(connection: socket.socket) -> None:
    """Send a byte now and then, so that each is in time and the whole never is."""
    connection.sendall(CHUNKED)
    waiting = threading.Event()
    while True:
        connection.sendall(part(b"x"))
        waiting.wait(0.02)


@pytest.mark.fact(
    "§2 Errors: ModelError is HTTP 424 with OriginalStatusCode, OriginalMessage, LogStreamArn"
)
@pytest.mark.parametrize(
    ("reply", "status", "message"),
    [
        (b"", 0, "could not get a response from the container"),
        (b"HTTP/1.1 2", 0, "could not get a response from the container"),
        (b"nonsense\r\n\r\n", 0, "could not get a response from the container"),
        (OK + b"Content-Length: 10\r\n\r\nhalf", 500, "could not load the entire response body"),
        (CHUNKED + part(b"half"), 500, "could not load the entire response body"),
        (CHUNKED + b"zzz\r\n", 500, "could not load the entire response body"),
        (
            b"HTTP/1.1 422 No\r\nContent-Length: 10\r\n\r\nhalf",
            422,
            "Received client error (422) from primary and could not load the entire response body",
        ),
        (whole_answer(b"no", "503 Busy"), 503, 'Received server error (503) from primary with message "no"'),
        (whole_answer(b"", "302 Found"), 302, "Received client error (302) from primary"),
    ],
)  # fmt: skip
def test_a_container_that_answers_badly_is_a_model_error(
    start: Start, reply: bytes, status: int, message: str
) -> None:
    runtime = start(answering(reply))

    for kind in ("invocations", "invocations-response-stream"):
        if kind != "invocations" and message.startswith("could not load"):
            continue  # a stream has begun by then
        refused = runtime.refusal(kind=kind)

        assert (refused.code, refused.status) == ("ModelError", 424)
        assert refused.members["OriginalStatusCode"] == status
        assert refused.members["LogStreamArn"] == "arn:of:the:stream"
        assert message in refused.message
        assert refused.message.endswith(
            "See /aws/sagemaker/Endpoints/e in account 123456789012 for more information."
        )


def test_a_container_that_is_gone_is_a_model_error(start: Start) -> None:
    runtime = start(silent)
    runtime.host.container.close()

    refused = runtime.refusal()

    assert (refused.code, refused.members["OriginalStatusCode"]) == ("ModelError", 0)
    assert "ConnectionRefusedError" in refused.message


@pytest.mark.fact("§2 Size and time limits: a real-time reply has 60 s, as a whole")
@pytest.mark.parametrize("script", [silent, trickling])
@pytest.mark.usefixtures("in_no_time")
def test_a_container_that_takes_too_long_is_a_model_error(
    start: Start, script: Callable[[socket.socket], None]
) -> None:
    refused = start(script).refusal()

    assert (refused.code, refused.members["OriginalStatusCode"]) == ("ModelError", 0)
    assert str(refused.members["OriginalMessage"]).startswith(
        "Your invocation timed out while waiting for a response from container primary."
    )


@pytest.mark.fact("§2 Size and time limits: 60 s, and 8 min for a stream")
def test_the_limits_on_a_containers_time_are_sagemakers() -> None:
    assert container_call.REAL_TIME_LIMIT_SECONDS == 60
    assert container_call.STREAM_LIMIT_SECONDS == 8 * 60


@pytest.mark.fact("§2 Size and time limits: serverless takes 4 MB both ways; else 6 MB are safe")
@pytest.mark.parametrize(("kind", "limit"), [("real time", 10), ("serverless", 4)])
def test_a_reply_that_is_too_large_is_a_model_error(
    start: Start, monkeypatch: pytest.MonkeyPatch, kind: str, limit: int
) -> None:
    assert (sagemaker_runtime.MAX_BODY_BYTES, serverless.MAX_BODY_BYTES) == (6_291_456, 4_194_304)
    monkeypatch.setattr(sagemaker_runtime, "MAX_BODY_BYTES", 10)
    monkeypatch.setattr(serverless, "MAX_BODY_BYTES", 4)
    sizes = iter([limit, limit + 1])
    runtime = start(lambda connection: connection.sendall(whole_answer(b"x" * next(sizes))))
    runtime.fleet.is_serverless = kind == "serverless"
    variant = {"VariantName": "v", "ServerlessConfig": {"MaxConcurrency": 1}}
    runtime.fleet.configuration["ProductionVariants"] = [variant]

    assert runtime.invoke().get_data() == b"x" * limit
    refused = runtime.refusal()

    assert refused.code == "ModelError"
    assert refused.members["OriginalMessage"] == f"The reply is larger than {limit} bytes."
    assert "could not load the entire response body" in refused.message


# Streams


@pytest.mark.fact("§2 Stream errors: ModelStreamError with ErrorCode StreamBroken")
@pytest.mark.parametrize("ending", [b"", b"5\r\nhal", b"zzz\r\n"])
def test_a_stream_that_is_cut_ends_in_an_error_event(start: Start, ending: bytes) -> None:
    heard = start(answering(CHUNKED + part(b"once ") + part(b"upon") + ending)).stream()

    assert b"".join(heard.parts).startswith(b"once upon")
    assert heard.exception is not None
    kind, members = heard.exception
    assert (kind, members["ErrorCode"]) == ("ModelStreamError", "StreamBroken")
    assert members["Message"] == "The model's stream broke."


@pytest.mark.fact("§2 Stream errors: ModelStreamError with ErrorCode ModelInvocationTimeExceeded")
@pytest.mark.usefixtures("in_no_time")
def test_a_stream_that_takes_too_long_ends_in_an_error_event(start: Start) -> None:
    heard = start(trickling).stream()

    assert heard.parts
    assert heard.exception == (
        "ModelStreamError",
        {
            "Message": "The model took longer for its stream than an invocation may take.",
            "ErrorCode": "ModelInvocationTimeExceeded",
        },
    )


@pytest.mark.fact("§2 Stream errors: InternalStreamFailure is SageMaker's own")
def test_a_stream_that_the_account_breaks_ends_in_an_internal_failure(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_chunk: bytes) -> bytes:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(sagemaker_runtime, "payload_part", broken)

    heard = start(answering(CHUNKED + part(b"x"))).stream()

    message = "the local account failed: ValueError('a fault of ours')"
    assert heard.exception == ("InternalStreamFailure", {"Message": message})


@pytest.mark.usefixtures("in_no_time")
def test_a_stream_that_never_begins_is_a_model_error(start: Start) -> None:
    with pytest.raises(AwsError) as caught:
        start(silent).stream()

    assert caught.value.code == "ModelError"
    assert "timed out" in caught.value.message
