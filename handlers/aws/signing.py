"""AWS's Signature Version 4, for requests with headers.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from handlers.aws.connections import Body
from handlers.aws.credentials import Credentials

# A proxy or the runtime may change these on the way.
_UNSIGNED = {"expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"}
_FILE_BLOCK_BYTES = 1024**2


class Request(NamedTuple):
    """A request that can be signed and sent."""

    method: str
    path: str
    """Percent-encoded, and what goes over the wire."""
    query: Mapping[str, str] = {}
    """Names and values as they are."""
    headers: Mapping[str, str] = {}
    """In lower case."""
    body: Body = b""

    @property
    def query_string(self) -> str:
        """The query as it goes over the wire, in the order that the signature asks for."""
        pairs = [(quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in self.query.items()]
        return "&".join(f"{name}={value}" for name, value in sorted(pairs))

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query_string}" if self.query else self.path


class Signer:
    """Signs requests to one service in one Region."""

    def __init__(self, service: str, region: str) -> None:
        self._service = service
        self._region = region
        self._is_s3 = service == "s3"
        # Four rounds of HMAC that stay the same for a day.
        self._key: tuple[tuple[str, str], bytes] = (("", ""), b"")

    def signed_headers(
        self, request: Request, host: str, credentials: Credentials, now: float | None = None
    ) -> dict[str, str]:
        """The request's headers and those that prove who sends it, `now` in seconds since 1970."""
        timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        content_hash = sha256_of(request.body)
        headers = {**request.headers, "host": host, "x-amz-date": timestamp}
        if credentials.token:
            headers["x-amz-security-token"] = credentials.token
        if self._is_s3:
            headers["x-amz-content-sha256"] = content_hash
        names = sorted(name for name in headers if name not in _UNSIGNED)
        signed = ";".join(names)
        # Every kind of white space counts as one space, none at the ends.
        lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
        canonical = (
            f"{request.method}\n{self._canonical_path(request.path)}\n{request.query_string}\n"
            f"{lines}\n{signed}\n{content_hash}"
        )
        scope = f"{timestamp[:8]}/{self._region}/{self._service}/aws4_request"
        to_sign = (
            f"AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n"
            f"{hashlib.sha256(canonical.encode()).hexdigest()}"
        )
        key = self._signing_key(credentials.secret_key, timestamp[:8])
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope},"
            f" SignedHeaders={signed}, Signature={_hmac(key, to_sign).hex()}"
        )
        return headers

    def _canonical_path(self, path: str) -> str:
        """S3 takes a path as it is: `a//b` and `a/../b` are keys. The others normalise it."""
        return path if self._is_s3 else quote(_without_dot_segments(path), safe="/~")

    def _signing_key(self, secret_key: str, day: str) -> bytes:
        of, key = self._key
        if of != (secret_key, day):
            key = f"AWS4{secret_key}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = _hmac(key, part)
            self._key = ((secret_key, day), key)
        return key


def sha256_of(body: Body) -> str:
    """The body's hash, in hexadecimal."""
    if isinstance(body, bytes):
        return hashlib.sha256(body).hexdigest()
    digest = hashlib.sha256()
    body.seek(0)
    while block := body.read(_FILE_BLOCK_BYTES):
        digest.update(block)
    body.seek(0)
    return digest.hexdigest()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _without_dot_segments(path: str) -> str:
    """RFC 3986, section 5.2.4; AWS drops empty segments as well."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    last = "/" if path.endswith("/") and kept else ""
    return f"/{'/'.join(kept)}{last}"
