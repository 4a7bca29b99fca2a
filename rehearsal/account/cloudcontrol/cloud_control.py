"""Cloud Control's operations: each change is a request with a token, whose progress is asked for."""

import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from werkzeug.wrappers import Response

from rehearsal.account import ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.clients import client
from rehearsal.account.cloudcontrol.json_patch import PatchError, apply_patch
from rehearsal.account.cloudcontrol.kinds import KINDS, Properties
from rehearsal.account.cloudcontrol.resources import (
    NoSuchResourceError,
    NotStabilizedError,
    Resources,
    is_missing,
)
from rehearsal.account.iam.principals import RoleCredentials
from rehearsal.account.service_model import describe_violations, violations
from rehearsal.account.wire_errors import AwsError

_ADMINISTRATOR = RoleCredentials(ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY, "")
Members = dict[str, Any]


@dataclass
class _Request:
    """A change that was asked for."""

    operation: str
    resources: Resources
    identifier: str = ""
    wanted: Properties = field(default_factory=dict[str, Any])
    failure: tuple[str, str] | None = None
    """Error code and message of one that failed at once."""
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    begun: float = field(default_factory=time.time)


class CloudControl:
    """The service in one Region."""

    def __init__(self, url: str, region: str) -> None:
        """`url` is where it finds SageMaker, which it asks with its caller's rights: the administrator's."""
        self._url = url
        self._region = region
        self._sagemaker: Any = None
        self._lock = threading.Lock()
        self._requests: dict[str, _Request] = {}  # by token
        self._wanted: dict[str, Properties] = {}  # by identifier
        self._resources = {name: Resources(kind, self._connect) for name, kind in KINDS.items()}
        self._operations: dict[str, Callable[[Members], Members]] = {
            "CreateResource": self._create,
            "DeleteResource": self._delete,
            "GetResource": self._get,
            "GetResourceRequestStatus": self._status,
            "UpdateResource": self._update,
        }

    def handle(self, request: AwsRequest) -> Response:
        """Answer one operation.

        Raises:
            AwsError: it is invalid, or about what is not there or not played.
        """
        operation = self._operations.get(request.target)
        if operation is None:
            raise AwsError(
                "UnsupportedActionException",
                f"the local account does not play cloudcontrol:{request.target}",
                405,
            )
        members = json.loads(request.body or b"{}")
        if found := violations("cloudcontrol", request.target, members):
            raise AwsError("ValidationException", describe_violations(found))
        return Response(json.dumps(operation(members)), content_type="application/x-amz-json-1.0")

    def _create(self, members: Members) -> Members:
        begun = _Request(
            "CREATE", self._of_kind(members), wanted=_properties(members["DesiredState"])
        )

        def create() -> None:
            begun.identifier = begun.resources.create(begun.wanted)

        return self._begin(begun, create)

    def _update(self, members: Members) -> Members:
        identifier = members["Identifier"]
        resources = self._existing(members)
        before = self._wanted.get(identifier) or resources.read(identifier)
        try:
            after = apply_patch(before, _json(members["PatchDocument"]))
        except PatchError as failure:
            raise AwsError("ValidationException", str(failure)) from failure
        begun = _Request("UPDATE", resources, identifier, after)
        return self._begin(begun, lambda: resources.update(identifier, before, after))

    def _delete(self, members: Members) -> Members:
        resources, identifier = self._existing(members), members["Identifier"]
        return self._begin(
            _Request("DELETE", resources, identifier), lambda: resources.delete(identifier)
        )

    def _get(self, members: Members) -> Members:
        identifier = members["Identifier"]
        properties = json.dumps(self._existing(members).read(identifier))
        return {
            "TypeName": members["TypeName"],
            "ResourceDescription": {"Identifier": identifier, "Properties": properties},
        }

    def _status(self, members: Members) -> Members:
        found = self._requests.get(members["RequestToken"])
        if found is None:
            raise AwsError("RequestTokenNotFoundException", "no request has this token", 404)
        return {"ProgressEvent": _event(found, *_progress(found))}

    def _begin(self, begun: _Request, change: Callable[[], None]) -> Members:
        """A change that SageMaker refuses is told to whoever asks how it went."""
        try:
            change()
        except ClientError as refused:
            begun.failure = (_handler_code(refused), refused.response["Error"]["Message"])
        except BotoCoreError as refused:
            begun.failure = ("InvalidRequest", str(refused))
        with self._lock:
            self._requests[begun.token] = begun
            if begun.failure is None and begun.operation != "DELETE":
                self._wanted[begun.identifier] = begun.wanted
        return {"ProgressEvent": _event(begun, "IN_PROGRESS")}

    def _of_kind(self, members: Members) -> Resources:
        kind = members["TypeName"]
        if kind not in self._resources:
            known = ", ".join(self._resources)
            raise AwsError(
                "TypeNotFoundException", f"the local account does not play {kind}; it plays {known}"
            )
        return self._resources[kind]

    def _existing(self, members: Members) -> Resources:
        resources = self._of_kind(members)
        try:
            _ = resources.read(members["Identifier"])
        except NoSuchResourceError as missing:
            told = f"Resource of type '{members['TypeName']}' with identifier '{members['Identifier']}' was not found."
            raise AwsError("ResourceNotFoundException", told) from missing
        return resources

    def _connect(self) -> Any:
        with self._lock:
            if self._sagemaker is None:
                self._sagemaker = client("sagemaker", self._url, self._region, _ADMINISTRATOR)
            return self._sagemaker


def _progress(request: _Request) -> tuple[str, str | None, str | None]:
    """Status, error code and message of a request as it stands."""
    if request.failure is not None:
        return "FAILED", *request.failure
    try:
        if request.resources.has_settled(request.identifier, request.wanted):
            is_done = request.operation != "DELETE"
            return "SUCCESS" if is_done else "IN_PROGRESS", None, None
    except NoSuchResourceError as gone:
        if request.operation == "DELETE":
            return "SUCCESS", None, None
        return "FAILED", "NotFound", str(gone)
    except NotStabilizedError as failed:
        if request.operation != "DELETE":
            return "FAILED", "NotStabilized", str(failed)
    return "IN_PROGRESS", None, None


def _event(
    request: _Request, status: str, code: str | None = None, message: str | None = None
) -> Members:
    event = {
        "TypeName": request.resources.kind.type_name,
        "Identifier": request.identifier,
        "RequestToken": request.token,
        "Operation": request.operation,
        "OperationStatus": status,
        "EventTime": request.begun,
        "ErrorCode": code,
        "StatusMessage": message,
    }
    return {key: value for key, value in event.items() if value}


def _handler_code(refused: ClientError) -> str:
    if is_missing(refused):
        return "NotFound"
    return "AlreadyExists" if "already existing" in str(refused) else "InvalidRequest"


def _properties(text: str) -> Properties:
    properties = _json(text)
    if not isinstance(properties, dict):
        raise AwsError("ValidationException", "the desired state is no JSON object")
    return properties


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as failure:
        raise AwsError("ValidationException", f"not JSON: {failure}") from failure
