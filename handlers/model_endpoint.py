"""One call to the SageMaker endpoint, within the time that is left."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from handlers.clients import InvokeEndpointInput, ReplyBody, SageMakerRuntimeClient
from handlers.deadline import Deadline
from handlers.endpoint_failures import EndpointCall, client_failure, service_failure
from handlers.errors import ModelTimedOutError, UnexpectedReplyError

REPLY_LIMIT_BYTES = 6_291_456
"""Largest reply: the Body's maximum in botocore's model of InvokeEndpoint (6 MiB)."""


@dataclass(frozen=True)
class ModelReply:
    """What the container answered."""

    body: bytes
    variant: str
    """Production variant that answered; empty when SageMaker did not say."""


@dataclass(frozen=True)
class ModelEndpoint:
    """A SageMaker endpoint that answers at once, by name."""

    name: str
    client_for: Callable[[int], SageMakerRuntimeClient]
    """The client with a read timeout of so many seconds."""
    inference_component_name: str | None = None
    """The inference component that holds the model; None when the endpoint itself does."""

    def invoke(self, payload: bytes, inference_id: str, deadline: Deadline) -> ModelReply:
        """Send the payload (JSON) once and read the whole reply.

        `inference_id` (1 to 64 printable characters) goes along into SageMaker's data capture.
        Raises the HandlerError that says what the endpoint, the container or the connection did.
        """
        call = EndpointCall(self.name, self.inference_component_name)
        read_timeout_seconds = deadline.read_timeout_seconds()
        client = self.client_for(read_timeout_seconds)
        try:
            output = client.invoke_endpoint(**self._request(payload, inference_id))
            body = _read_body(output["Body"], deadline)
        except ClientError as error:
            raise service_failure(error, call) from error
        except BotoCoreError as error:
            raise client_failure(error, call, read_timeout_seconds) from error
        return ModelReply(body, output.get("InvokedProductionVariant", ""))

    def _request(self, payload: bytes, inference_id: str) -> InvokeEndpointInput:
        request: InvokeEndpointInput = {
            "EndpointName": self.name,
            "Body": payload,
            "ContentType": "application/json",
            "Accept": "application/json",
            "InferenceId": inference_id,
        }
        if self.inference_component_name:
            request["InferenceComponentName"] = self.inference_component_name
        return request


def _read_body(body: ReplyBody, deadline: Deadline) -> bytes:
    """The reply's bytes.

    Raises UnexpectedReplyError past the size limit and ModelTimedOutError past the deadline.
    """
    seconds_left = deadline.reading_seconds_left()
    if seconds_left <= 0:
        raise ModelTimedOutError("The model's reply was still arriving when its time was over.")
    # The client's read timeout starts anew after the headers: without this, a stall midway would
    # last past the deadline. Only a stand-in's stream has no socket.
    with contextlib.suppress(AttributeError):
        body.set_socket_timeout(seconds_left)
    content = body.read(REPLY_LIMIT_BYTES + 1)
    if len(content) > REPLY_LIMIT_BYTES:
        raise UnexpectedReplyError(
            f"The endpoint's reply is larger than {REPLY_LIMIT_BYTES} bytes. Ask for fewer"
            " tokens (max_new_tokens)."
        )
    # A bounded read returns what there is even when the connection broke; the read that finds the
    # end raises.
    return content + body.read()
