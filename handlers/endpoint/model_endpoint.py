"""Calls to a SageMaker endpoint that answers at once, within the time that is left."""

from dataclasses import dataclass, field, replace

from handlers.aws.connections import Reply
from handlers.aws.errors import CallFailedError
from handlers.aws.sagemaker_runtime import SageMakerRuntime
from handlers.endpoint.failures import REPLY_LIMIT_BYTES, EndpointCall, failure_of
from handlers.endpoint.model_stream import ModelStream
from handlers.endpoint.retries import Retries
from handlers.errors import BadRequestError
from handlers.generation_request import CallOptions
from handlers.invocation import CONNECT_TIMEOUT_SECONDS, Deadline
from handlers.time_limit import TimeLimit


@dataclass(frozen=True)
class ModelReply:
    """What the container answered."""

    body: bytes
    variant: str
    """Production variant that answered; empty when SageMaker did not say."""
    attempts: int = 1
    """How often the endpoint was asked."""
    session_id: str | None = None
    """Only when this request opened a session."""
    custom_attributes: str | None = None
    """What the container itself added for the caller; None when it did not."""


@dataclass(frozen=True)
class ModelEndpoint:
    """A SageMaker endpoint that answers at once, by name."""

    name: str
    runtime: SageMakerRuntime
    inference_component_name: str | None = None
    """The inference component that holds the model; None when the endpoint itself does."""
    retries: Retries = field(default_factory=Retries)

    def invoke(
        self,
        payload: bytes,
        inference_id: str,
        options: CallOptions,
        deadline: Deadline,
        *,
        is_once: bool = False,
    ) -> ModelReply:
        """Send the payload (JSON) and read the whole reply; again where that is safe.

        `inference_id` (1 to 64 printable characters) goes along into SageMaker's data capture, unless
        the options have another.
        Raises the HandlerError that says what the endpoint, the container or the connection did.
        """
        headers = self._headers(inference_id, options)
        call = self._call(headers)

        def ask() -> ModelReply:
            seconds = deadline.read_timeout_seconds()
            limit = TimeLimit.of(seconds + CONNECT_TIMEOUT_SECONDS, seconds)
            try:
                with self.runtime.invoke_endpoint(self.name, payload, headers, limit) as reply:
                    return _model_reply(reply)
            except CallFailedError as error:
                raise failure_of(error, call, seconds) from error

        reply, attempts = self.retries.run(ask, deadline, is_once=is_once)
        return reply if attempts == 1 else replace(reply, attempts=attempts)

    def stream(
        self,
        payload: bytes,
        inference_id: str,
        options: CallOptions,
        deadline: Deadline,
        *,
        is_once: bool = False,
    ) -> ModelStream:
        """Send the payload (JSON) and return the reply as a stream, for a `with`.

        Opening it is repeated as `invoke` is, except after a failure of the container: the stream of
        the first time may have begun to generate.
        Raises what `invoke` raises, and BadRequestError for a new session: streams have none.
        """
        if options.get("session_id") == "NEW_SESSION":
            raise BadRequestError("Bad request: a stream cannot open a session (NEW_SESSION).")
        headers = self._headers(inference_id, options)
        call = self._call(headers, is_stream=True)

        def ask() -> tuple[Reply, int]:
            seconds = deadline.stream_seconds()
            limit = TimeLimit.of(seconds + CONNECT_TIMEOUT_SECONDS, seconds)
            try:
                return (
                    self.runtime.invoke_endpoint_with_response_stream(
                        self.name, payload, headers, limit
                    ),
                    seconds,
                )
            except CallFailedError as error:
                raise failure_of(error, call, seconds) from error

        (reply, seconds), attempts = self.retries.run(
            ask, deadline, repeats_failures=False, is_once=is_once
        )
        return ModelStream(reply, call, seconds, attempts)

    def _call(self, headers: dict[str, str], *, is_stream: bool = False) -> EndpointCall:
        action = "InvokeEndpointWithResponseStream" if is_stream else "InvokeEndpoint"
        return EndpointCall(self.name, action, headers.get("inference-component"))

    def _headers(self, inference_id: str, options: CallOptions) -> dict[str, str]:
        headers = {"inference-id": options.get("inference_id") or inference_id}
        component = options.get("inference_component") or self.inference_component_name
        if component:
            headers["inference-component"] = component
        if "target_variant" in options:
            headers["target-variant"] = options["target_variant"]
        if "session_id" in options:
            headers["session-id"] = options["session_id"]
        if "custom_attributes" in options:
            headers["custom-attributes"] = options["custom_attributes"]
        return headers


def _model_reply(reply: Reply) -> ModelReply:
    headers = reply.headers
    # The id, then when it expires.
    session = headers.get("x-amzn-sagemaker-new-session-id")
    return ModelReply(
        body=reply.read(REPLY_LIMIT_BYTES),
        variant=headers.get("x-amzn-invoked-production-variant", ""),
        session_id=session.partition(";")[0] if session else None,
        custom_attributes=headers.get("x-amzn-sagemaker-custom-attributes"),
    )
