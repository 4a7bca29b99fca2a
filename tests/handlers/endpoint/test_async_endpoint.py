"""A request on its way into an endpoint's queue, over the wire. AWS's own queue is not played here."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.endpoint.async_endpoint import QueuedRequest, result_name
from handlers.errors import (
    BadRequestError,
    EndpointRefusedError,
    InputNotStoredError,
    NotConfirmedError,
    NoTimeLeftError,
    UnansweredError,
)
from handlers.generation_request import CallOptions
from handlers.invocation import Deadline
from tests.handlers.doubles import FakeS3, s3_error
from tests.handlers.endpoint.calls import (
    AMPLE,
    FAILURE_LOCATION,
    RESULT_LOCATION,
    async_endpoint,
    async_failure,
    retries,
)
from tests.handlers.endpoint.test_model_endpoint import passed_on
from tests.handlers.wire_endpoint import WireEndpoint


@pytest.mark.row("too-large")
def test_the_payload_goes_into_the_bucket_and_its_place_to_sagemaker(wire: WireEndpoint) -> None:
    wire.accepts(RESULT_LOCATION, FAILURE_LOCATION)
    s3 = FakeS3()

    queued = async_endpoint(s3).invoke(b'{"inputs": "x"}', "id-1", {}, AMPLE)

    assert queued == QueuedRequest(
        "s3://b/async/inputs/id-1.json", RESULT_LOCATION, FAILURE_LOCATION, attempts=1
    )
    assert s3.objects == {"s3://b/async/inputs/id-1.json": b'{"inputs": "x"}'}
    (request,) = wire.requests
    assert request.path == "/endpoints/genai-dev/async-invocations"
    assert passed_on(request) == {
        "inputlocation": "s3://b/async/inputs/id-1.json",
        "content-type": "application/json",
        "accept": "application/json",
        "inference-id": "id-1",
        "filename": result_name("id-1"),
    }
    assert request.body == b""


def test_what_the_caller_gives_for_sagemaker_passes_through(wire: WireEndpoint) -> None:
    wire.accepts(RESULT_LOCATION, None)
    options = CallOptions(inference_id="of-the-caller", custom_attributes="tenant=7")

    async_endpoint().invoke(b"{}", "id-1", options, AMPLE)

    sent = passed_on(wire.requests[0])
    assert (sent["inference-id"], sent["custom-attributes"]) == ("of-the-caller", "tenant=7")
    # Two callers may give the same id: the result is named by the request's own.
    assert sent["filename"] == result_name("id-1")


def test_what_an_endpoint_with_a_queue_does_not_take_is_refused_before_anything_is_stored(
    wire: WireEndpoint,
) -> None:
    s3 = FakeS3()
    options = CallOptions(target_variant="blue", session_id="NEW_SESSION")

    with pytest.raises(BadRequestError) as caught:
        async_endpoint(s3).invoke(b"{}", "id-1", options, AMPLE)

    assert caught.value.message == (
        "Bad request: target_variant, session_id cannot be used in the mode async."
    )
    assert (s3.objects, wire.requests) == ({}, [])


@settings(deadline=None)
@given(st.text(min_size=1, max_size=64), st.text(min_size=1, max_size=64))
def test_a_result_has_a_name_that_sagemaker_takes_and_no_other_request_has(
    one: str, other: str
) -> None:
    # The pattern and the length in botocore's model of InvokeEndpointAsync.
    assert re.fullmatch(r"(?!.*\..*\.)[a-zA-Z0-9][a-zA-Z0-9-_\.]*", result_name(one))
    assert len(result_name(one)) <= 32
    assert (result_name(one) == result_name(other)) == (one == other)


def test_an_endpoint_without_a_failure_path_names_none(wire: WireEndpoint) -> None:
    wire.accepts(RESULT_LOCATION, None)

    assert async_endpoint().invoke(b"{}", "id-1", {}, AMPLE).failure_location is None


def test_an_acceptance_without_a_place_for_the_result_is_none(wire: WireEndpoint) -> None:
    wire.accepts(None, None)

    error = async_failure()

    assert isinstance(error, EndpointRefusedError)
    assert error.message == (
        "SageMaker took the request for the endpoint genai-dev and did not say where its result will"
        " lie."
    )


def test_without_a_payload_in_the_bucket_sagemaker_is_not_asked(wire: WireEndpoint) -> None:
    s3 = FakeS3()
    s3.fail(s3_error("SlowDown", status=503))

    with pytest.raises(InputNotStoredError):
        async_endpoint(s3).invoke(b"{}", "id-1", {}, AMPLE)

    assert wire.requests == []


def test_without_time_for_an_answer_nothing_is_stored() -> None:
    s3 = FakeS3()

    with pytest.raises(NoTimeLeftError):
        async_endpoint(s3).invoke(b"{}", "id-1", {}, Deadline(lambda: 6_000))

    assert s3.objects == {}


def test_the_bucket_gets_a_part_of_the_time(wire: WireEndpoint) -> None:
    wire.accepts(RESULT_LOCATION, None)
    s3 = FakeS3()

    async_endpoint(s3).invoke(b"{}", "id-1", {}, AMPLE)

    assert [call.seconds for call in s3.calls] == [5.0]


def test_a_request_that_sagemaker_does_not_confirm_is_not_to_be_repeated_blindly(
    wire: WireEndpoint, short_waits: None
) -> None:
    assert short_waits is None
    wire.stays_silent()

    error = async_failure(Deadline(lambda: 6_500))

    assert isinstance(error, NotConfirmedError)
    assert (error.status, error.type, error.retryable) == (504, "not_confirmed", False)
    assert error.message == (
        "SageMaker did not confirm within 1 s that the request is in the queue of the endpoint"
        " genai-dev. It may be: look for its result under its request id before you send it again."
    )
    assert len(wire.requests) == 1


def test_a_confirmation_that_breaks_off_leaves_it_open_whether_the_request_is_in_the_queue(
    wire: WireEndpoint,
) -> None:
    wire.hangs_up(beginning=b"HTTP/1.1 202 Accep")

    error = async_failure()

    assert isinstance(error, NotConfirmedError)
    assert error.message == (
        "The connection broke before SageMaker confirmed that the request is in the queue of the"
        " endpoint genai-dev. It may be: look for its result under its request id before you send it"
        " again."
    )
    assert len(wire.requests) == 1


def test_a_confirmation_whose_body_breaks_off_is_one(wire: WireEndpoint) -> None:
    wire.hangs_up(
        beginning=b"HTTP/1.1 202 Accepted\r\ncontent-length: 99\r\n"
        b"X-Amzn-SageMaker-OutputLocation: s3://b/r.out\r\n\r\n{"
    )

    assert async_endpoint().invoke(b"{}", "id-1", {}, AMPLE).result_location == "s3://b/r.out"


def test_a_connection_that_is_reset_is_tried_again_with_the_payload_stored_once(
    wire: WireEndpoint,
) -> None:
    wire.hangs_up(times=2)
    wire.accepts(RESULT_LOCATION, None)
    s3 = FakeS3()

    queued = async_endpoint(s3).invoke(b"{}", "id-1", {}, AMPLE)

    assert queued.attempts == 3
    assert len(s3.calls) == 1
    assert len({request.headers["x-amzn-sagemaker-filename"] for request in wire.requests}) == 1


def test_a_connection_that_stays_reset_is_retryable(wire: WireEndpoint) -> None:
    wire.hangs_up()

    error = async_failure(how=retries(2))

    assert isinstance(error, UnansweredError)
    assert (error.status, error.retryable, error.attempts) == (503, True, 2)
