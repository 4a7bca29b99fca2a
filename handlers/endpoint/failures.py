"""What the errors of SageMaker, and of the connection to it, mean for the caller."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple

from handlers.aws.errors import (
    AwsError,
    CallFailedError,
    ConnectionBrokenError,
    CredentialsMissingError,
    ReadTimedOutError,
    ReplyBrokenError,
    ReplyTooLargeError,
)
from handlers.errors import (
    AccessDeniedError,
    CredentialsError,
    EndpointMissingError,
    EndpointNotInServiceError,
    EndpointRefusedError,
    EndpointThrottledError,
    EndpointUnavailableError,
    EndpointUnreachableError,
    EndpointWakingError,
    HandlerError,
    ModelFailedError,
    ModelRejectedRequestError,
    ModelTimedOutError,
    NotConfirmedError,
    ReplyCutOffError,
    UnansweredError,
    UnexpectedReplyError,
)
from handlers.json_values import is_whole_number, printable

REPLY_LIMIT_BYTES = 6_291_456
"""Largest reply: the Body's maximum in botocore's model of InvokeEndpoint (6 MiB)."""

_CLIENT_ERRORS = range(400, 500)
# The PyTorch and Hugging Face images answer an error with its message, then its trace.
_TRACE = "\nTraceback (most recent call last)"


def words_of_container(said: str) -> str:
    """A container's own words about its failure, fit for a message, without the trace under them."""
    return printable(said.partition(_TRACE)[0])


@dataclass(frozen=True)
class EndpointCall:
    """What SageMaker was asked, for the messages about how it ended."""

    endpoint_name: str
    action: str
    """SageMaker's name for the call, which is also that of the permission for it."""
    inference_component_name: str | None = None

    @property
    def is_async(self) -> bool:
        """Whether only a place in the queue was asked for."""
        return self.action == "InvokeEndpointAsync"

    @property
    def needs(self) -> str:
        """The permission for the call."""
        component = self.inference_component_name
        also = f" and on the inference component {component}" if component else ""
        return f"sagemaker:{self.action} on the endpoint {self.endpoint_name}{also}"


class _ErrorAnswer(NamedTuple):
    """An error answer of SageMaker's runtime API."""

    call: EndpointCall
    endpoint_name: str
    code: str
    message: str
    http_status: int
    members: Mapping[str, object]


def failure_of(
    error: CallFailedError, call: EndpointCall, read_timeout_seconds: int
) -> HandlerError:
    """The condition behind a call that failed."""
    if isinstance(error, AwsError):
        answer = _ErrorAnswer(
            call,
            call.endpoint_name,
            printable(error.code),
            printable(error.message),
            error.status,
            error.members,
        )
        return _CONDITIONS.get(answer.code, _other)(answer)
    if isinstance(error, ReadTimedOutError | ReplyBrokenError):
        return _no_whole_reply(call, error, read_timeout_seconds)
    if isinstance(error, ReplyTooLargeError):
        return reply_too_large()
    if isinstance(error, CredentialsMissingError):
        return CredentialsError(
            f"The function has no AWS credentials: {error}. On Lambda they come from the function's"
            " role."
        )
    kind = UnansweredError if isinstance(error, ConnectionBrokenError) else EndpointUnreachableError
    return kind(
        f"No answer over the connection to SageMaker's runtime for the endpoint {call.endpoint_name}"
        f" ({error}). In a VPC the function needs a route to it: an interface"
        " endpoint for sagemaker.runtime, or a NAT gateway."
    )


def reply_too_large() -> UnexpectedReplyError:
    """The condition of a reply that is larger than SageMaker says that replies are."""
    return UnexpectedReplyError(
        f"The endpoint's reply is larger than {REPLY_LIMIT_BYTES} bytes. Ask for fewer tokens"
        " (max_new_tokens)."
    )


def _no_whole_reply(
    call: EndpointCall, error: CallFailedError, read_timeout_seconds: int
) -> HandlerError:
    is_late = isinstance(error, ReadTimedOutError)
    if call.is_async:
        how = (
            f"SageMaker did not confirm within {read_timeout_seconds} s"
            if is_late
            else "The connection broke before SageMaker confirmed"
        )
        return NotConfirmedError(
            f"{how} that the request is in the queue of the endpoint {call.endpoint_name}. It may be:"
            " look for its result under its request id before you send it again."
        )
    if is_late:
        return ModelTimedOutError(
            f"The model did not answer within {read_timeout_seconds} s, all that the function's own"
            " timeout leaves. Ask for fewer tokens (max_new_tokens) or raise that timeout."
        )
    return ReplyCutOffError("The connection broke while the model's reply was arriving.")


