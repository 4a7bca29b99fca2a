"""Check the signature of a request, as AWS checks every request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, read in November 2026. How links
to objects are signed, in either way, is botocore's (`botocore.auth`), which also does the calculating here.
"""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from botocore.auth import HmacV1Auth, S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from rehearsal.account.aws_request import AS_SIGNED, AwsRequest
from rehearsal.account.wire_errors import AwsError, is_in_xml

_PARTS = re.compile(r"SignedHeaders=(?P<headers>[^, ]+),\s*Signature=(?P<signature>[0-9a-f]{64})")
_SIGNATURE_ARGUMENT = re.compile(r"&?X-Amz-Signature=[0-9a-f]*")
_V2_ARGUMENT = re.compile(r"&?(Signature|AWSAccessKeyId|Expires)=[^&]*")
_HASH = re.compile(r"[0-9a-f]{64}")
_TIME = "%Y%m%dT%H%M%SZ"
_VALID_FOR = timedelta(minutes=5)
_S3_VALID_FOR = timedelta(minutes=15)
_CONTENT_HASH = "X-Amz-Content-SHA256"
_UNSIGNED = "UNSIGNED-PAYLOAD"


def check_signature(request: AwsRequest, credentials: Credentials) -> None:
    """Refuse a request that was not signed with these credentials, or not just now.

    Raises:
        AwsError: in AWS's words.
    """
    request = request.http.environ.get(AS_SIGNED, request)
    arguments = request.http.args
    if "AWSAccessKeyId" in arguments:
        _check_old_link(request, credentials)
    elif "X-Amz-Signature" in arguments:
        _check_link(request, credentials)
    else:
        _check_header(request, credentials)


def _check_header(request: AwsRequest, credentials: Credentials) -> None:
    headers = request.http.headers
    parts = _PARTS.search(headers.get("Authorization", ""))
    signed_at = _time(headers.get("X-Amz-Date", ""))
    if parts is None or signed_at is None:
        raise _refusal(
            "IncompleteSignatureException",
            "the request needs the headers Authorization and X-Amz-Date",
        )
    if abs(datetime.now(UTC) - signed_at) > (_S3_VALID_FOR if _is_s3(request) else _VALID_FOR):
        raise _too_old(request, signed_at)
    _check_token(headers.get("X-Amz-Security-Token"), credentials)
    _check_body(request)
    signer = (_S3Signer if _is_s3(request) else _Signer)(
        parts["headers"].split(";"), credentials, request
    )
    query = _raw_query(request)
    if not hmac.compare_digest(signer.signature_of(request, query), parts["signature"]):
        raise _mismatch(request)


def _check_link(request: AwsRequest, credentials: Credentials) -> None:
    arguments = request.http.args
    signed_at, seconds = _time(arguments.get("X-Amz-Date", "")), arguments.get("X-Amz-Expires", "")
    if signed_at is None or not seconds.isdigit():
        raise _refusal(
            "AuthorizationQueryParametersError",
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        )
    if datetime.now(UTC) > signed_at + timedelta(seconds=int(seconds)):
        raise _refusal("AccessDenied", "Request has expired")
    _check_token(arguments.get("X-Amz-Security-Token"), credentials)
    signer = (_S3Signer if _is_s3(request) else _Signer)(
        arguments.get("X-Amz-SignedHeaders", "").split(";"), credentials, request
    )
    query = _SIGNATURE_ARGUMENT.sub("", _raw_query(request))
    signature = signer.signature_of(request, query, arguments["X-Amz-Date"])
    if not hmac.compare_digest(signature, arguments["X-Amz-Signature"]):
        raise _mismatch(request)


