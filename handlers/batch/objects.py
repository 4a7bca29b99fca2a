"""The bucket as a batch uses it: each call in the time that is left, each failure a HandlerError."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from handlers.aws.s3 import S3, StoredObject
from handlers.batch.timing import Clock
from handlers.errors import NotFoundError, StorageUnavailableError
from handlers.storage.bucket import Bucket, BucketError

CALL_SECONDS = 10.0
"""Longest that a call about a small object may take."""

T = TypeVar("T")

_CHUNK_BYTES = 1024 * 1024
_PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0)
"""Between tries; each try has the client's own short ones."""
_NEVER = threading.Event()
_JSON_LINES = "application/x-ndjson"


@dataclass(frozen=True)
class Objects:
    """The objects of one bucket.

    Every method raises StorageUnavailableError when S3 does not do what it is asked, for whatever
    reason: a message about the batch then comes back, and ends with the dead letters.
    """

    bucket: Bucket
    seconds_left: Callable[[], float]
    """Until the run must be over."""
    clock: Clock

    def open(self, bucket_name: str, key: str, version_id: str | None) -> StoredObject:
        """An object, or the version of it, whose content comes as it is read.

        Raises NotFoundError when there is none.
        """
        return self._once(
            lambda s3, seconds: s3.get(bucket_name, key, seconds=seconds, version_id=version_id),
            "s3:GetObject",
            key,
        )

    def chunks(self, stored: StoredObject, key: str) -> Iterator[bytes]:
        """The content of an opened object, piece by piece."""
        while chunk := self._once(
            lambda _s3, _seconds: stored.body.read(_CHUNK_BYTES), "s3:GetObject", key
        ):
            yield chunk

    def read(self, key: str) -> bytes:
        """A whole small object. Raises NotFoundError when there is none."""

        def get(s3: S3, seconds: float) -> bytes:
            with s3.get(self.bucket.name, key, seconds=min(seconds, CALL_SECONDS)) as stored:
                return stored.body.read()

        return self._patiently(get, "s3:GetObject", key)

    def exists(self, bucket_name: str, key: str) -> bool:
        """Whether there is such an object now."""
        return self._patiently(
            lambda s3, seconds: s3.exists(bucket_name, key, seconds=min(seconds, CALL_SECONDS)),
            "s3:GetObject",
            key,
        )

    def keys(self, prefix: str) -> list[str]:
        """Every key that starts with `prefix`."""
        return self._patiently(
            lambda s3, seconds: s3.list_keys(
                self.bucket.name, prefix, seconds=min(seconds, CALL_SECONDS)
            ),
            "s3:ListBucket",
            prefix,
        )

    def put(self, key: str, body: bytes, *, only_if_absent: bool = False) -> None:
        """Store a small object. Raises ExistsAlreadyError when it was to be the first of its key."""
        self._put(key, body, CALL_SECONDS, only_if_absent=only_if_absent)

    def put_file(self, key: str, body: BinaryIO) -> str:
        """Store a file from its start; returns the S3 URI."""
        self._put(key, body, self.seconds_left())
        return self.bucket.uri(key)

    def _put(
        self, key: str, body: bytes | BinaryIO, most_seconds: float, *, only_if_absent: bool = False
    ) -> None:
        def put(s3: S3, seconds: float) -> None:
            s3.put(
                self.bucket.name,
                key,
                body,
                seconds=min(seconds, most_seconds),
                content_type=_JSON_LINES,
                only_if_absent=only_if_absent,
            )

        self._patiently(put, "s3:PutObject", key)

    def _patiently(self, ask: Callable[[S3, float], T], action: str, key: str) -> T:
        """As `_once`, and again while it may help: what a run holds is worth some seconds."""
        for pause in _PAUSES_SECONDS:
            try:
                return self._once(ask, action, key)
            except StorageUnavailableError as error:
                if not _may_pass(error.__cause__) or self.seconds_left() <= pause:
                    raise
                self.clock.wait(_NEVER, pause)
        return self._once(ask, action, key)

    def _once(self, ask: Callable[[S3, float], T], action: str, key: str) -> T:
        seconds = self.seconds_left()
        if seconds <= 0:
            raise StorageUnavailableError(
                "The function's time is over before S3 was asked. What is done of the batch is kept."
                " Raise the function's timeout if this comes again."
            )
        try:
            return self.bucket.call(lambda s3: ask(s3, seconds), action, key, seconds)
        except BucketError as error:
            if isinstance(error.condition, NotFoundError):
                raise error.condition from error
            raise StorageUnavailableError(error.condition.message) from error


def _may_pass(cause: BaseException | None) -> bool:
    """Whether S3 may say something else the next time."""
    return isinstance(cause, BucketError) and isinstance(cause.condition, StorageUnavailableError)
