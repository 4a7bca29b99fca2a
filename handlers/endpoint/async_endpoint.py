"""One request handed to an asynchronous endpoint: its payload into the bucket, its place to SageMaker."""

import contextlib
import hashlib
from dataclasses import dataclass, field, replace

from handlers.aws.errors import CallFailedError
from handlers.aws.sagemaker_runtime import SageMakerRuntime
from handlers.endpoint.failures import EndpointCall, failure_of
from handlers.endpoint.retries import Retries
from handlers.errors import BadRequestError, EndpointRefusedError
from handlers.generation_request import CallOptions
from handlers.invocation import CONNECT_TIMEOUT_SECONDS, Deadline
from handlers.storage.bucket import Bucket
from handlers.storage.later import keep_payload
from handlers.time_limit import TimeLimit

_LARGEST_ANSWER_BYTES = 65_536
_UNKNOWN_OPTIONS = ("target_variant", "inference_component", "session_id")
"""What InvokeEndpointAsync does not take."""


@dataclass(frozen=True)
class QueuedRequest:
    """A request that SageMaker took into an endpoint's queue. All locations are S3 URIs."""

    input_location: str
    """Where the payload lies."""
    result_location: str
    """Where the container's reply will lie, if it succeeds."""
    failure_location: str | None
    """Where the error will lie, if it fails; None when SageMaker did not say."""
    attempts: int = 1
    """How often the endpoint was asked."""


@dataclass(frozen=True)
class AsyncModelEndpoint:
    """A SageMaker endpoint with a queue, by name."""

    name: str
    runtime: SageMakerRuntime
    bucket: Bucket
    """Where payloads wait until SageMaker fetches them."""
    retries: Retries = field(default_factory=Retries)

    def invoke(
        self,
        payload: bytes,
        inference_id: str,
        options: CallOptions,
        deadline: Deadline,
        *,
        is_once: bool = False,
    ) -> QueuedRequest:
        """Store the payload (JSON) and have it queued.

        `inference_id` (1 to 64 printable characters) names the payload and the result. It also names
        the request in SageMaker's notifications, unless the options have another for them.
        Raises the HandlerError that says what S3, SageMaker or the connection did.
        """
        if unknown := [name for name in _UNKNOWN_OPTIONS if name in options]:
            raise BadRequestError(
                f"Bad request: {', '.join(unknown)} cannot be used in the mode async."
            )
        headers = {
            "inference-id": options.get("inference_id") or inference_id,
            "filename": result_name(inference_id),
        }
        if "custom_attributes" in options:
            headers["custom-attributes"] = options["custom_attributes"]
        # SageMaker takes up to 128,000 bytes in the call itself. The bucket takes any payload the same
        # way, keeps it for whoever looks into a failure, and is what every Region's endpoints know.
        seconds = deadline.input_seconds()
        input_location = keep_payload(self.bucket, inference_id, payload, seconds)
        call = EndpointCall(self.name, "InvokeEndpointAsync")

        def ask() -> QueuedRequest:
            seconds = deadline.read_timeout_seconds()
            limit = TimeLimit.of(seconds + CONNECT_TIMEOUT_SECONDS, seconds)
            try:
                reply = self.runtime.invoke_endpoint_async(
                    self.name, input_location, headers, limit
                )
            except CallFailedError as error:
                raise failure_of(error, call, seconds) from error
            # All that matters is in the headers.
            with reply, contextlib.suppress(CallFailedError):
                reply.read(_LARGEST_ANSWER_BYTES)
            result_location = reply.headers.get("x-amzn-sagemaker-outputlocation")
            if not result_location:
                raise EndpointRefusedError(
                    f"SageMaker took the request for the endpoint {self.name} and did not say where"
                    " its result will lie."
                )
            failure_location = reply.headers.get("x-amzn-sagemaker-failurelocation")
            return QueuedRequest(input_location, result_location, failure_location)

        queued, attempts = self.retries.run(ask, deadline, is_once=is_once)
        return queued if attempts == 1 else replace(queued, attempts=attempts)


def result_name(inference_id: str) -> str:
    """The file's name of a request's result, so that the id alone leads to it.

    A hash, because SageMaker takes at most 32 characters with one dot, and an id may be longer:
    `Filename` in botocore 1.44.5's model of InvokeEndpointAsync.
    """
    return f"{hashlib.sha256(inference_id.encode()).hexdigest()[:28]}.out"
