"""The call to the endpoint as it goes over the wire, and how it ends when the wire does not hold."""

import time

import pytest

from handlers.endpoint.model_endpoint import ModelReply
from handlers.errors import (
    CredentialsError,
    EndpointUnreachableError,
    HandlerError,
    ModelTimedOutError,
    NoTimeLeftError,
    ReplyCutOffError,
    UnansweredError,
    UnexpectedReplyError,
)
from handlers.generation_request import CallOptions
from handlers.invocation import Deadline
from tests.handlers.endpoint.calls import AMPLE, endpoint, failure, retries
from tests.handlers.wire_endpoint import WireEndpoint, WireRequest, unused_url


def passed_on(request: WireRequest) -> dict[str, str]:
    """SageMaker's own headers, without what they all begin with."""
    beginning = "x-amzn-sagemaker-"
    return {
        name.lower().removeprefix(beginning): value
        for name, value in request.headers.items()
        if name.lower().startswith(beginning)
    }


def test_the_payload_goes_to_the_endpoint_as_json_under_the_requests_id(
    wire: WireEndpoint,
) -> None:
    wire.answers(b'["fox"]' * 100_000, variant="green")

    reply = endpoint().invoke(b'{"inputs": "x"}', "id-1", {}, AMPLE)

    assert reply == ModelReply(b'["fox"]' * 100_000, "green", attempts=1)
    (request,) = wire.requests
    assert (request.method, request.path) == ("POST", "/endpoints/genai-dev/invocations")
    assert request.json() == {"inputs": "x"}
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "application/json"
    assert passed_on(request) == {"inference-id": "id-1"}


def test_an_inference_component_is_named_beside_its_endpoint(wire: WireEndpoint) -> None:
    wire.answers(b"reply")

    endpoint("genai-dev-component").invoke(b"{}", "id-1", {}, AMPLE)

    assert wire.requests[0].path == "/endpoints/genai-dev/invocations"
    assert passed_on(wire.requests[0])["inference-component"] == "genai-dev-component"


def test_what_the_caller_gives_for_sagemaker_passes_through(wire: WireEndpoint) -> None:
    wire.answers(b"reply")
    options = CallOptions(
        target_variant="blue",
        inference_component="of-the-caller",
        session_id="NEW_SESSION",
        inference_id="of-the-caller-1",
        custom_attributes="tenant=7",
    )

    endpoint("genai-dev-component").invoke(b"{}", "id-1", options, AMPLE)

    assert passed_on(wire.requests[0]) == {
        "target-variant": "blue",
        "inference-component": "of-the-caller",
        "session-id": "NEW_SESSION",
        "inference-id": "of-the-caller-1",
        "custom-attributes": "tenant=7",
    }


def test_what_sagemaker_gives_back_for_the_caller_arrives(wire: WireEndpoint) -> None:
    wire.answers(
        b"reply",
        headers={
            "X-Amzn-SageMaker-New-Session-Id": "0123-abcd; Expires=2026-11-25T12:00:00Z",
            "X-Amzn-SageMaker-Custom-Attributes": "trace=1",
        },
    )

    reply = endpoint().invoke(b"{}", "id-1", {}, AMPLE)

    assert (reply.session_id, reply.custom_attributes) == ("0123-abcd", "trace=1")


