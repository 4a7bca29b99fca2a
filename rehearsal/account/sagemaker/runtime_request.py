"""What a request to SageMaker's runtime asks for, checked against the service model."""

import re
from dataclasses import dataclass
from typing import Any

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.service_model import describe_violations, service_model, violations
from rehearsal.account.wire_errors import AwsError

OPERATIONS = {
    "invocations": "InvokeEndpoint",
    "invocations-response-stream": "InvokeEndpointWithResponseStream",
    "async-invocations": "InvokeEndpointAsync",
}
_PATH = re.compile(rf"/endpoints/(?P<endpoint>[^/]+)/(?P<kind>{'|'.join(OPERATIONS)})")


@dataclass(frozen=True)
class RuntimeRequest:
    """One invocation."""

    operation: str
    endpoint: str
    members: dict[str, Any]
    """The members that travel in headers."""
    body: bytes

    @property
    def container_headers(self) -> dict[str, str]:
        """The headers that the container gets; SageMaker strips all others."""
        found = {
            "Content-Type": self.members.get("ContentType"),
            "Accept": self.members.get("Accept"),
            "X-Amzn-SageMaker-Custom-Attributes": self.members.get("CustomAttributes"),
        }
        return {name: value for name, value in found.items() if value}


def is_invocation(request: AwsRequest) -> bool:
    """Tell a runtime request from one for the control plane; both are signed for `sagemaker`."""
    return operation_and_endpoint(request) is not None


def operation_and_endpoint(request: AwsRequest) -> tuple[str, str] | None:
    """Return what is asked for of which endpoint; None for no request to the runtime."""
    match = _PATH.fullmatch(request.http.path)
    return (OPERATIONS[match["kind"]], match["endpoint"]) if match else None


def read_runtime_request(request: AwsRequest) -> RuntimeRequest:
    """Read an invocation.

    Raises:
        AwsError: a member is not what the service model allows.
    """
    asked = operation_and_endpoint(request)
    assert asked is not None  # noqa: S101 - the caller asked is_invocation first
    operation, endpoint = asked
    shape: Any = service_model("sagemaker-runtime").operation_model(operation).input_shape
    members: dict[str, Any] = {}
    for name, member in shape.members.items():
        given = request.http.headers.get(member.serialization.get("name", ""))
        if member.serialization.get("location") == "header" and given:
            is_number = member.type_name == "integer" and given.isdigit()
            members[name] = int(given) if is_number else given
    found = violations(
        "sagemaker-runtime", operation, {"EndpointName": endpoint, "Body": b"", **members}
    )
    if found:
        raise AwsError("ValidationError", describe_violations(found))
    return RuntimeRequest(operation, endpoint, members, request.body)
