"""The endpoint as these tests call it: over the wire, without waiting between attempts."""

import pytest

from handlers.aws.clients import sagemaker_runtime
from handlers.endpoint.async_endpoint import AsyncModelEndpoint
from handlers.endpoint.model_endpoint import ModelEndpoint
from handlers.endpoint.retries import Retries, RetryBudget
from handlers.errors import HandlerError
from handlers.invocation import Deadline
from handlers.storage.bucket import Bucket
from tests.handlers.doubles import FakeS3
from tests.handlers.names import ENDPOINT_NAME

AMPLE = Deadline(lambda: 30_000)
RESULT_LOCATION = "s3://genai-dev-records/async/results/b2c3.out"
FAILURE_LOCATION = "s3://genai-dev-records/async/failures/b2c3-error.out"
NO_CAPACITY = (
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be"
    " in-progress (if configured) or try to increase the capacity by invoking"
    " UpdateInferenceComponentRuntimeConfig API."
)
"""SageMaker's words while an inference component has no copy; source in failures.py."""


def retries(
    attempts: int = 3,
    *,
    repeats_after_timeout: bool = False,
    pauses: list[float] | None = None,
    budget: RetryBudget | None = None,
) -> Retries:
    """As many attempts as given, a budget of their own, and pauses that are noted instead of waited."""
    noted: list[float] = [] if pauses is None else pauses
    return Retries(
        attempts=attempts,
        repeats_after_timeout=repeats_after_timeout,
        budget=budget or RetryBudget(),
        sleep=noted.append,
        random=lambda: 0.5,
    )


def endpoint(
    component: str | None = None, name: str = ENDPOINT_NAME, how: Retries | None = None
) -> ModelEndpoint:
    """The endpoint, asked at most three times."""
    return ModelEndpoint(name, sagemaker_runtime(), component, how or retries())


def async_endpoint(s3: FakeS3 | None = None, how: Retries | None = None) -> AsyncModelEndpoint:
    """The endpoint with a queue."""
    kept = s3 or FakeS3()
    bucket = Bucket("b", lambda: kept)
    return AsyncModelEndpoint(ENDPOINT_NAME, sagemaker_runtime(), bucket, how or retries())


def failure(of: ModelEndpoint | None = None, deadline: Deadline = AMPLE) -> HandlerError:
    """How a call ends that does not succeed."""
    with pytest.raises(HandlerError) as caught:
        (of or endpoint()).invoke(b"{}", "id-1", {}, deadline)
    return caught.value


def async_failure(deadline: Deadline = AMPLE, how: Retries | None = None) -> HandlerError:
    """How a request ends that is not taken into the queue."""
    with pytest.raises(HandlerError) as caught:
        async_endpoint(how=how).invoke(b"{}", "id-1", {}, deadline)
    return caught.value
