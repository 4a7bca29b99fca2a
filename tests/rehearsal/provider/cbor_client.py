"""A client of CloudWatch that speaks RPC v2 in CBOR, as the SDK for Go does; boto3 has JSON."""

import urllib.error
import urllib.request
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from rehearsal.account import ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY
from tests.rehearsal.tenant import REGION, Tenant

PROTOCOL = "smithy-rpc-v2-cbor"
MODEL = ServiceModel(Loader().load_service_model("cloudwatch", "service-2"), "cloudwatch")


class CborClient:
    """Calls operations by name."""

    def __init__(self, tenant: Tenant) -> None:
        self._url = tenant.url

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """Ask, and return what the SDK would read: `Error` holds what was refused."""
        model = MODEL.operation_model(operation)
        writer: Any = create_serializer(PROTOCOL)
        request = writer.serialize_to_request(members, model)
        return self._parsed(self.send(request["url_path"], request["body"]), model)

    def send(self, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Send a signed request."""
        headers = {
            "smithy-protocol": "rpc-v2-cbor",
            "x-amzn-query-mode": "true",
            "Content-Type": "application/cbor",
        }
        signed = AWSRequest("POST", self._url + path, data=body, headers=headers)
        keys = Credentials(ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY)
        SigV4Auth(keys, "monitoring", REGION).add_auth(signed)
        request = urllib.request.Request(
            self._url + path, data=body, headers=dict(signed.headers.items()), method="POST"
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, dict(refused.headers), refused.read()

    @staticmethod
    def _parsed(answer: tuple[int, dict[str, str], bytes], model: OperationModel) -> dict[str, Any]:
        status, headers, body = answer
        assert headers["smithy-protocol"] == "rpc-v2-cbor"
        parser: Any = create_parser(PROTOCOL)
        known = {name.lower(): value for name, value in headers.items()}
        parsed = parser.parse(
            {"status_code": status, "headers": known, "body": body}, model.output_shape
        )
        parsed.pop("ResponseMetadata", None)
        return parsed
