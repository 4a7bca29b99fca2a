"""The function's bucket: keys and bytes become calls to S3, and S3's failures become one error."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from handlers.aws.errors import AwsError, CredentialsMissingError
from handlers.aws.s3 import S3
from handlers.errors import (
    AccessDeniedError,
    BucketMissingError,
    CredentialsError,
    HandlerError,
    NotFoundError,
    StorageUnavailableError,
    UnexpectedReplyError,
)
from handlers.json_values import printable

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_BAD_CREDENTIALS = ("ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch")
_DENIED = ("AccessDenied", "403")  # the answer to HEAD has no body that says it
_MISSING = ("NoSuchKey", "NoSuchVersion")
# The second one: another conditional write to the key was under way.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
_EXISTS_ALREADY = ("PreconditionFailed", "ConditionalRequestConflict")

_LARGEST_READ_BYTES = 16 * 1024**2
"""More than Lambda takes as a reply (6 MB), and as a part of a batch has (8 MiB and a line)."""

T = TypeVar("T")


class BucketError(Exception):
    """S3 did not do what it was asked; the message says why, and quotes nothing of what is kept."""

    def __init__(self, reason: str, condition: HandlerError, *, is_refusal: bool = True) -> None:
        super().__init__(reason)
        self.condition: HandlerError = condition
        """What that is to a request that cannot go on without S3."""
        self.is_refusal: bool = is_refusal
        """S3 said no. Otherwise it did not answer, and may have done it all the same."""


class ExistsAlreadyError(Exception):
    """The object was to be stored only if there is none, and there is, or is about to be, one."""


@dataclass(frozen=True)
class Bucket:
    """An S3 bucket, by name. Every call raises BucketError when S3 does not do what it is asked."""

    name: str
    client: Callable[[], S3]
    aftermath: str = "Nothing was sent to the model. Try again."
    """What it means for whoever asked that S3 did not answer."""

    def uri(self, key: str) -> str:
        """The S3 URI of a key."""
        return f"s3://{self.name}/{key}"

    def put(self, key: str, body: bytes, seconds: float, *, only_if_absent: bool = False) -> str:
        """Store a JSON text within `seconds`; returns its S3 URI.

        Raises ExistsAlreadyError too, where that was asked for.
        """

        def put(s3: S3) -> None:
            s3.put(self.name, key, body, seconds=seconds, only_if_absent=only_if_absent)

        self.call(put, "s3:PutObject", key, seconds)
        return self.uri(key)

    def get(self, key: str, seconds: float) -> bytes | None:
        """The whole content of an object, or None when there is none."""

        def get(s3: S3) -> bytes:
            with s3.get(self.name, key, seconds=seconds) as stored:
                if stored.size > _LARGEST_READ_BYTES:
                    raise self._too_large(key, stored.size)
                return stored.body.read()

        try:
            return self.call(get, "s3:GetObject", key, seconds)
        except BucketError as error:
            if isinstance(error.condition, NotFoundError):
                return None
            raise

    def exists(self, key: str, seconds: float) -> bool:
        """Whether there is an object."""
        return self.call(
            lambda s3: s3.exists(self.name, key, seconds=seconds), "s3:GetObject", key, seconds
        )

    def list_keys(self, prefix: str, seconds: float) -> list[str]:
        """Every key that starts with `prefix`."""
        return self.call(
            lambda s3: s3.list_keys(self.name, prefix, seconds=seconds),
            "s3:ListBucket",
            prefix,
            seconds,
        )

    def connect_ahead(self) -> None:
        """Open a connection while there is something else to wait for; nothing depends on it."""
        with contextlib.suppress(Exception):  # whatever it is, the call that needs S3 will say it
            self.client().connect_ahead(self.name)

    def call(self, ask: Callable[[S3], T], action: str, key: str, seconds: float) -> T:
        """What S3 answers; `action` is the permission that it takes."""
        try:
            return ask(self.client())
        except BucketError:
            raise
        except Exception as error:
            if isinstance(error, AwsError) and error.code in _EXISTS_ALREADY:
                raise ExistsAlreadyError from error
            raise self._failure(error, action, key, seconds) from error

    def _failure(self, error: Exception, action: str, key: str, seconds: float) -> BucketError:
        """What a failed call means. Not the error's own words: they may hold a key or a header."""
        if isinstance(error, CredentialsMissingError):
            return BucketError("the function has no credentials", CredentialsError.missing())
        if isinstance(error, AwsError):
            return BucketError(*self._refusal(error, action, key))
        name = type(error).__name__
        return BucketError(
            f"S3 did not answer within {seconds:.1f} s ({name})",
            StorageUnavailableError(
                f"No answer from S3 for the bucket {self.name} within {seconds:.1f} s ({name})."
                f" {self.aftermath} In a VPC the function needs a route to S3: a gateway endpoint, or"
                " a NAT gateway."
            ),
            is_refusal=False,
        )

    def _refusal(self, error: AwsError, action: str, key: str) -> tuple[str, HandlerError]:
        code = error.code
        if code in _DENIED:
            needed = f"{action} on {_granted_folder(key)}/* of the bucket {self.name}"
            # AWS's message names what is missing; with a KMS key that is a permission on the key.
            return f"{code}: grant {needed} to the function's role", AccessDeniedError(
                f"S3 says: {printable(error.message).rstrip('.')}. Grant {needed}, and the use of its"
                " KMS key if it has one, to the function's role."
            )
        if code in _MISSING:
            return code, NotFoundError(f"There is no such object: {printable(key)}.")
        if code == "NoSuchBucket":
            return (
                f"{code}: there is no bucket {self.name}; correct GENAI_BUCKET_NAME",
                BucketMissingError(
                    f"There is no bucket {self.name}. Deploy the stack, or correct"
                    " GENAI_BUCKET_NAME."
                ),
            )
        if code in _BAD_CREDENTIALS:
            return code, CredentialsError(
                f"AWS does not accept the function's credentials ({code})."
            )
        return code, StorageUnavailableError(
            f"S3 did not do what it was asked in the bucket {self.name} ({code}). {self.aftermath}"
        )

    def _too_large(self, key: str, size: int) -> BucketError:
        return BucketError(
            "the object is too large",
            UnexpectedReplyError(
                f"The object {self.uri(key)} has {size:,} bytes, and the function reads at most"
                f" {_LARGEST_READ_BYTES:,}. Fetch it from the bucket."
            ),
        )


def reason_of(error: Exception) -> str:
    """Why something was not stored, for a log and a warning; nothing of what it was."""
    return str(error) if isinstance(error, BucketError) else type(error).__name__


def _granted_folder(key: str) -> str:
    """The folder that a role is granted: not a day's, nor a batch's own."""
    folders = key.split("/")[:-1]
    return "/".join(folders[: 2 if folders[1:2] in (["inputs"], ["queued"]) else 1])
