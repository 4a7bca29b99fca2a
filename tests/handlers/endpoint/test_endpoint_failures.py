"""What each error of SageMaker means for the caller, over the wire."""

from typing import Any

import pytest

from handlers.errors import (
    AccessDeniedError,
    CredentialsError,
    EndpointMissingError,
    EndpointNotInServiceError,
    EndpointRefusedError,
    EndpointThrottledError,
    EndpointUnavailableError,
    EndpointWakingError,
    HandlerError,
    ModelFailedError,
    ModelRejectedRequestError,
    ModelTimedOutError,
)
from tests.handlers.endpoint import calls
from tests.handlers.endpoint.calls import NO_CAPACITY, endpoint
from tests.handlers.wire_endpoint import WireEndpoint


def failure(
    wire: WireEndpoint,
    code: str,
    message: str = "",
    status: int = 400,
    *,
    members: dict[str, Any] | None = None,
    component: str | None = None,
) -> HandlerError:
    """What the caller learns of an error answer."""
    wire.fails(code, status, Message=message, **(members or {}))
    return calls.failure(endpoint(component))


def async_failure(wire: WireEndpoint, code: str, message: str, status: int = 400) -> HandlerError:
    """What the caller learns of an error answer to InvokeEndpointAsync."""
    wire.fails(code, status, Message=message)
    return calls.async_failure()


def model_error(wire: WireEndpoint, status: int, message: str = "no") -> HandlerError:
    """What the caller learns of a container's own error."""
    return failure(
        wire,
        "ModelError",
        f"Received server error ({status}) from primary",
        424,
        members={
            "OriginalStatusCode": status,
            "OriginalMessage": message,
            "LogStreamArn": "arn:logs",
        },
    )


@pytest.mark.parametrize(
    ("code", "http_status", "condition", "status"),
    [
        ("ModelNotReadyException", 429, EndpointUnavailableError, 503),
        ("ServiceUnavailable", 503, EndpointUnavailableError, 503),
        ("InternalFailure", 500, EndpointUnavailableError, 503),
        ("InternalDependencyException", 530, EndpointUnavailableError, 503),
        ("SomethingNew", 500, EndpointUnavailableError, 503),
        ("ThrottlingException", 400, EndpointThrottledError, 429),
    ],
)
def test_what_passes_by_itself_is_retryable(
    wire: WireEndpoint, code: str, http_status: int, condition: type[HandlerError], status: int
) -> None:
    error = failure(wire, code, status=http_status)

    assert (type(error), error.status, error.retryable) == (condition, status, True)


@pytest.mark.parametrize("status", [400, 500])
def test_a_containers_stack_trace_stays_behind(wire: WireEndpoint, status: int) -> None:
    trace = 'Traceback (most recent call last):\n  File "/opt/ml/model/code/inference.py", line 9'

    error = model_error(wire, status, f"weights are damaged\n{trace}")

    assert error.message.endswith(f"({status}): weights are damaged")


@pytest.mark.row("model-refuses")
@pytest.mark.parametrize("status", [400, 404, 413, 422])
def test_a_request_that_the_container_refuses_comes_back_with_its_words(
    wire: WireEndpoint, status: int
) -> None:
    error = model_error(wire, status, "max_new_tokens\nmust be below 100")

    assert isinstance(error, ModelRejectedRequestError)
    assert (error.status, error.retryable) == (422, False)
    assert error.message == (
        f"The model's container refused the request ({status}): max_new_tokens must be below 100"
    )


@pytest.mark.row("model-fails")
@pytest.mark.parametrize("status", [500, 503, 507])
def test_a_failing_container_is_a_bad_gateway(wire: WireEndpoint, status: int) -> None:
    error = model_error(wire, status, "CUDA out of memory")

    assert isinstance(error, ModelFailedError)
    assert (error.status, error.retryable) == (502, True)
    assert error.message == f"The model's container failed ({status}): CUDA out of memory"


