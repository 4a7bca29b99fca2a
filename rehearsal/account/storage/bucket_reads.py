"""What a bucket tells when it is read back, as S3 does and moto does not.

Every bucket is encrypted with S3's own keys unless told otherwise, the owner pays, and tags may come with its
creation. Facts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html,
.../API/API_GetBucketRequestPayment.html and .../API/API_CreateBucket.html, read in November 2026.
"""

from typing import Any
from xml.etree import ElementTree as ET

from moto.s3.models import S3Backend
from moto.s3.responses import S3Response
from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AwsRequest

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_BY_DEFAULT = {
    "Rule": {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BucketKeyEnabled": "false",
    }
}
# By the argument that asks for it: what nobody can change here.
_FIXED = {
    "requestPayment": f'<RequestPaymentConfiguration xmlns="{_NAMESPACE}"><Payer>BucketOwner</Payer></RequestPaymentConfiguration>',
    "abac": f'<AbacStatus xmlns="{_NAMESPACE}"><Status>Disabled</Status></AbacStatus>',
}
_find_encryption = S3Backend.get_bucket_encryption
_put_bucket: Any = S3Response._bucket_response_put  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - there is no other way to the body


def answer_fixed_setting(request: AwsRequest) -> Response | None:
    """Answer a request to read a setting that moto takes for a list of the bucket's objects."""
    if request.http.method != "GET":
        return None
    told = next((_FIXED[name] for name in request.http.args if name in _FIXED), None)
    return None if told is None else Response(told, content_type="application/xml")


def tell_defaults_of_buckets() -> None:
    """Replace moto's own methods, for the whole process."""
    S3Backend.get_bucket_encryption = _encryption
    S3Response._bucket_response_put = _put_bucket_with_tags  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _encryption(self: S3Backend, bucket_name: str) -> dict[str, Any]:
    return _find_encryption(self, bucket_name) or _BY_DEFAULT


def _put_bucket_with_tags(
    self: S3Response, request: Any, bucket_name: str, querystring: dict[str, Any]
) -> Any:
    answer = _put_bucket(self, request, bucket_name, querystring)
    is_creation = not querystring.keys() - {"x-id"}
    if is_creation and (tags := _tags_in(self.body)):
        self.backend.put_bucket_tagging(bucket_name, tags)
    return answer


def _tags_in(body: Any) -> dict[str, str]:
    if not body:
        return {}
    tags = ET.fromstring(body).iterfind(f".//{{{_NAMESPACE}}}Tag")  # noqa: S314 - from our own client
    return {
        tag.findtext(f"{{{_NAMESPACE}}}Key", ""): tag.findtext(f"{{{_NAMESPACE}}}Value", "")
        for tag in tags
    }
