"""One call to an AWS service: signed, sent once, and its error read."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from handlers.aws.connections import Connections, HttpRequest, Reply
from handlers.aws.credentials import CredentialSource
from handlers.aws.endpoints import Address
from handlers.aws.errors import AwsError, ReplyBrokenError, ReplyTooLargeError
from handlers.aws.signing import Request, Signer
from handlers.json_values import is_object
from handlers.time_limit import TimeLimit

_LARGEST_ERROR_BYTES = 1024**2

ErrorReader = Callable[[int, Mapping[str, str], bytes], AwsError]
"""Makes the error of a status, headers and a body."""

EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException"})
"""AWS's codes for credentials whose time is over."""


@dataclass(frozen=True)
class Service:
    """A service in one Region, as every client of this package calls it."""

    signer: Signer
    credentials: CredentialSource
    connections: Connections
    error_reader: ErrorReader

    def call(self, address: Address, request: Request, limit: TimeLimit) -> Reply:
        """Send a request and return the reply, whose body is still to be read.

        It is sent once, and once more with credentials read anew if AWS takes these for expired.
        Raises AwsError when the service answers with an error, and every other CallFailedError.
        """
        if address.base_path:
            path = "" if request.path == "/" else request.path
            request = request._replace(path=f"{address.base_path}{path}")
        credentials = self.credentials.current(limit)
        may_read_again = True
        while True:
            headers = {"user-agent": "genai-endpoint", **_trace_header(os.environ)}
            headers |= self.signer.signed_headers(request, address.host_header, credentials)
            reply = self.connections.request(
                address, HttpRequest(request.method, request.target, headers, request.body), limit
            )
            if reply.status < HTTPStatus.MULTIPLE_CHOICES:
                return reply
            error = _read_error(reply, self.error_reader)
            is_expired = error.code in EXPIRED and may_read_again
            if not is_expired or not self.credentials.replace(credentials, limit):
                raise error
            credentials, may_read_again = self.credentials.current(limit), False


def _trace_header(variables: Mapping[str, str]) -> dict[str, str]:
    """What Lambda detects endless loops of functions and queues by, as botocore sends it.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    """
    trace_id = variables.get("_X_AMZN_TRACE_ID")
    if not trace_id or "AWS_LAMBDA_FUNCTION_NAME" not in variables:
        return {}
    return {"x-amzn-trace-id": quote(trace_id, safe="-=;:+&[]{}\"',")}


def _read_error(reply: Reply, reader: ErrorReader) -> AwsError:
    """The error that a reply with an error status holds; what cannot be read of it is left out."""
    try:
        body = reply.read(_LARGEST_ERROR_BYTES)
    except (ReplyBrokenError, ReplyTooLargeError):
        body = b""
    return reader(reply.status, reply.headers, body)


def json_error(status: int, headers: Mapping[str, str], body: bytes) -> AwsError:
    """As SageMaker and SQS say it: the name in a header or in the body, which is JSON."""
    text = body.decode(errors="replace")
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        value = None
    members = value if is_object(value) else {"message": text}
    name = headers.get("x-amzn-errortype") or members.get("code") or members.get("Code")
    name = name or members.get("__type")
    # "com.amazon#Name" and "Name:http://..." are seen as well.
    code = str(name).split(":", 1)[0].rsplit("#", 1)[-1] if name else str(status)
    message = members.get("message", members.get("Message", ""))
    return AwsError(code, str(message), status, members)


def xml_error(status: int, _headers: Mapping[str, str], body: bytes) -> AwsError:
    """As S3 says it: XML, or nothing at all in answer to HEAD."""
    # Loaded here: most runs of the function see no such error.
    from xml.etree import ElementTree as ET  # noqa: PLC0415 - its usual name; as above

    try:
        # S3 is trusted, and expat refuses what grows by references.
        root = ET.fromstring(body) if body else None  # noqa: S314 - as above
    except ET.ParseError:
        root = None
    if root is None or root.tag != "Error":
        return AwsError(str(status), _phrase(status), status)
    members = {element.tag: element.text or "" for element in root}
    code = members.get("Code") or str(status)
    return AwsError(code, members.get("Message", ""), status, members)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