def test_an_overloaded_container_throttles(wire: WireEndpoint) -> None:
    error = model_error(wire, 429, "Model is overloaded")

    assert isinstance(error, EndpointThrottledError)
    assert error.message == "The model's container is overloaded: Model is overloaded"


def test_sagemakers_own_time_limit_is_a_timeout(wire: WireEndpoint) -> None:
    error = model_error(
        wire, 0, "Your invocation timed out while waiting for a response from container"
    )

    assert isinstance(error, ModelTimedOutError)
    assert (error.status, error.retryable) == (504, False)


def test_the_containers_log_is_named_for_the_record(wire: WireEndpoint) -> None:
    assert model_error(wire, 500).record_details == {"log_stream_arn": "arn:logs"}


def test_a_containers_long_message_is_cut(wire: WireEndpoint) -> None:
    assert len(model_error(wire, 500, "x" * 100_000).message) < 600


def test_a_model_error_without_details_is_a_failing_container(wire: WireEndpoint) -> None:
    error = failure(wire, "ModelError", "Received server error", 424)

    assert isinstance(error, ModelFailedError)
    assert error.message.endswith("Received server error")
    assert error.record_details == {}


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_a_missing_permission_names_action_and_resource_and_how_to_grant_it(
    wire: WireEndpoint, code: str
) -> None:
    aws_says = (
        "User: arn:aws:sts::123456789012:assumed-role/fn/fn is not authorized to perform:"
        " sagemaker:InvokeEndpoint on resource:"
        " arn:aws:sagemaker:us-east-1:123456789012:endpoint/genai-dev because no identity-based"
        " policy allows the sagemaker:InvokeEndpoint action"
    )

    error = failure(wire, code, aws_says, 403)

    assert isinstance(error, AccessDeniedError)
    assert (error.status, error.retryable) == (500, False)
    assert error.message == (
        f"{aws_says}. Grant sagemaker:InvokeEndpoint on the endpoint genai-dev to the function's"
        " role."
    )


@pytest.mark.row("no-endpoint")
def test_an_endpoint_that_does_not_exist_says_what_to_do(wire: WireEndpoint) -> None:
    error = failure(
        wire, "ValidationError", "Endpoint genai-dev of account 123456789012 not found."
    )

    assert isinstance(error, EndpointMissingError)
    assert (error.status, error.retryable) == (503, False)
    assert error.message == (
        "SageMaker says: Endpoint genai-dev of account 123456789012 not found. Deploy the stack with"
        " genai:endpoint:enabled true, or correct GENAI_ENDPOINT_NAME (it is genai-dev)."
    )


def test_a_missing_inference_component_may_be_misnamed_too(wire: WireEndpoint) -> None:
    error = failure(wire, "ValidationError", "Inference component c-1 not found.", component="c-1")

    assert isinstance(error, EndpointMissingError)
    assert error.message.endswith(
        "correct GENAI_ENDPOINT_NAME (it is genai-dev) or GENAI_INFERENCE_COMPONENT_NAME (it is"
        " c-1)."
    )


def test_an_endpoint_that_scaled_to_zero_says_that_it_wakes_up_and_when_to_try_again(
    wire: WireEndpoint,
) -> None:
    error = failure(wire, "ValidationError", NO_CAPACITY)

    assert isinstance(error, EndpointWakingError)
    assert (error.status, error.type, error.retryable) == (202, "endpoint_waking", True)
    assert error.retry_after_seconds == 60
    assert error.message == (
        "The endpoint genai-dev has scaled to zero. This request wakes it up, within minutes. Try"
        " again in 60 s, and until it answers."
    )


@pytest.mark.parametrize(
    ("code", "seconds"),
    [("ThrottlingException", 5), ("ServiceUnavailable", 10), ("ModelError", None)],
)
def test_a_condition_says_when_to_try_again_where_that_is_known(
    wire: WireEndpoint, code: str, seconds: int | None
) -> None:
    assert failure(wire, code).retry_after_seconds == seconds


