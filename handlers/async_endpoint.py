"""One request handed to an asynchronous endpoint: its payload into the bucket, its place to SageMaker."""

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from handlers.async_inputs import AsyncInputs
from handlers.clients import SageMakerRuntimeClient
from handlers.deadline import Deadline
from handlers.endpoint_failures import EndpointCall, client_failure, service_failure


@dataclass(frozen=True)
class QueuedRequest:
    """A request that SageMaker took into an endpoint's queue. All locations are S3 URIs."""

    input_location: str
    """Where the payload lies."""
    result_location: str
    """Where the container's reply will lie, if it succeeds."""
    failure_location: str | None
    """Where the error will lie, if it fails; None when SageMaker did not say."""


@dataclass(frozen=True)
class AsyncModelEndpoint:
    """A SageMaker endpoint with a queue, by name."""

    name: str
    client_for: Callable[[int], SageMakerRuntimeClient]
    """The client with a read timeout of so many seconds."""
    inputs: AsyncInputs

    def invoke(self, payload: bytes, inference_id: str, deadline: Deadline) -> QueuedRequest:
        """Store the payload (JSON) and have it queued, once.

        `inference_id` (1 to 64 printable characters) names the payload, and the request in
        SageMaker's notifications.
        Raises the HandlerError that says what S3, SageMaker or the connection did.
        """
        call = EndpointCall(self.name, is_async=True)
        input_location = self.inputs.put(inference_id, payload, deadline.input_seconds())
        read_timeout_seconds = deadline.read_timeout_seconds()
        client = self.client_for(read_timeout_seconds)
        try:
            # Only parameters that every boto3 of a Lambda runtime knows.
            output = client.invoke_endpoint_async(
                EndpointName=self.name,
                InputLocation=input_location,
                ContentType="application/json",
                Accept="application/json",
                InferenceId=inference_id,
            )
        except ClientError as error:
            raise service_failure(error, call) from error
        except BotoCoreError as error:
            raise client_failure(error, call, read_timeout_seconds) from error
        return QueuedRequest(
            input_location=input_location,
            result_location=output["OutputLocation"],
            failure_location=output.get("FailureLocation"),
        )
