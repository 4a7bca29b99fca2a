"""Ask a container, and say in SageMaker's words what went wrong if it does not answer well."""

import contextlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.sagemaker.model_container import TRANSPORT_ERRORS, ContainerReply
from rehearsal.account.sagemaker.model_host import ModelHost
from rehearsal.account.wire_errors import AwsError

_FIRST_ERROR_STATUS, _FIRST_SERVER_ERROR_STATUS = 400, 500


@dataclass(frozen=True)
class WholeReply:
    """A good answer, read to its end."""

    body: bytes
    content_type: str


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
            reply = held.enter_context(host.container.invoke(body, headers, limit_seconds))
        except TRANSPORT_ERRORS as failure:
            raise _no_answer(host, failure) from failure
        if reply.status >= _FIRST_ERROR_STATUS:
            raise _refusal(host, reply)
        yield reply


def whole(host: ModelHost, reply: ContainerReply) -> WholeReply:
    """Read an answer to its end.

    Raises:
        AwsError: `ModelError`, for one that breaks off.
    """
    return WholeReply(_body(host, reply), reply.content_type)


def _body(host: ModelHost, reply: ContainerReply) -> bytes:
    try:
        return b"".join(reply.chunks)
    except TRANSPORT_ERRORS as failure:
        message = (
            "Received server error (500) from primary and could not load the entire response body."
        )
        raise _model_error(host, 500, "", message) from failure


def _refusal(host: ModelHost, reply: ContainerReply) -> AwsError:
    text = _body(host, reply).decode(errors="replace")
    kind = "client" if reply.status < _FIRST_SERVER_ERROR_STATUS else "server"
    message = f'Received {kind} error ({reply.status}) from primary with message "{text}".'
    return _model_error(host, reply.status, text, message)


def _no_answer(host: ModelHost, failure: Exception) -> AwsError:
    original = (
        "Your invocation timed out while waiting for a response from container primary. Review the "
        "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
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