def _check_old_link(request: AwsRequest, credentials: Credentials) -> None:
    """Links were signed another way once, and boto3 still does so in us-east-1."""
    arguments = request.http.args
    expires = arguments.get("Expires", "")
    if not expires.isdigit() or datetime.now(UTC).timestamp() > int(expires):
        raise _refusal("AccessDenied", "Request has expired")
    _check_token(arguments.get("x-amz-security-token"), credentials)
    signed = HTTPHeaders()
    for name, value in [*request.http.headers, *arguments.items()]:
        if name.lower().startswith("x-amz-") or name.lower() in ("content-md5", "content-type"):
            signed[name] = value
    query = _V2_ARGUMENT.sub("", _raw_query(request)).lstrip("&")
    split = urlsplit(f"http://{request.http.host}{_raw_path(request)}?{query}")
    signer = _OldLinkSigner(credentials, expires)
    signature = signer.get_signature(request.http.method, split, signed)
    if not hmac.compare_digest(signature, arguments.get("Signature", "")):
        raise _mismatch(request)


class _Signer(SigV4Auth):
    """Signs as the SDKs do, but just the headers that the client chose to sign."""

    def __init__(self, signed: list[str], credentials: Credentials, request: AwsRequest) -> None:
        super().__init__(credentials, request.service, request.region)
        self._signed = signed

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        chosen = HTTPHeaders()
        for name in self._signed:
            chosen[name] = request.headers.get(name, "")
        return chosen

    def signature_of(self, request: AwsRequest, query: str, link_date: str | None = None) -> str:
        # As it came over the wire: werkzeug's own path is decoded.
        url = f"http://{request.http.host}{_raw_path(request)}?{query}"
        given = request.http.headers
        told = {name: given[name] for name in (*self._signed, _CONTENT_HASH) if name in given}
        again = AWSRequest(request.http.method, url, headers=told, data=request.body)
        if link_date is not None:
            again.headers[_CONTENT_HASH] = _UNSIGNED if _is_s3(request) else self.payload(again)
        again.context["timestamp"] = link_date or request.http.headers["X-Amz-Date"]
        return str(self.signature(self.string_to_sign(again, self.canonical_request(again)), again))


class _S3Signer(_Signer, S3SigV4Auth):
    """S3 takes a path as it is."""


class _OldLinkSigner(HmacV1Auth):
    """Signs as links once were: the end of their time stands where the date would."""

    def __init__(self, credentials: Credentials, expires: str) -> None:
        super().__init__(credentials)
        self._expires = expires

    def _get_date(self) -> str:
        return self._expires


def _check_token(given: str | None, credentials: Credentials) -> None:
    if credentials.token != given:
        raise _refusal(
            "UnrecognizedClientException", "The security token included in the request is invalid."
        )


def _check_body(request: AwsRequest) -> None:
    """Hold the body against the hash that is signed in its stead, if one is: a stream may be signed without."""
    told = request.http.headers.get(_CONTENT_HASH, "")
    if _HASH.fullmatch(told) and told != hashlib.sha256(request.body).hexdigest():
        raise AwsError(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )


def _raw_path(request: AwsRequest) -> str:
    return str(request.http.environ["RAW_URI"]).partition("?")[0]


def _raw_query(request: AwsRequest) -> str:
    return str(request.http.environ["RAW_URI"]).partition("?")[2]


def _is_s3(request: AwsRequest) -> bool:
    return request.service == "s3"


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _too_old(request: AwsRequest, signed_at: datetime) -> AwsError:
    if _is_s3(request):
        return _refusal(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        )
    code = "SignatureDoesNotMatch" if is_in_xml(request.service) else "InvalidSignatureException"
    return _refusal(code, f"Signature not valid now: {signed_at:{_TIME}}")


def _mismatch(request: AwsRequest) -> AwsError:
    code = "SignatureDoesNotMatch" if is_in_xml(request.service) else "InvalidSignatureException"
    return _refusal(
        code,
        "The request signature we calculated does not match the signature you provided. Check your "
        "AWS Secret Access Key and signing method. Consult the service documentation for details.",
    )


def _refusal(code: str, message: str) -> AwsError:
    return AwsError(code, message, 403)
