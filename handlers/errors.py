"""Every way in which a request can end without a text: one class, one condition.

`status` is an HTTP status (400 to 599; 202 for the one that only takes its time), `type` the machine-readable name in the reply, and
`retryable` says whether the very same request may succeed later.
"""

import logging
import traceback
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import ClassVar

_logger = logging.getLogger(__name__)


class HandlerError(Exception):
    """A request ended without a text.

    The message is for the caller, and may quote what the caller sent: it is never logged.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "internal"
    retryable: bool = False
    retry_after_seconds: ClassVar[int | None] = None
    """When to try again, where that is known."""

    def __init__(self, message: str, record_details: Mapping[str, str] | None = None) -> None:
        """`record_details` go into the failure record only, beside the message."""
        super().__init__(message)
        self.message: str = message
        self.record_details: Mapping[str, str] = record_details or {}
        self.attempts: int = 0
        """How often the endpoint was asked before this was clear."""
        self.text_so_far: str = ""
        """What the model had written before: the caller gets it with the error."""

    @classmethod
    def of_type(cls, name: str) -> "type[HandlerError]":
        """The class whose `type` is `name`; InternalError for a name that no class has."""
        for kind in cls.__subclasses__():
            if kind.type == name:
                return kind
        return InternalError


class InternalError(HandlerError):
    """Something that no other class foresees; the log names the exception and the place."""


# What the caller sent.


class BadRequestError(HandlerError):
    """The event is not a request for a text; the message says what is wrong and what to send."""

    status = 400
    type = "bad_request"


class MethodNotAllowedError(HandlerError):
    """An HTTP request with a method other than POST."""

    status = 405
    type = "method_not_allowed"


class UnsupportedMediaTypeError(HandlerError):
    """An HTTP request whose content type is clearly not JSON."""

    status = 415
    type = "unsupported_media_type"


class PayloadTooLargeError(HandlerError):
    """The request for the container is larger than SageMaker takes in this mode; nothing was sent."""

    status = 413
    type = "payload_too_large"


class NotFoundError(HandlerError):
    """No result is known under the id, or nothing answers at the path."""

    status = 404
    type = "not_found"


class InProgressError(HandlerError):
    """The same client token is being answered at this moment."""

    status = 409
    type = "in_progress"
    retryable = True
    retry_after_seconds = 5


class AlreadyAnsweredError(HandlerError):
    """The client token was used before, and the text of that time was not kept."""

    status = 409
    type = "already_answered"


class OutcomeUnknownError(HandlerError):
    """The run that had the same client token before ended without saying how.

    Not retryable: it may have generated a text, and a second one would be a second generation.
    """

    status = 409
    type = "outcome_unknown"


# What the model's container did.


class ModelRejectedRequestError(HandlerError):
    """The container answered with a 4xx status: it does not want this request."""

    status = 422
    type = "model_rejected_request"


class ModelFailedError(HandlerError):
    """The container answered with a 5xx status."""

    status = 502
    type = "model_failed"
    retryable = True


class UnexpectedReplyError(HandlerError):
    """The container's reply is not in the shape of the configured contract."""

    status = 502
    type = "unexpected_reply"


class ReplyCutOffError(HandlerError):
    """The connection broke while the reply was being read."""

    status = 502
    type = "reply_cut_off"
    retryable = True


class StreamBrokenError(HandlerError):
    """The model's stream ended with an error, or without its end; the reply holds the text so far."""

    status = 502
    type = "stream_broken"
    retryable = True

    def __init__(
        self,
        message: str,
        record_details: Mapping[str, str] | None = None,
        *,
        text_so_far: str = "",
    ) -> None:
        """`text_so_far` is what the model wrote before."""
        super().__init__(message, record_details)
        self.text_so_far: str = text_so_far


class ModelTimedOutError(HandlerError):
    """The model did not answer in time.

    Not retryable: the text may have been generated all the same, and would take as long again.
    """

    status = 504
    type = "model_timed_out"


class NoTimeLeftError(HandlerError):
    """The function's own timeout leaves no whole second for the model; nothing was sent."""

    status = 504
    type = "no_time_left"


