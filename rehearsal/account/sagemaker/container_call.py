"""Ask a container, and say in SageMaker's words what went wrong if it does not answer well."""

import contextlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.faults.containers import failure_of_container, hold_back
from rehearsal.account.sagemaker.container_exchange import ContainerReply, exchange
from rehearsal.account.sagemaker.model_container import TRANSPORT_ERRORS
from rehearsal.account.sagemaker.model_host import ModelHost
from rehearsal.account.wire_errors import AwsError

REAL_TIME_LIMIT_SECONDS = 60  # SageMaker hosting, real time: the whole reply
STREAM_LIMIT_SECONDS = 480  # the same, streamed
_FIRST_GOOD_STATUS, _FIRST_STATUS_NOT_GOOD, _FIRST_SERVER_ERROR_STATUS = 200, 300, 500
_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the "
    "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)


@dataclass(frozen=True)
class WholeReply:
    """A good answer, read to its end."""

    body: bytes
    content_type: str
    headers: Mapping[str, str]


@contextlib.contextmanager
def asked(
    host: ModelHost, body: bytes, headers: Mapping[str, str], limit_seconds: float
) -> Generator[ContainerReply]:
    """Send one request to a container and give its answer, which may still be arriving.

    Raises:
        AwsError: `ModelError`, for an answer with an error status or none at all.
    """
    with contextlib.ExitStack() as held:
        try:
            reply = failure_of_container(host.log_group, headers) or held.enter_context(
                exchange(host.container.port, body, headers, limit_seconds)
            )
            hold_back(host.log_group, headers, limit_seconds)
        except TRANSPORT_ERRORS as failure:
            raise _no_answer(host, failure) from failure
        if not _FIRST_GOOD_STATUS <= reply.status < _FIRST_STATUS_NOT_GOOD:
            raise _refusal(host, reply)
        yield reply


def whole(host: ModelHost, reply: ContainerReply, limit_bytes: int) -> WholeReply:
    """Read an answer to its end.

    Raises:
        AwsError: `ModelError`, for one that breaks off, takes too long or is too large.
    """
    body = bytearray()
    try:
        for chunk in reply.chunks:
            body += chunk
            if len(body) > limit_bytes:  # the wording is ours: AWS's is not known
                reason = f"The reply is larger than {limit_bytes} bytes."
                raise _model_error(host, 500, reason, _not_loaded(500))
    except TimeoutError as failure:
        raise _no_answer(host, failure) from failure
    except TRANSPORT_ERRORS as failure:
        raise _model_error(host, 500, "", _not_loaded(500)) from failure
    return WholeReply(bytes(body), reply.content_type, reply.headers)


def _refusal(host: ModelHost, reply: ContainerReply) -> AwsError:
    try:
        text = b"".join(reply.chunks).decode(errors="replace")
    except TRANSPORT_ERRORS:
        return _model_error(host, reply.status, "", _not_loaded(reply.status))
    message = (
        f'Received {_kind(reply.status)} error ({reply.status}) from primary with message "{text}".'
    )
    return _model_error(host, reply.status, text, message)


def _not_loaded(status: int) -> str:
    return (
        f"Received {_kind(status)} error ({status}) from primary and could not load the entire "
        "response body."
    )


def _kind(status: int) -> str:
    return "client" if status < _FIRST_SERVER_ERROR_STATUS else "server"


def _no_answer(host: ModelHost, failure: Exception) -> AwsError:
    original = (
        _TIMED_OUT
        if isinstance(failure, TimeoutError)
        else f"Amazon SageMaker could not get a response from the container. ({failure!r})"
    )
    message = f'Received server error (0) from primary with message "{original}".'
    return _model_error(host, 0, original, message)


def _model_error(host: ModelHost, status: int, original: str, message: str) -> AwsError:
    return AwsError(
        "ModelError",
        f"{message} See {host.log_group} in account {ACCOUNT_ID} for more information.",
        424,
        {
            "OriginalStatusCode": status,
            "OriginalMessage": original,
            "LogStreamArn": host.log_stream_arn,
        },
    )