def _model_error(answer: _ErrorAnswer) -> HandlerError:
    """The container's own error. Its status and words are members of SageMaker's answer."""
    status = answer.members.get("OriginalStatusCode")
    original = str(answer.members.get("OriginalMessage") or answer.message)
    said = words_of_container(original)
    log_stream_arn = answer.members.get("LogStreamArn")
    details = {"log_stream_arn": str(log_stream_arn)} if log_stream_arn else {}
    # SageMaker's own words for its time limit, with 0 for the status that never came:
    # https://github.com/RamVegiraju/SageMaker-Deployment/issues/3
    if status == 0 and "timed out" in said:
        return ModelTimedOutError(
            "The container did not answer within SageMaker's limit of 60 s for a real-time request."
            " Ask for fewer tokens (max_new_tokens).",
            details,
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return EndpointThrottledError(f"The model's container is overloaded: {said}", details)
    if is_whole_number(status) and status in _CLIENT_ERRORS:
        return ModelRejectedRequestError(
            f"The model's container refused the request ({status}): {said}", details
        )
    return ModelFailedError(f"The model's container failed ({status}): {said}", details)


def _not_ready(answer: _ErrorAnswer) -> HandlerError:
    return EndpointUnavailableError(
        f"The model behind the endpoint {answer.endpoint_name} is still loading."
        " Try again in a minute."
    )


def _throttled(answer: _ErrorAnswer) -> HandlerError:
    return EndpointThrottledError(
        f"SageMaker throttles the endpoint {answer.endpoint_name} ({answer.code})."
        " Send fewer requests at a time."
    )


def _unavailable(answer: _ErrorAnswer) -> HandlerError:
    return EndpointUnavailableError(
        f"SageMaker could not serve the endpoint {answer.endpoint_name} ({answer.code}). Try again."
    )


def _denied(answer: _ErrorAnswer) -> HandlerError:
    # AWS's message names the caller, the action and the resource.
    return AccessDeniedError(
        f"{answer.message.rstrip('.')}. Grant {answer.call.needs} to the function's role."
    )


def _credentials(answer: _ErrorAnswer) -> HandlerError:
    return CredentialsError(f"AWS does not accept the function's credentials ({answer.code}).")


def _validation(answer: _ErrorAnswer) -> HandlerError:
    name, component = answer.endpoint_name, answer.call.inference_component_name
    # "Inference Component has no capacity to process this request. ApplicationAutoScaling may be
    # in-progress (if configured) or try to increase the capacity by invoking
    # UpdateInferenceComponentRuntimeConfig API."
    # https://aws.amazon.com/blogs/machine-learning/unlock-cost-savings-with-the-new-scale-down-to-zero-feature-in-amazon-sagemaker-inference/
    if re.search(r"no capacity", answer.message, re.IGNORECASE):
        return EndpointWakingError(
            f"The endpoint {name} has scaled to zero. This request wakes it up, within minutes."
            f" Try again in {EndpointWakingError.retry_after_seconds} s, and until it answers."
        )
    # "Endpoint NAME of account 123456789012 not found."
    # https://github.com/aws/amazon-sagemaker-examples/issues/293
    if re.search(r"not found|could not find|does not exist", answer.message, re.IGNORECASE):
        also = f" or GENAI_INFERENCE_COMPONENT_NAME (it is {component})" if component else ""
        return EndpointMissingError(
            f"SageMaker says: {answer.message} Deploy the stack with genai:endpoint:enabled true,"
            f" or correct GENAI_ENDPOINT_NAME (it is {name}){also}."
        )
    if re.search(r"in ?service", answer.message, re.IGNORECASE):
        return EndpointNotInServiceError(
            f"SageMaker says: {answer.message} Wait until the endpoint {name} is InService; if it"
            " is Failed, the FailureReason in describe-endpoint says why."
        )
    # AWS does not publish its words for a call of the wrong kind: any that speak of async, other than
    # in the endpoint's name, are taken for them.
    if re.search(r"async", answer.message.replace(name, ""), re.IGNORECASE):
        kind = "async" if answer.call.is_async else "not async"
        return EndpointRefusedError(
            f"SageMaker says: {answer.message} The function's mode is {kind} (GENAI_MODE) and the"
            f" endpoint {name} seems to be of the other kind: deploy both with the same"
            " genai:endpoint:mode."
        )
    return _refused(answer)


def _refused(answer: _ErrorAnswer) -> HandlerError:
    return EndpointRefusedError(
        f"SageMaker refused the call to the endpoint {answer.endpoint_name}"
        f" ({answer.code}): {answer.message}"
    )


def _other(answer: _ErrorAnswer) -> HandlerError:
    if answer.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unavailable(answer)
    return _refused(answer)


_CONDITIONS: Mapping[str, Callable[[_ErrorAnswer], HandlerError]] = {
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
    "ModelError": _model_error,
    "ModelNotReadyException": _not_ready,
    "ServiceUnavailable": _unavailable,
    "InternalFailure": _unavailable,
    "ValidationError": _validation,
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/CommonErrors.html
    "ValidationException": _validation,
    "ThrottlingException": _throttled,
    "AccessDenied": _denied,
    "AccessDeniedException": _denied,
    "ExpiredToken": _credentials,
    "ExpiredTokenException": _credentials,
    "IncompleteSignature": _credentials,
    "InvalidClientTokenId": _credentials,
    "InvalidSignatureException": _credentials,
    "MissingAuthenticationToken": _credentials,
    "UnrecognizedClientException": _credentials,
}
