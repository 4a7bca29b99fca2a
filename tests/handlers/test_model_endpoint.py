"""The call to the endpoint as it goes over the wire, and how it ends when the wire does not hold."""

import time
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from handlers.clients import SageMakerRuntimeClient, sagemaker_runtime
from handlers.deadline import Deadline
from handlers.errors import (
    AccessDeniedError,
    CredentialsError,
    EndpointThrottledError,
    EndpointUnavailableError,
    EndpointUnreachableError,
    EndpointWakingError,
    HandlerError,
    ModelRejectedRequestError,
    ModelTimedOutError,
    NoTimeLeftError,
    ReplyCutOffError,
    UnexpectedReplyError,
)
from handlers.model_endpoint import ModelEndpoint, ModelReply
from tests.handlers.doubles import NO_CAPACITY, FakeRuntime, streamed, stubbed_runtime
from tests.handlers.wire_endpoint import WireEndpoint, unused_url

OVER_THE_WIRE = ModelEndpoint("genai-dev", sagemaker_runtime)
AMPLE = Deadline(lambda: 30_000)


def ending_in(seconds: float) -> Deadline:
    end = time.monotonic() + seconds
    return Deadline(lambda: max(0, int((end - time.monotonic()) * 1000)))


def failure(endpoint: ModelEndpoint = OVER_THE_WIRE, deadline: Deadline = AMPLE) -> HandlerError:
    with pytest.raises(HandlerError) as caught:
        endpoint.invoke(b"{}", "id-1", deadline)
    return caught.value


def test_the_payload_goes_to_the_endpoint_as_json_under_the_requests_id() -> None:
    with stubbed_runtime() as (client, stubber):
        stubber.add_response(
            "invoke_endpoint",
            streamed(b"reply", variant="blue"),
            {
                "EndpointName": "genai-dev",
                "Body": b'{"inputs": "x"}',
                "ContentType": "application/json",
                "Accept": "application/json",
                "InferenceId": "id-1",
            },
        )

        reply = ModelEndpoint("genai-dev", lambda _seconds: client).invoke(
            b'{"inputs": "x"}', "id-1", AMPLE
        )

    assert reply == ModelReply(b"reply", "blue")


def test_a_reply_arrives_over_the_wire(wire: WireEndpoint) -> None:
    wire.answers(b'["fox"]' * 100_000, variant="green")

    reply = OVER_THE_WIRE.invoke(b'{"inputs": "x"}', "id-1", AMPLE)

    assert reply == ModelReply(b'["fox"]' * 100_000, "green")
    assert wire.requests[0].path == "/endpoints/genai-dev/invocations"
    assert wire.requests[0].headers["X-Amzn-SageMaker-Inference-Id"] == "id-1"
    assert wire.requests[0].json() == {"inputs": "x"}


def test_an_inference_component_is_named_beside_its_endpoint(wire: WireEndpoint) -> None:
    wire.answers(b"reply")
    endpoint = ModelEndpoint("genai-dev", sagemaker_runtime, "genai-dev-component")

    endpoint.invoke(b"{}", "id-1", AMPLE)

    assert wire.requests[0].path == "/endpoints/genai-dev/invocations"
    assert wire.requests[0].headers["X-Amzn-SageMaker-Inference-Component"] == (
        "genai-dev-component"
    )


def test_without_an_inference_component_none_is_named(wire: WireEndpoint) -> None:
    wire.answers(b"reply")

    OVER_THE_WIRE.invoke(b"{}", "id-1", AMPLE)

    assert "X-Amzn-SageMaker-Inference-Component" not in wire.requests[0].headers


