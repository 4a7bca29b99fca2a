"""S3, as far as the function keeps things in it.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

import io
import random
import time
from base64 import b64encode
from binascii import crc32
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, BinaryIO, Self
from urllib.parse import quote, unquote_plus

from handlers.aws.connections import Body, Connections, Reply
from handlers.aws.credentials import CredentialSource
from handlers.aws.endpoints import Endpoints
from handlers.aws.errors import (
    AwsError,
    CallFailedError,
    ConnectionBrokenError,
    NotConnectedError,
    ReadTimedOutError,
    ReplyBrokenError,
)
from handlers.aws.service import Service, xml_error
from handlers.aws.signing import Request, Signer
from handlers.time_limit import TimeLimit

_TRIES = 3
_LONGEST_WAIT_SECONDS = 2.0
"""How long S3 may stand still within a try, so that there is time for another."""
_LONGEST_PAUSE_SECONDS = 0.2
_LARGEST_LISTING_BYTES = 8 * 1024**2
_FILE_BLOCK_BYTES = 1024**2
_BUSY = frozenset({"SlowDown", "RequestTimeout", "Throttling", "ThrottlingException"})
_CONNECTION_FAULTS = (
    NotConnectedError,
    ConnectionBrokenError,
    ReadTimedOutError,
    ReplyBrokenError,
)


@dataclass(frozen=True)
class PutObject:
    """What S3 says of an object that it took."""

    etag: str
    """As S3 writes it, in quotation marks."""
    version_id: str | None
    """None in a bucket without versions."""


@dataclass(frozen=True)
class StoredObject:
    """An object that S3 gives out. Use it in a `with`, or close its body."""

    etag: str
    version_id: str | None
    size: int
    """In bytes."""
    body: BinaryIO
    """To be read within the call's time: reading raises the CallFailedErrors too."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.body.close()


