"""How each function, version or alias takes asynchronous events: Lambda's event invoke configurations.

moto keeps one for a function and all its aliases together.
"""

import json
import re
import time
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.functions.function_lookup import Target, find_target, function_arn
from rehearsal.account.functions.senders import SENDING, operation_of
from rehearsal.account.iam.authorization import Call
from rehearsal.account.iam.principals import require
from rehearsal.account.json_answer import json_answer
from rehearsal.account.service_model import describe_violations, violations
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
_PATH = re.compile(
    r"/2019-09-25/functions/(?P<function>[^/]+)/event-invoke-config(?P<all>/list)?/?"
)
_OPERATIONS = {"PUT": "PutFunctionEventInvokeConfig", "POST": "UpdateFunctionEventInvokeConfig"}


@dataclass(frozen=True)
class EventInvokeConfig:
    """What happens to an event that a function does not take at once."""

    retries: int = 2  # Lambda's own defaults, here and below
    max_age_seconds: int = 6 * 3600
    on_failure_arn: str | None = None
    on_success_arn: str | None = None


class EventInvokeConfigs:
    """The configurations of every Region."""

    def __init__(self) -> None:
        self._members: dict[str, Members] = {}  # by ARN with its qualifier

    def of(self, target: Target) -> EventInvokeConfig:
        """Return what holds for events to `target`."""
        members = self._members.get(target.qualified_arn, {})
        destinations = members.get("DestinationConfig", {})
        given = EventInvokeConfig()
        return EventInvokeConfig(
            retries=members.get("MaximumRetryAttempts", given.retries),
            max_age_seconds=members.get("MaximumEventAgeInSeconds", given.max_age_seconds),
            on_failure_arn=destinations.get("OnFailure", {}).get("Destination"),
            on_success_arn=destinations.get("OnSuccess", {}).get("Destination"),
        )

    def forget(self, target: Target) -> None:
        """Drop the configuration of what is gone: of all of a function, unless one version is meant."""
        name = function_arn(target.name, target.region)
        gone = target.arn if target.qualifier else f"{name}:"
        self._members = {
            arn: each for arn, each in self._members.items() if not f"{arn}".startswith(gone)
        }

    def handle(self, request: AwsRequest) -> Response | None:
        """Answer one operation; None for one that is not of these.

        Raises:
            AwsError: in Lambda's words.
        """
        match = _PATH.fullmatch(request.http.path)
        if match is None:
            return None
        target = find_target(match["function"], request.http.args.get("Qualifier"), request.region)
        arn, method = target.qualified_arn, request.http.method
        if match["all"]:
            return self._list(arn)
        if method in _OPERATIONS:
            return self._put(arn, target, _OPERATIONS[method], json.loads(request.body))
        if arn not in self._members:
            raise AwsError(
                "ResourceNotFoundException",
                f"The function {arn} doesn't have an EventInvokeConfig",
                404,
            )
        if method == "DELETE":
            del self._members[arn]
            return Response(status=204)
        return json_answer(self._members[arn])

    def _list(self, arn: str) -> Response:
        function = arn.rpartition(":")[0]
        found = [each for key, each in self._members.items() if key.rpartition(":")[0] == function]
        return json_answer({"FunctionEventInvokeConfigs": found})

    def _put(self, arn: str, target: Target, operation: str, members: Members) -> Response:
        if found := violations("lambda", operation, {"FunctionName": target.name, **members}):
            raise AwsError("ValidationException", describe_violations(found))
        for destination in members.get("DestinationConfig", {}).values():
            _refuse_what_may_not_be_sent(target, destination.get("Destination"))
        known = self._members.get(arn, {}) if operation.startswith("Update") else {}
        self._members[arn] = {
            **known,
            **members,
            "FunctionArn": arn,
            "LastModified": time.time(),
        }
        return json_answer(self._members[arn])


def _refuse_what_may_not_be_sent(target: Target, destination: str | None) -> None:
    if not destination:
        return
    service = destination.split(":")[2]
    if service not in SENDING:
        raise AwsError(
            "ServiceException",
            f"the local account does not play the destination {destination}",
            500,
        )
    try:
        require(target.function.role, Call(SENDING[service], destination))
    except AwsError as refused:
        raise AwsError(
            "InvalidParameterValueException",
            f"The function's execution role does not have permissions to call "
            f"{operation_of(service)} on {destination} ({refused.message})",
        ) from refused