# What stands between the function and the container.


class EndpointThrottledError(HandlerError):
    """More requests than the endpoint or the account's quota takes."""

    status = 429
    type = "endpoint_throttled"
    retryable = True
    retry_after_seconds = 5


class EndpointUnavailableError(HandlerError):
    """SageMaker failed, or the model is not loaded yet."""

    status = 503
    type = "endpoint_unavailable"
    retryable = True
    retry_after_seconds = 10


class EndpointUnreachableError(HandlerError):
    """No connection to SageMaker, or it did not take the whole request: no text was generated."""

    status = 503
    type = "endpoint_unreachable"
    retryable = True


class UnansweredError(HandlerError):
    """The connection to SageMaker was closed before a reply: a text may have been generated."""

    status = 503
    type = "endpoint_unanswered"
    retryable = True


class EndpointWakingError(HandlerError):
    """The endpoint had scaled to zero; this request wakes it up, which takes minutes.

    Accepted rather than failed: the reply says how to come back for the text.
    """

    status = 202
    type = "endpoint_waking"
    retryable = True
    retry_after_seconds = 60


class EndpointMissingError(HandlerError):
    """No endpoint of the configured name exists in this account and Region.

    It may not be deployed, or be switched off: it does not come by itself.
    """

    status = 503
    type = "endpoint_missing"


class EndpointNotInServiceError(HandlerError):
    """The endpoint exists but takes no requests now."""

    status = 503
    type = "endpoint_not_in_service"
    retryable = True


class EndpointRefusedError(HandlerError):
    """SageMaker refused the call for a reason that no other class names."""

    status = 502
    type = "endpoint_refused"


class NotConfirmedError(HandlerError):
    """SageMaker did not say whether it put an asynchronous request into the endpoint's queue.

    Not retryable: if it did, the text would be generated twice.
    """

    status = 504
    type = "not_confirmed"


class StorageUnavailableError(HandlerError):
    """S3 did not answer, and without it the request cannot be answered safely; nothing was sent."""

    status = 503
    type = "storage_unavailable"
    retryable = True
    retry_after_seconds = 5


class InputNotStoredError(HandlerError):
    """The bucket does not have the payload of an asynchronous request; nothing was sent."""

    status = 503
    type = "input_not_stored"
    retryable = True


class BucketMissingError(HandlerError):
    """No bucket of the configured name exists."""

    status = 503
    type = "bucket_missing"


class DiskFullError(HandlerError):
    """The function's temporary disk is too small for what a batch needs there.

    Retryable: what is done of the batch is kept, and a larger disk or a fresh one may do.
    """

    status = 507
    type = "disk_full"
    retryable = True


class AccessDeniedError(HandlerError):
    """The function's role may not invoke the endpoint, or not store the payload for it."""

    type = "access_denied"


class CredentialsError(HandlerError):
    """The function has no AWS credentials, or AWS does not accept them."""

    type = "credentials"

    @classmethod
    def missing(cls) -> "CredentialsError":
        """There are none."""
        return cls(
            "The function has no AWS credentials. On Lambda they come from the function's role."
        )


@contextmanager
def only_handler_errors() -> Generator[None, None, None]:
    """Inside, what is not a HandlerError becomes an InternalError, and one log line says where.

    The line has no exception message and no variables: either may hold the prompt.
    """
    try:
        yield
    except HandlerError:
        raise
    except Exception as cause:
        _log_unforeseen(cause)
        raise InternalError(
            "The function failed in a way it does not foresee."
            " Its log says where, under this request id.",
            {"exception_type": type(cause).__qualname__},
        ) from cause


def _log_unforeseen(cause: Exception) -> None:
    _logger.error(
        "unforeseen failure",
        extra={"exception_type": type(cause).__qualname__, "raised_at": _places(cause)},
    )


def _places(cause: Exception) -> list[str]:
    """The innermost frames, outermost first, as `folder/file.py:line function`."""
    frames = traceback.extract_tb(cause.__traceback__)[-8:]
    return [f"{'/'.join(f.filename.split('/')[-2:])}:{f.lineno} {f.name}" for f in frames]