class S3:
    """The client. Every call keeps to its `seconds`, and tries up to three times within them.

    It tries again when S3 is busy, fails (5xx), or the connection does. The errors of this package
    come out: AwsError with S3's code, and every other CallFailedError.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        credentials: CredentialSource,
        connections: Connections,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._endpoints = endpoints
        self._service = Service(Signer("s3", endpoints.region), credentials, connections, xml_error)
        self._sleep = sleep

    def put(
        self,
        bucket: str,
        key: str,
        body: Body,
        *,
        seconds: float,
        content_type: str = "application/json",
        only_if_absent: bool = False,
    ) -> PutObject:
        """Store an object; a file from its beginning.

        With `only_if_absent` an object that is there stays: AwsError with the code
        PreconditionFailed, or ConditionalRequestConflict while another writes it. An object of the
        very same bytes that appears while this call has to try again is taken for this call's own:
        let the body say who writes it.
        """
        headers = {
            "content-type": content_type,
            "x-amz-sdk-checksum-algorithm": "CRC32",
            "x-amz-checksum-crc32": b64encode(_crc32_of(body).to_bytes(4)).decode(),
        }
        if only_if_absent:
            headers["if-none-match"] = "*"
        request = Request("PUT", f"/{_encoded(key)}", headers=headers, body=body)
        limit = TimeLimit.of(seconds, _LONGEST_WAIT_SECONDS)
        tries = _Tries(self._sleep, limit)
        try:
            with self._call(bucket, request, tries) as reply:
                return PutObject(reply.headers.get("etag", ""), _version_id(reply))
        except AwsError as error:
            # An earlier try, whose answer was lost, may have stored the object.
            if error.code == "PreconditionFailed" and tries.count > 1 and isinstance(body, bytes):
                with self._get(bucket, key, None, limit) as stored:
                    if stored.size == len(body) and stored.body.read() == body:
                        return PutObject(stored.etag, stored.version_id)
            raise

    def get(
        self, bucket: str, key: str, *, seconds: float, version_id: str | None = None
    ) -> StoredObject:
        """An object, or one version of it. AwsError with the code NoSuchKey when there is none."""
        limit = TimeLimit.of(seconds, _LONGEST_WAIT_SECONDS)
        return self._get(bucket, key, version_id, limit)

    def exists(self, bucket: str, key: str, *, seconds: float) -> bool:
        """Whether there is an object. Without the permission to list, S3 denies what is not there."""
        limit = TimeLimit.of(seconds, _LONGEST_WAIT_SECONDS)
        try:
            request = Request("HEAD", f"/{_encoded(key)}")
            self._call(bucket, request, _Tries(self._sleep, limit)).close()
        except AwsError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return False
            raise
        return True

    def list_keys(self, bucket: str, prefix: str, *, seconds: float) -> list[str]:
        """All keys that begin with `prefix`, in the order of their UTF-8 bytes."""
        limit = TimeLimit.of(seconds, _LONGEST_WAIT_SECONDS)
        return [key for page in self._pages(bucket, prefix, limit) for key in page]

    def connect_ahead(self, bucket: str) -> None:
        """Open a connection in a thread, so that the next call finds it."""
        self._service.connections.connect_ahead(self._endpoints.s3(bucket))

    def _get(self, bucket: str, key: str, version_id: str | None, limit: TimeLimit) -> StoredObject:
        query = {"versionId": version_id} if version_id is not None else {}
        request = Request("GET", f"/{_encoded(key)}", query)
        reply = self._call(bucket, request, _Tries(self._sleep, limit))
        return StoredObject(
            etag=reply.headers.get("etag", ""),
            version_id=_version_id(reply),
            size=int(reply.headers.get("content-length", "0")),
            body=io.BufferedReader(_Body(reply), _FILE_BLOCK_BYTES // 8),
        )

    def _pages(self, bucket: str, prefix: str, limit: TimeLimit) -> Iterator[list[str]]:
        # Loaded here: few runs of the function list anything.
        from xml.etree import ElementTree as ET  # noqa: PLC0415 - its usual name; as above

        token: str | None = ""
        while token is not None:
            query = {"list-type": "2", "prefix": prefix, "encoding-type": "url"}
            if token:
                query["continuation-token"] = token
            tries = _Tries(self._sleep, limit)
            with self._call(bucket, Request("GET", "/", query), tries) as reply:
                content = reply.read(_LARGEST_LISTING_BYTES)
            try:
                page = ET.fromstring(content)  # noqa: S314 - S3 is trusted
            except ET.ParseError as error:
                raise ReplyBrokenError("the listing is not XML") from error
            yield [unquote_plus(key.text or "") for key in page.iterfind("{*}Contents/{*}Key")]
            token = page.findtext("{*}NextContinuationToken") or None

    def _call(self, bucket: str, request: Request, tries: "_Tries") -> Reply:
        address = self._endpoints.s3(bucket)
        while True:
            tries.count += 1
            try:
                return self._service.call(address, request, tries.limit)
            except CallFailedError as error:
                if not tries.has_another_after(error):
                    raise
            tries.pause()


class _Tries:
    """How often a call was tried, and whether it may be again."""

    def __init__(self, sleep: Callable[[float], None], limit: TimeLimit) -> None:
        self.limit = limit
        self.count: int = 0
        self._sleep = sleep

    def has_another_after(self, error: CallFailedError) -> bool:
        """Whether to try again after this failure."""
        if self.count == _TRIES or self.limit.seconds_left() <= _LONGEST_PAUSE_SECONDS:
            return False
        if isinstance(error, AwsError):
            is_failing = error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            return is_failing or error.code in _BUSY
        return isinstance(error, _CONNECTION_FAULTS)

    def pause(self) -> None:
        """Wait a little, at random, so that not all who failed come back at once."""
        self._sleep(random.random() * _LONGEST_PAUSE_SECONDS)  # noqa: S311 - no secret


class _Body(io.RawIOBase):
    """The body of a reply as a file."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self._reply = reply

    def readable(self) -> bool:
        """Whether it can be read from."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read what has arrived."""
        room = memoryview(buffer)
        part = self._reply.read_part(len(room))
        room[: len(part)] = part
        return len(part)

    def close(self) -> None:
        """Drop what was not read."""
        self._reply.close()
        super().close()


def _encoded(key: str) -> str:
    """A key as a path: every character as it is, slashes and dots included."""
    return quote(key, safe="/-._~")


def _version_id(reply: Reply) -> str | None:
    version_id = reply.headers.get("x-amz-version-id")
    return None if version_id in {None, "null"} else version_id


def _crc32_of(body: Body) -> int:
    if isinstance(body, bytes):
        return crc32(body)
    checksum = 0
    body.seek(0)
    while block := body.read(_FILE_BLOCK_BYTES):
        checksum = crc32(block, checksum)
    body.seek(0)
    return checksum
