"""A request on its way into an endpoint's queue, over the wire. AWS's own queue is not played here."""

import time

import pytest

from handlers.async_endpoint import AsyncModelEndpoint, QueuedRequest
from handlers.async_inputs import AsyncInputs
from handlers.bucket import Bucket
from handlers.clients import sagemaker_runtime
from handlers.deadline import Deadline
from handlers.errors import (
    EndpointUnreachableError,
    HandlerError,
    InputNotStoredError,
    NotConfirmedError,
    NoTimeLeftError,
)
from tests.handlers.doubles import FAILURE_LOCATION, RESULT_LOCATION, FakeRuntime, FakeS3
from tests.handlers.wire_endpoint import WireEndpoint

AMPLE = Deadline(lambda: 30_000)


def endpoint(s3: FakeS3) -> AsyncModelEndpoint:
    return AsyncModelEndpoint("genai-dev", sagemaker_runtime, AsyncInputs(Bucket("b", lambda: s3)))


def failure(deadline: Deadline = AMPLE) -> HandlerError:
    with pytest.raises(HandlerError) as caught:
        endpoint(FakeS3()).invoke(b"{}", "id-1", deadline)
    return caught.value


def test_the_payload_goes_into_the_bucket_and_its_place_to_sagemaker(wire: WireEndpoint) -> None:
    wire.accepts(RESULT_LOCATION, FAILURE_LOCATION)
    s3 = FakeS3()

    queued = endpoint(s3).invoke(b'{"inputs": "x"}', "id-1", AMPLE)

    assert queued == QueuedRequest(
        "s3://b/async/inputs/id-1.json", RESULT_LOCATION, FAILURE_LOCATION
    )
    assert s3.objects == {"s3://b/async/inputs/id-1.json": b'{"inputs": "x"}'}
    (request,) = wire.requests
    assert request.path == "/endpoints/genai-dev/async-invocations"
    sent = {name.lower(): value for name, value in request.headers.items()}
    assert {name: sent[name] for name in sent if name.startswith("x-amzn-sagemaker-")} == {
        "x-amzn-sagemaker-inputlocation": "s3://b/async/inputs/id-1.json",
        "x-amzn-sagemaker-content-type": "application/json",
        "x-amzn-sagemaker-accept": "application/json",
        "x-amzn-sagemaker-inference-id": "id-1",
    }
    assert request.body == b""


def test_an_endpoint_without_a_failure_path_names_none(wire: WireEndpoint) -> None:
    wire.accepts(RESULT_LOCATION, None)

    assert endpoint(FakeS3()).invoke(b"{}", "id-1", AMPLE).failure_location is None


def test_without_a_payload_in_the_bucket_sagemaker_is_not_asked(wire: WireEndpoint) -> None:
    def fail() -> None:
        raise TimeoutError

    with pytest.raises(InputNotStoredError):
        endpoint(FakeS3(before=fail)).invoke(b"{}", "id-1", AMPLE)

    assert wire.requests == []


def test_without_time_for_an_answer_nothing_is_stored() -> None:
    s3 = FakeS3()

    with pytest.raises(NoTimeLeftError):
        endpoint(s3).invoke(b"{}", "id-1", Deadline(lambda: 6_000))

    assert s3.objects == {}


def test_the_time_that_the_bucket_took_is_not_left_for_sagemaker() -> None:
    milliseconds_left = iter([30_000, 26_500])
    asked: list[int] = []

    def client_for(seconds: int) -> FakeRuntime:
        asked.append(seconds)
        return FakeRuntime()

    slow_bucket = AsyncModelEndpoint("genai-dev", client_for, AsyncInputs(Bucket("b", FakeS3)))
    slow_bucket.invoke(b"{}", "id-1", Deadline(lambda: next(milliseconds_left)))

    assert asked == [21]


def test_a_request_that_sagemaker_does_not_confirm_is_not_to_be_repeated_blindly(
    wire: WireEndpoint,
) -> None:
    wire.stays_silent()
    end = time.monotonic() + 7

    error = failure(Deadline(lambda: max(0, int((end - time.monotonic()) * 1000))))

    assert isinstance(error, NotConfirmedError)
    assert (error.status, error.type, error.retryable) == (504, "not_confirmed", False)
    assert error.message == (
        "SageMaker did not confirm within 1 s that the request is in the queue of the endpoint"
        " genai-dev. It may be: look for its result under its request id before you send it again."
    )
    assert len(wire.requests) == 1


def test_a_connection_that_is_reset_is_retryable(wire: WireEndpoint) -> None:
    wire.hangs_up()

    error = failure()

    assert isinstance(error, EndpointUnreachableError)
    assert (error.status, error.retryable) == (503, True)
