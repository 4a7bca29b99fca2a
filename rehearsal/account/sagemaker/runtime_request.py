"""What a request to SageMaker's runtime asks for, checked against the service model."""

import re
from collections.abc import Mapping
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
# The service model's own bound. The FAQ on hosting speaks of 25 MB; which of the two a Region holds to is
# not known, and what fits into the smaller one fits everywhere.
MAX_BODY_BYTES = 6_291_456
_PATH = re.compile(rf"/endpoints/(?P<endpoint>[^/]+)/(?P<kind>{'|'.join(OPERATIONS)})")
# Members that say where SageMaker itself takes a request from, puts its reply, and how long it tries.
_FOR_SAGEMAKER_ALONE = {
    "InputLocation",
    "S3OutputPathExtension",
    "Filename",
    "RequestTTLSeconds",
    "InvocationTimeoutSeconds",
}
# Set by SageMaker, not by the container.
_SAGEMAKERS_OWN_OUTPUT = {"ContentType", "InvokedProductionVariant"}
_NOT_PLAYED = {
    "TargetModel": "endpoints of several models",
    "TargetContainerHostname": "endpoints of several containers",
    "EnableExplanations": "explanations by SageMaker Clarify",
}


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
        shape: Any = service_model("sagemaker-runtime").operation_model(self.operation).input_shape
        headers = {
            "Content-Type": self.members.get("ContentType"),
            "Accept": self.members.get("Accept"),
            **{
                shape.members[name].serialization["name"]: value
                for name, value in self.members.items()
                if name not in {"ContentType", "Accept", *_FOR_SAGEMAKER_ALONE}
            },
        }
        return {name: value for name, value in headers.items() if value}

    def answer_headers(self, of_container: Mapping[str, str]) -> dict[str, str]:
        """Return what the caller gets of the headers that the container has set."""
        shape: Any = service_model("sagemaker-runtime").operation_model(self.operation).output_shape
        names = [
            member.serialization["name"]
            for name, member in shape.members.items()
            if member.serialization.get("location") == "header"
            and name not in _SAGEMAKERS_OWN_OUTPUT
        ]
        return {name: of_container[name] for name in names if name in of_container}


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
        AwsError: a member is not what the service model allows, or asks for what is not played here.
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
    for name, what in _NOT_PLAYED.items():
        if name in members:
            raise AwsError(
                "ValidationError", f"The local account does not play {what}: leave {name} out."
            )
    if len(request.body) > MAX_BODY_BYTES:
        raise AwsError("ValidationError", f"Request body is larger than {MAX_BODY_BYTES} bytes.")
    return RuntimeRequest(operation, endpoint, members, request.body)
