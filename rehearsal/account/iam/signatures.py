"""Check the signature of a request to a URL of the account's own, as AWS checks every request.

Only requests to functions' URLs and HTTP APIs are checked, which people sign with tools of their own. What AWS's
SDKs sign is taken for what it says.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, read in November 2026.
"""

import hmac
import re
from datetime import UTC, datetime, timedelta

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.wire_errors import AwsError

_PARTS = re.compile(r"SignedHeaders=(?P<headers>[^, ]+),\s*Signature=(?P<signature>[0-9a-f]{64})")
_TIME = "%Y%m%dT%H%M%SZ"
_VALID_FOR = timedelta(minutes=5)


def check_signature(request: AwsRequest, credentials: Credentials) -> None:
    """Refuse a request that was not signed with these credentials, or not just now.

    Raises:
        AwsError: in AWS's words.
    """
    headers = request.http.headers
    parts = _PARTS.search(headers.get("Authorization", ""))
    signed_at = _time(headers.get("X-Amz-Date", ""))
    if parts is None or signed_at is None:
        raise _refusal(
            "IncompleteSignatureException",
            "the request needs the headers Authorization and X-Amz-Date",
        )
    if abs(datetime.now(UTC) - signed_at) > _VALID_FOR:
        raise _refusal("InvalidSignatureException", f"Signature not valid now: {signed_at:{_TIME}}")
    if credentials.token != headers.get("X-Amz-Security-Token"):
        raise _refusal(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        )
    signer = _SignerOf(parts["headers"].split(";"), credentials, request)
    if not hmac.compare_digest(signer.signature_of(request), parts["signature"]):
        raise _refusal(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your "
            "AWS Secret Access Key and signing method. Consult the service documentation for details.",
        )


class _SignerOf(SigV4Auth):
    """Signs as the SDKs do, but just the headers that the client chose to sign."""

    def __init__(self, signed: list[str], credentials: Credentials, request: AwsRequest) -> None:
        super().__init__(credentials, request.service, request.region)
        self._signed = signed

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        chosen = HTTPHeaders()
        for name in self._signed:
            chosen[name] = request.headers.get(name, "")
        return chosen

    def signature_of(self, request: AwsRequest) -> str:
        # As it came over the wire: werkzeug's own path is decoded.
        url = f"http://{request.http.host}{request.http.environ['RAW_URI']}"
        again = AWSRequest(
            request.http.method, url, headers=dict(request.http.headers), data=request.body
        )
        again.context["timestamp"] = request.http.headers["X-Amz-Date"]
        return str(self.signature(self.string_to_sign(again, self.canonical_request(again)), again))


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _refusal(code: str, message: str) -> AwsError:
    return AwsError(code, message, 403)