def test_an_empty_reply_arrives_without_a_fuss_in_the_log(
    wire: WireEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    wire.answers(b"")

    assert endpoint().invoke(b"{}", "id-1", {}, AMPLE).body == b""
    assert caplog.records == []


def test_one_connection_serves_many_calls(wire: WireEndpoint) -> None:
    wire.answers(b"reply")

    for _ in range(5):
        endpoint().invoke(b"{}", "id-1", {}, AMPLE)

    assert wire.connections == 1


def test_without_time_for_an_answer_nothing_is_asked(wire: WireEndpoint) -> None:
    error = failure(deadline=Deadline(lambda: 6_000))

    assert isinstance(error, NoTimeLeftError)
    assert error.attempts == 0
    assert wire.requests == []


@pytest.mark.row("no-answer")
def test_a_silent_model_is_given_up_in_time_and_asked_only_once(
    wire: WireEndpoint, short_waits: None
) -> None:
    assert short_waits is None
    wire.stays_silent()

    before = time.monotonic()
    error = failure(deadline=Deadline(lambda: 6_500))

    assert isinstance(error, ModelTimedOutError)
    assert (error.status, error.retryable, error.attempts) == (504, False, 1)
    assert error.message == (
        "The model did not answer within 1 s, all that the function's own timeout leaves. Ask for"
        " fewer tokens (max_new_tokens) or raise that timeout."
    )
    assert len(wire.requests) == 1
    assert time.monotonic() - before < 1


def test_a_reply_that_stalls_midway_is_given_up_at_the_same_moment(
    wire: WireEndpoint, short_waits: None
) -> None:
    assert short_waits is None
    wire.stalls_midway(b"x" * 1000)

    error = failure(deadline=Deadline(lambda: 6_500))

    assert isinstance(error, ModelTimedOutError)
    assert len(wire.requests) == 1


def test_a_model_may_be_asked_again_after_a_timeout_when_told_so(
    wire: WireEndpoint, short_waits: None
) -> None:
    assert short_waits is None
    wire.stays_silent(times=1)
    wire.answers(b"reply")
    how = retries(repeats_after_timeout=True)

    reply = endpoint(how=how).invoke(b"{}", "id-1", {}, Deadline(lambda: 7_000))

    assert reply == ModelReply(b"reply", "AllTraffic", attempts=2)


@pytest.mark.row("slow-first-byte")
def test_a_slow_first_byte_is_waited_for(wire: WireEndpoint) -> None:
    wire.answers(b"reply", after_seconds=0.2)

    assert endpoint().invoke(b"{}", "id-1", {}, AMPLE).body == b"reply"


def test_a_reply_cut_off_midway_is_not_taken_for_whole_nor_generated_again(
    wire: WireEndpoint,
) -> None:
    wire.breaks_off_midway(b'[{"generated_text": "fox"}]')

    error = failure()

    assert isinstance(error, ReplyCutOffError)
    assert (error.status, error.retryable) == (502, True)
    assert error.message == "The connection broke while the model's reply was arriving."
    assert len(wire.requests) == 1


@pytest.mark.row("no-connection")
def test_a_connection_that_is_reset_is_tried_again_and_then_retryable(wire: WireEndpoint) -> None:
    wire.hangs_up()

    error = failure()

    assert isinstance(error, UnansweredError)
    assert (error.status, error.retryable, error.attempts) == (503, True, 3)
    assert len(wire.requests) == 3


@pytest.mark.row("no-connection")
def test_a_connection_that_is_refused_is_retryable(
    wire: WireEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", unused_url())

    error = failure()

    assert isinstance(error, EndpointUnreachableError)
    assert (error.status, error.retryable, error.attempts) == (503, True, 3)
    assert error.message == (
        "No answer over the connection to SageMaker's runtime for the endpoint genai-dev"
        " (ConnectionRefusedError). In a VPC the function needs a route to it: an interface endpoint"
        " for sagemaker.runtime, or a NAT gateway."
    )
    assert wire.requests == []


def test_missing_credentials_are_named_as_such(
    wire: WireEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    error = failure()

    assert isinstance(error, CredentialsError)
    assert error.message == (
        "The function has no AWS credentials: the environment has no AWS credentials. On Lambda they"
        " come from the function's role."
    )
    assert wire.requests == []


@pytest.mark.row("strange-reply")
def test_a_reply_over_six_mebibytes_is_not_kept_in_memory(wire: WireEndpoint) -> None:
    wire.answers(b"x" * 6_291_457)

    error = failure()

    assert isinstance(error, UnexpectedReplyError)
    assert error.message == (
        "The endpoint's reply is larger than 6291456 bytes. Ask for fewer tokens (max_new_tokens)."
    )


def test_a_name_that_is_no_path_stays_one_segment_of_it(wire: WireEndpoint) -> None:
    wire.answers(b"reply")

    endpoint(name="../a b").invoke(b"{}", "id-1", {}, AMPLE)

    assert wire.requests[0].path == "/endpoints/..%2Fa%20b/invocations"


@pytest.mark.parametrize("deadline", [AMPLE])
def test_every_failure_says_how_often_the_endpoint_was_asked(
    wire: WireEndpoint, deadline: Deadline
) -> None:
    wire.fails("ValidationError", 400, message="Endpoint genai-dev of account 1 not found.")

    error: HandlerError = failure(deadline=deadline)

    assert error.attempts == 1
