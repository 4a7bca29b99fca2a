"""A model's reply as it is written: the container's bytes out of SageMaker's event stream."""

from collections.abc import Iterator
from typing import Self

from handlers.aws.connections import Reply
from handlers.aws.errors import CallFailedError, ReadTimedOutError
from handlers.aws.event_stream import Event, EventStreamDecoder, EventStreamError
from handlers.endpoint.failures import REPLY_LIMIT_BYTES, EndpointCall, reply_too_large
from handlers.errors import (
    HandlerError,
    ModelTimedOutError,
    StreamBrokenError,
)
from handlers.json_values import object_in, printable


class ModelStream:
    """The stream of one reply. Iterating gives the container's bytes, split anywhere, once.

    Raises, after what came before it: StreamBrokenError when SageMaker reports an error or the stream
    ends without its end, and ModelTimedOutError when the time is over.
    """

    def __init__(self, reply: Reply, call: EndpointCall, seconds: int, attempts: int) -> None:
        """`seconds` is how long the stream may last, for the message."""
        self.variant: str = reply.headers.get("x-amzn-invoked-production-variant", "")
        """Production variant that answers; empty when SageMaker did not say."""
        self.custom_attributes: str | None = reply.headers.get("x-amzn-sagemaker-custom-attributes")
        """What the container itself added for the caller; None when it did not."""
        self.attempts: int = attempts
        """How often the endpoint was asked."""
        self._reply = reply
        self._call = call
        self._seconds = seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening. The container may go on for a while."""
        self._reply.close()

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._parts()
        except HandlerError as error:
            error.attempts = self.attempts
            raise
        finally:
            self.close()

    def _parts(self) -> Iterator[bytes]:
        size = 0
        for event in self._events():
            if event.headers.get(":message-type") in {"exception", "error"}:
                raise self._reported(event)
            if event.headers.get(":event-type") != "PayloadPart":
                continue  # a kind of event that came after this was written
            size += len(event.payload)
            if size > REPLY_LIMIT_BYTES:
                raise reply_too_large()
            if event.payload:
                yield event.payload

    def _events(self) -> Iterator[Event]:
        decoder = EventStreamDecoder()
        try:
            while part := self._reply.read_part():
                yield from decoder.feed(part)
        except ReadTimedOutError as error:
            raise ModelTimedOutError(
                f"The model did not finish its stream within {self._seconds} s, all that the"
                " function's own timeout leaves. Ask for fewer tokens (max_new_tokens) or raise that"
                " timeout."
            ) from error
        except CallFailedError as error:
            raise StreamBrokenError(
                "The connection broke while the model's reply was arriving."
            ) from error
        except EventStreamError as error:
            raise StreamBrokenError(
                f"The endpoint {self._call.endpoint_name} sent what is not an event stream: {error}."
            ) from error
        if not decoder.is_between_messages():
            raise StreamBrokenError("The model's stream ended in the middle of a message.")

    def _reported(self, event: Event) -> HandlerError:
        """An error that SageMaker reports in the stream.

        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_ModelStreamError.html
        """
        members = object_in(event.payload)
        headers = event.headers
        name = headers.get(":exception-type") or headers.get(":error-code") or "unknown"
        code = members.get("ErrorCode")
        said = members.get("Message") or members.get("message") or headers.get(":error-message")
        described = f"{name}{f', {code}' if code else ''}"
        message = f"{printable(str(described))}: {printable(str(said or ''))}".rstrip(": ")
        if code == "ModelInvocationTimeExceeded":
            return ModelTimedOutError(
                "The model did not finish its stream within SageMaker's own time limit"
                f" ({message}). Ask for fewer tokens (max_new_tokens)."
            )
        return StreamBrokenError(f"The model's stream ended with an error ({message}).")