def test_a_missing_permission_names_the_inference_component_too(wire: WireEndpoint) -> None:
    error = failure(wire, "AccessDeniedException", "Not authorized", 403, component="c-1")

    assert error.message == (
        "Not authorized. Grant sagemaker:InvokeEndpoint on the endpoint genai-dev and on the"
        " inference component c-1 to the function's role."
    )


def test_a_missing_permission_for_an_asynchronous_request_is_another_one(
    wire: WireEndpoint,
) -> None:
    error = async_failure(wire, "AccessDeniedException", "Not authorized", 403)

    assert isinstance(error, AccessDeniedError)
    assert error.message == (
        "Not authorized. Grant sagemaker:InvokeEndpointAsync on the endpoint genai-dev to the"
        " function's role."
    )


# AWS's words for this are not published: these are made up.
def test_an_endpoint_without_a_queue_is_not_for_the_mode_async(wire: WireEndpoint) -> None:
    error = async_failure(wire, "ValidationError", "Endpoint genai-dev is not asynchronous.")

    assert isinstance(error, EndpointRefusedError)
    assert error.message == (
        "SageMaker says: Endpoint genai-dev is not asynchronous. The function's mode is async"
        " (GENAI_MODE) and the endpoint genai-dev seems to be of the other kind: deploy both with"
        " the same genai:endpoint:mode."
    )


def test_an_endpoint_with_a_queue_is_not_for_the_other_modes(wire: WireEndpoint) -> None:
    error = failure(wire, "ValidationError", "Use InvokeEndpointAsync for the endpoint genai-dev.")

    assert isinstance(error, EndpointRefusedError)
    assert "The function's mode is not async (GENAI_MODE)" in error.message


def test_async_in_an_endpoints_name_means_nothing(wire: WireEndpoint) -> None:
    wire.fails("ValidationError", 400, Message="my-async: bad input.")

    error = calls.failure(endpoint(name="my-async"))

    assert isinstance(error, EndpointRefusedError)
    assert error.message == (
        "SageMaker refused the call to the endpoint my-async (ValidationError): my-async: bad input."
    )


@pytest.mark.parametrize(
    ("code", "message", "condition"),
    [
        ("ThrottlingException", "Rate exceeded", EndpointThrottledError),
        ("ServiceUnavailable", "", EndpointUnavailableError),
        ("ValidationError", "Endpoint genai-dev of account 1 not found.", EndpointMissingError),
        ("ValidationError", "Endpoint genai-dev is not InService.", EndpointNotInServiceError),
    ],
)
def test_what_ails_an_endpoint_is_the_same_in_the_mode_async(
    wire: WireEndpoint, code: str, message: str, condition: type[HandlerError]
) -> None:
    assert type(async_failure(wire, code, message)) is condition


@pytest.mark.row("no-endpoint")
@pytest.mark.parametrize("words", ["is not InService", "not in service"])
def test_an_endpoint_that_is_not_in_service_says_what_to_wait_for(
    wire: WireEndpoint, words: str
) -> None:
    error = failure(wire, "ValidationError", f"Endpoint genai-dev {words}.")

    assert isinstance(error, EndpointNotInServiceError)
    assert (error.status, error.retryable) == (503, True)
    assert "Wait until the endpoint genai-dev is InService" in error.message


@pytest.mark.parametrize("code", ["ValidationError", "SomethingNew"])
def test_any_other_refusal_is_passed_on(wire: WireEndpoint, code: str) -> None:
    error = failure(wire, code, "Inference Component Name header is required")

    assert isinstance(error, EndpointRefusedError)
    assert (error.status, error.retryable) == (502, False)
    assert error.message == (
        f"SageMaker refused the call to the endpoint genai-dev ({code}):"
        " Inference Component Name header is required"
    )


@pytest.mark.parametrize("code", ["ExpiredTokenException", "UnrecognizedClientException"])
def test_credentials_that_aws_does_not_accept_are_named_as_such(
    wire: WireEndpoint, code: str
) -> None:
    error = failure(wire, code, status=403)

    assert isinstance(error, CredentialsError)
    assert error.message == f"AWS does not accept the function's credentials ({code})."
