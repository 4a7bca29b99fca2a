"""Smithy's RPC v2 with CBOR, which the newer SDKs speak to CloudWatch: told apart here and answered as JSON is.

The protocol: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html, read in November 2026. botocore
knows both protocols from the client's side; here its parser of answers reads the request, by the shape of the
request, and its writer of requests writes the answer.
"""

import io
import re
from collections.abc import Callable, Iterable
from typing import Any

from botocore.model import DenormalizedStructureBuilder, OperationModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.utils import CachedProperty
from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AS_SIGNED, AwsRequest
from rehearsal.account.service_model import service_model

WsgiApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]
_PROTOCOL = "rpc-v2-cbor"
_CBOR, _JSON = f"smithy-{_PROTOCOL}", "json"
_PATH = re.compile(r"/service/(?P<service>\w+)/operation/(?P<operation>\w+)")
_SERVICES = {"GraniteServiceVersion20100801": "cloudwatch"}  # by the prefix of their targets
_QUERY_ERROR = "x-amzn-query-error"
_FIRST_ERROR = 300
_ERROR_SHAPE = (
    DenormalizedStructureBuilder()
    .with_members({"__type": {"type": "string"}, "message": {"type": "string"}})
    .build_model()
)


def is_cbor(environ: dict[str, Any]) -> bool:
    """Whether a request is of this protocol."""
    return environ.get("HTTP_SMITHY_PROTOCOL") == _PROTOCOL


def answer_cbor(
    environ: dict[str, Any], start_response: Any, answer_json: WsgiApplication
) -> Iterable[bytes]:
    """Have a request of this protocol answered by what answers the same one in JSON."""
    asked = _PATH.fullmatch(environ["PATH_INFO"])
    if asked is None or asked["service"] not in _SERVICES:
        refused = {"__type": "UnknownOperationException", "message": "no such operation"}
        return _as_cbor(refused, _ERROR_SHAPE, 404)(environ, start_response)
    model = service_model(_SERVICES[asked["service"]])
    operation = model.operation_model(asked["operation"])
    answer = Response.from_app(answer_json, _in_json(environ, operation))
    return _translated(answer, operation)(environ, start_response)


def _in_json(environ: dict[str, Any], operation: OperationModel) -> dict[str, Any]:
    signed = AwsRequest.read(environ)
    members = _parsed(
        _CBOR, 200, {"smithy-protocol": _PROTOCOL}, signed.body, operation.input_shape
    )
    writer: Any = create_serializer(_JSON)
    request = writer.serialize_to_request(members, operation)
    body: bytes = request["body"]
    return {
        **environ,
        AS_SIGNED: signed,
        "PATH_INFO": "/",
        "REQUEST_URI": "/",
        "RAW_URI": "/",
        "CONTENT_TYPE": request["headers"]["Content-Type"],
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_X_AMZ_TARGET": request["headers"]["X-Amz-Target"],
        "wsgi.input": io.BytesIO(body),
    }


def _translated(answer: Response, operation: OperationModel) -> Response:
    status, headers = answer.status_code, dict(answer.headers)
    parsed = _parsed(_JSON, status, headers, answer.get_data(), operation.output_shape)
    if status < _FIRST_ERROR:
        return _as_cbor(parsed, operation.output_shape, status)
    error = parsed["Error"]
    told = {"__type": error.get("Code", ""), "message": error.get("Message", "")}
    response = _as_cbor(told, _ERROR_SHAPE, status)
    if query_error := answer.headers.get(_QUERY_ERROR):
        response.headers[_QUERY_ERROR] = query_error
    return response


def _parsed(
    protocol: str, status: int, headers: dict[str, str], body: bytes, shape: Any
) -> dict[str, Any]:
    parser: Any = create_parser(protocol)
    parsed = parser.parse({"status_code": status, "headers": headers, "body": body}, shape)
    parsed.pop("ResponseMetadata", None)
    return parsed


class _Telling(OperationModel):
    """An operation whose answer is written as if it were a request."""

    def __init__(self, shape: Any) -> None:
        super().__init__({"http": {"method": "POST", "requestUri": "/"}}, service_model("cloudwatch"), "Tell")  # fmt: skip
        self._shape = shape

    @CachedProperty
    def input_shape(self) -> Any:
        """What is told."""
        return self._shape


def _as_cbor(told: dict[str, Any], shape: Any, status: int) -> Response:
    writer: Any = create_serializer(_CBOR)
    body = writer.serialize_to_request(told, _Telling(shape))["body"] if shape else b""
    response = Response(body, status, content_type="application/cbor")
    response.headers["smithy-protocol"] = _PROTOCOL
    return response