def test_an_empty_reply_arrives_without_a_fuss_in_the_log(
    wire: WireEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    wire.answers(b"")

    assert OVER_THE_WIRE.invoke(b"{}", "id-1", AMPLE).body == b""
    assert caplog.records == []


@pytest.mark.parametrize(
    ("milliseconds_left", "read_timeout_seconds"), [(30_000, 24), (900_000, 70)]
)
def test_the_client_waits_for_the_model_as_long_as_the_function_may_run(
    milliseconds_left: int, read_timeout_seconds: int
) -> None:
    asked: list[int] = []

    def client_for(seconds: int) -> SageMakerRuntimeClient:
        asked.append(seconds)
        return FakeRuntime(b"{}")

    endpoint = ModelEndpoint("genai-dev", client_for)
    endpoint.invoke(b"{}", "id-1", Deadline(lambda: milliseconds_left))

    assert asked == [read_timeout_seconds]


def test_without_time_for_an_answer_nothing_is_asked() -> None:
    runtime = FakeRuntime(b"{}")
    endpoint = ModelEndpoint("genai-dev", lambda _seconds: runtime)

    assert isinstance(failure(endpoint, Deadline(lambda: 6_000)), NoTimeLeftError)
    assert runtime.calls == []


def test_a_silent_model_is_given_up_in_time_and_asked_only_once(wire: WireEndpoint) -> None:
    wire.stays_silent()

    before = time.monotonic()
    error = failure(deadline=ending_in(7))
    elapsed_seconds = time.monotonic() - before

    assert isinstance(error, ModelTimedOutError)
    assert (error.status, error.retryable) == (504, False)
    assert "did not answer within 1 s" in error.message
    assert len(wire.requests) == 1
    assert elapsed_seconds < 3


def test_a_reply_that_stalls_midway_is_given_up_at_the_same_moment(wire: WireEndpoint) -> None:
    wire.stalls_midway(b"x" * 1000)

    before = time.monotonic()
    error = failure(deadline=_stalling_deadline())

    assert isinstance(error, ModelTimedOutError)
    assert time.monotonic() - before < 2


def _stalling_deadline() -> Deadline:
    """Ten seconds for the headers, and then all but a few milliseconds are gone."""
    answers = iter([15_500, 3_800])
    return Deadline(lambda: next(answers, 0))


def test_a_reply_that_is_still_arriving_at_the_deadline_is_given_up() -> None:
    answers = iter([30_000])
    endpoint = ModelEndpoint("genai-dev", lambda _seconds: FakeRuntime(b"x" * 100_000))

    error = failure(endpoint, Deadline(lambda: next(answers, 3_000)))

    assert isinstance(error, ModelTimedOutError)
    assert "still arriving" in error.message


def test_a_reply_cut_off_midway_is_not_taken_for_whole(wire: WireEndpoint) -> None:
    wire.breaks_off_midway(b'[{"generated_text": "fox"}]')

    error = failure()

    assert isinstance(error, ReplyCutOffError)
    assert (error.status, error.retryable) == (502, True)


def test_a_connection_that_is_reset_is_retryable(wire: WireEndpoint) -> None:
    wire.hangs_up()

    error = failure()

    assert isinstance(error, EndpointUnreachableError)
    assert (error.status, error.retryable) == (503, True)
    assert len(wire.requests) == 1


def test_a_connection_that_is_refused_is_retryable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", unused_url())
    uncached: Any = sagemaker_runtime.__wrapped__

    error = failure(ModelEndpoint("genai-dev", uncached))

    assert isinstance(error, EndpointUnreachableError)
    assert (error.status, error.retryable) == (503, True)
    assert "EndpointConnectionError" in error.message


def test_missing_credentials_are_named_as_such() -> None:
    runtime = FakeRuntime(NoCredentialsError())

    error = failure(ModelEndpoint("genai-dev", lambda _seconds: runtime))

    assert isinstance(error, CredentialsError)
    assert "The function has no AWS credentials" in error.message


@pytest.mark.parametrize(
    ("code", "status", "members", "condition"),
    [
        (
            "ModelError",
            424,
            {"Message": "m", "OriginalStatusCode": 400, "OriginalMessage": "too hot"},
            ModelRejectedRequestError,
        ),
        ("ThrottlingException", 400, {"Message": "Rate exceeded"}, EndpointThrottledError),
        ("ModelNotReadyException", 429, {"Message": "Model not ready"}, EndpointUnavailableError),
        ("ValidationError", 400, {"Message": NO_CAPACITY}, EndpointWakingError),
        ("AccessDeniedException", 403, {"Message": "not authorized"}, AccessDeniedError),
    ],
)
def test_errors_are_known_by_their_wire_format(
    wire: WireEndpoint,
    code: str,
    status: int,
    members: dict[str, Any],
    condition: type[HandlerError],
) -> None:
    wire.fails(code, status, **members)

    assert type(failure()) is condition
    assert len(wire.requests) == 1


def test_a_reply_over_six_mebibytes_is_not_kept_in_memory() -> None:
    endpoint = ModelEndpoint("genai-dev", lambda _seconds: FakeRuntime(b"x" * 7_000_000))

    error = failure(endpoint)

    assert isinstance(error, UnexpectedReplyError)
    assert "larger than 6291456 bytes" in error.message
