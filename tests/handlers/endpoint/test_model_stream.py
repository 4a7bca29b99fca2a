"""A reply as it is written, over the wire, and every way in which it can break."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.errors import (
    AccessDeniedError,
    BadRequestError,
    EndpointThrottledError,
    HandlerError,
    ModelFailedError,
    ModelTimedOutError,
    StreamBrokenError,
    UnexpectedReplyError,
)
from handlers.generation_request import CallOptions
from handlers.invocation import Deadline
from tests.handlers.endpoint.calls import AMPLE, endpoint
from tests.handlers.endpoint.test_model_endpoint import passed_on
from tests.handlers.wire_endpoint import WireEndpoint, exception, message, part


def collected(deadline: Deadline = AMPLE) -> tuple[bytes, HandlerError | None]:
    """What came before the end, and the failure that was the end."""
    text = b""
    try:
        with endpoint().stream(b"{}", "id-1", {}, deadline) as stream:
            for piece in stream:
                text += piece
    except HandlerError as error:
        return text, error
    return text, None


def test_the_parts_arrive_as_they_are_sent(wire: WireEndpoint) -> None:
    wire.streams([part(b"Once"), part(b" upon") + part(b" a time")])

    with endpoint("component").stream(b'{"stream": true}', "id-1", {}, AMPLE) as stream:
        assert (stream.variant, stream.attempts, stream.custom_attributes) == (
            "AllTraffic",
            1,
            None,
        )
        assert list(stream) == [b"Once", b" upon", b" a time"]

    (request,) = wire.requests
    assert request.path == "/endpoints/genai-dev/invocations-response-stream"
    assert request.body == b'{"stream": true}'
    assert passed_on(request) == {
        "accept": "application/json",
        "inference-id": "id-1",
        "inference-component": "component",
    }


@pytest.mark.row("broken-stream")
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.binary(max_size=30), max_size=6), st.lists(st.integers(1, 800), max_size=8))
def test_the_bytes_are_the_containers_however_the_wire_cuts_them(
    wire: WireEndpoint, pieces: list[bytes], cuts: list[int]
) -> None:
    sent = b"".join(part(piece) for piece in pieces)
    edges = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    wire.streams([sent[start:end] for start, end in pairwise(edges)])

    assert collected() == (b"".join(pieces), None)


def test_the_connection_serves_the_next_call(wire: WireEndpoint) -> None:
    for _ in range(3):
        wire.streams([part(b"text")])
        assert collected() == (b"text", None)

    assert wire.connections == 1


def test_a_stream_that_is_left_midway_costs_its_connection_only(wire: WireEndpoint) -> None:
    wire.streams([part(b"one"), part(b"two")])
    with endpoint().stream(b"{}", "id-1", {}, AMPLE) as stream:
        assert next(iter(stream)) == b"one"

    wire.streams([part(b"text")])
    assert collected() == (b"text", None)


@pytest.mark.parametrize(
    ("kind", "members", "said"),
    [
        (
            "ModelStreamError",
            {"Message": "reset by\npeer", "ErrorCode": "StreamBroken"},
            "(ModelStreamError, StreamBroken: reset by peer)",
        ),
        ("InternalStreamFailure", {"Message": "try again"}, "(InternalStreamFailure: try again)"),
        ("SomethingNew", {"message": "words"}, "(SomethingNew: words)"),
        ("InternalStreamFailure", {}, "(InternalStreamFailure)"),
    ],
)
def test_an_error_within_the_stream_comes_after_what_was_written(
    wire: WireEndpoint, kind: str, members: dict[str, str], said: str
) -> None:
    wire.streams([part(b"Once"), exception(kind, **members)])

    text, error = collected()

    assert text == b"Once"
    assert isinstance(error, StreamBrokenError)
    assert error.message == f"The model's stream ended with an error {said}."
    assert (error.status, error.retryable, error.attempts) == (502, True, 1)
    assert len(wire.requests) == 1


def test_an_error_without_a_model_is_known_by_its_headers(wire: WireEndpoint) -> None:
    headers = {":message-type": "error", ":error-code": "Failure", ":error-message": "words"}
    wire.streams([message(headers, b"")])

    _, error = collected()

    assert error is not None
    assert error.message == "The model's stream ended with an error (Failure: words)."


def test_sagemakers_own_time_limit_is_a_timeout(wire: WireEndpoint) -> None:
    members = {"Message": "too long", "ErrorCode": "ModelInvocationTimeExceeded"}
    wire.streams([part(b"Once"), exception("ModelStreamError", **members)])

    text, error = collected()

    assert text == b"Once"
    assert isinstance(error, ModelTimedOutError)
    assert error.message == (
        "The model did not finish its stream within SageMaker's own time limit (ModelStreamError,"
        " ModelInvocationTimeExceeded: too long). Ask for fewer tokens (max_new_tokens)."
    )


def test_a_stream_whose_connection_ends_is_broken(wire: WireEndpoint) -> None:
    wire.streams([part(b"Once"), part(b" upon")[:20]], is_cut=True)

    text, error = collected()

    assert text == b"Once"
    assert isinstance(error, StreamBrokenError)
    assert error.message == "The connection broke while the model's reply was arriving."
    assert len(wire.requests) == 1


@pytest.mark.row("broken-stream")
def test_a_stream_that_ends_within_a_message_is_broken(wire: WireEndpoint) -> None:
    wire.streams([part(b"Once"), part(b" upon")[:20]])

    text, error = collected()

    assert text == b"Once"
    assert isinstance(error, StreamBrokenError)
    assert error.message == "The model's stream ended in the middle of a message."


def test_a_part_that_was_damaged_is_not_passed_on(wire: WireEndpoint) -> None:
    damaged = part(b" upon").replace(b"upon", b"apon")
    wire.streams([part(b"Once"), damaged])

    text, error = collected()

    assert text == b"Once"
    assert isinstance(error, StreamBrokenError)
    assert error.message == (
        "The endpoint genai-dev sent what is not an event stream: a checksum is wrong."
    )


@pytest.mark.row("slow-first-byte")
def test_a_stream_that_stalls_is_given_up_at_the_deadline(
    wire: WireEndpoint, short_waits: None
) -> None:
    assert short_waits is None
    wire.streams([part(b"Once")], stalls=True)

    text, error = collected(Deadline(lambda: 6_500))

    assert text == b"Once"
    assert isinstance(error, ModelTimedOutError)
    assert error.message == (
        "The model did not finish its stream within 1 s, all that the function's own timeout leaves."
        " Ask for fewer tokens (max_new_tokens) or raise that timeout."
    )


def test_a_stream_over_six_mebibytes_is_not_kept_in_memory(wire: WireEndpoint) -> None:
    wire.streams([part(b"x" * 1_000_000)] * 7)

    text, error = collected()

    assert len(text) == 6_000_000
    assert isinstance(error, UnexpectedReplyError)
    assert "larger than 6291456 bytes" in error.message


def test_events_of_another_kind_are_passed_over(wire: WireEndpoint) -> None:
    other = message({":message-type": "event", ":event-type": "Heartbeat"}, b"{}")
    wire.streams([other, part(b"Once"), part(b""), other])

    assert collected() == (b"Once", None)


def test_opening_a_stream_is_repeated_where_nothing_was_generated(wire: WireEndpoint) -> None:
    wire.fails("ThrottlingException", 400, times=2)
    wire.streams([part(b"Once")])

    with endpoint().stream(b"{}", "id-1", {}, AMPLE) as stream:
        assert stream.attempts == 3
        assert list(stream) == [b"Once"]


@pytest.mark.parametrize(
    ("code", "members", "condition", "attempts"),
    [
        ("ModelError", {"OriginalStatusCode": 500}, ModelFailedError, 1),
        ("ThrottlingException", {}, EndpointThrottledError, 3),
    ],
)
def test_a_stream_that_does_not_open_fails_as_a_call_does(
    wire: WireEndpoint,
    code: str,
    members: dict[str, Any],
    condition: type[HandlerError],
    attempts: int,
) -> None:
    wire.fails(code, 424, **members)

    text, error = collected()

    assert text == b""
    assert error is not None
    assert type(error) is condition
    assert (error.attempts, len(wire.requests)) == (attempts, attempts)


def test_a_missing_permission_for_a_stream_is_another_one(wire: WireEndpoint) -> None:
    wire.fails("AccessDeniedException", 403, message="Not authorized")

    _, error = collected()

    assert isinstance(error, AccessDeniedError)
    assert error.message == (
        "Not authorized. Grant sagemaker:InvokeEndpointWithResponseStream on the endpoint genai-dev"
        " to the function's role."
    )


def test_a_stream_cannot_open_a_session(wire: WireEndpoint) -> None:
    options = CallOptions(session_id="NEW_SESSION")

    with pytest.raises(BadRequestError) as caught:
        endpoint().stream(b"{}", "id-1", options, AMPLE)

    assert caught.value.message == "Bad request: a stream cannot open a session (NEW_SESSION)."
    assert wire.requests == []
