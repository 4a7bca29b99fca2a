"""Read an HTTP request as AWS does: who signed it, for which service, and which operation it names."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request

_CREDENTIAL = re.compile(
    r"(?P<key>[^/\s]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request"
)
DEFAULT_REGION = "us-east-1"
AS_SIGNED = "rehearsal.as_signed"
"""Where an environment keeps the request that its client signed, if it was translated since."""


@dataclass(frozen=True)
class AwsRequest:
    """One request to the account."""

    http: Request
    service: str
    """Signing name: `s3`, `sagemaker`, `lambda`, `iam`, `sts`, `logs` ..., or empty."""
    region: str
    access_key_id: str | None
    """None for a request that nobody signed."""
    body: bytes

    @classmethod
    def read(cls, environ: dict[str, Any]) -> "AwsRequest":
        """Parse a WSGI environment; the body is read whole."""
        http = Request(environ)
        signed = _CREDENTIAL.search(http.headers.get("Authorization", "")) or _CREDENTIAL.search(
            unquote(http.args.get("X-Amz-Credential", ""))
        )
        body = http.get_data(cache=True)
        if signed is None:
            # Links to objects may still be signed the old way, and boto3 does so in us-east-1.
            key = http.args.get("AWSAccessKeyId")
            return cls(http, "s3" if key else "", DEFAULT_REGION, key, body)
        return cls(
            http=http,
            service=signed["service"].lower(),
            region=signed["region"],
            access_key_id=signed["key"].removeprefix("Credential="),
            body=body,
        )

    @property
    def target(self) -> str:
        """Operation named by the `X-Amz-Target` header (JSON protocols), without its prefix."""
        return self.http.headers.get("X-Amz-Target", "").rpartition(".")[2]
