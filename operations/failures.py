"""What AWS and boto3 say when a call fails, in words that a person can act on."""

import contextlib
from collections.abc import Generator

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from operations.deployment import no_credentials
from operations.errors import NotFoundError, OperationError
from operations.explanations import fix_for

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})
_STALE = frozenset(
    {
        *("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "InvalidAccessKeyId"),
        *("UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException"),
    }
)
_GONE = frozenset({"NoSuchBucket", "ResourceNotFoundException", "ResourceNotFound", "404"})


@contextlib.contextmanager
def plainly() -> Generator[None]:
    """Raise an OperationError for what AWS or boto3 raises in a `with` block."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise failure_of(error) from error


def failure_of(error: BotoCoreError | ClientError) -> OperationError:
    """Return what to tell a person of a call that failed."""
    if isinstance(error, ClientError):
        return _refusal(error)
    if isinstance(
        error, (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError, SSOError)
    ):
        return no_credentials(str(error))
    if isinstance(error, (BotoConnectionError, HTTPClientError)):
        return NotFoundError(
            f"AWS cannot be reached: {error}",
            "look at the network, and at AWS_ENDPOINT_URL if it is set; a local account may have ended",
        )
    return OperationError(f"boto3 failed: {error}")


def _refusal(error: ClientError) -> OperationError:
    code = error.response.get("Error", {}).get("Code", "")
    if code in _STALE:
        return no_credentials(str(error))
    if code in _DENIED:
        return OperationError(
            str(error), f"allow {error.operation_name} to whoever runs this, or use another profile"
        )
    if code in _GONE:
        return NotFoundError(
            str(error),
            "the stack may have been destroyed or changed since its outputs were written",
        )
    return OperationError(str(error), fix_for(str(error)))
