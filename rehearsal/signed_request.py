"""Ask a function's URL or an HTTP API as a client of AWS would: signed, over plain HTTP."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

LIMIT_SECONDS = 910  # Lambda runs for 900 at most
_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True)
class HttpReply:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    parts: int = 1
    """In how many pieces the body arrived."""


@dataclass(frozen=True)
class Signer:
    """Whose credentials sign, and for which service and Region."""

    credentials: Credentials
    service: str
    region: str


def signed_request(
    signer: Signer,
    method: str,
    url: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> HttpReply:
    """Send one signed request and read the whole reply."""
    request = AWSRequest(method, url, headers=dict(headers or {}), data=body)
    SigV4Auth(signer.credentials, signer.service, signer.region).add_auth(request)
    return plain_request(method, url, body, dict(request.headers.items()))


def plain_request(
    method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> HttpReply:
    """Send one request as it is and read the whole reply."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=LIMIT_SECONDS)
    try:
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        connection.request(method, target, body or None, dict(headers or {}))
        reply = connection.getresponse()
        pieces = list(iter(lambda: reply.read1(_PIECE_BYTES), b""))
        return HttpReply(reply.status, reply.headers, b"".join(pieces), len(pieces))
    finally:
        connection.close()
