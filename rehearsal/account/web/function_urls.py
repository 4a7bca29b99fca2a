"""Function URLs: Lambda's operations, and the URL of each, on a loopback port of its own."""

import json
import re
import threading
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.functions.function_lookup import Target, find_target, function_arn
from rehearsal.account.functions.functions import Functions
from rehearsal.account.json_answer import json_answer
from rehearsal.account.service_model import describe_violations, violations
from rehearsal.account.web.front_door import FrontDoor
from rehearsal.account.web.function_url_call import FunctionUrl, answer_request
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
_PATH = re.compile(r"/2021-10-31/functions/(?P<function>[^/]+)/(url|urls)/?")
_OPERATIONS = {"POST": "CreateFunctionUrlConfig", "PUT": "UpdateFunctionUrlConfig"}


class FunctionUrls:
    """The URLs of every Region."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self._lock = threading.Lock()
        self._urls: dict[str, FunctionUrl] = {}  # by function ARN

    def handle(self, request: AwsRequest) -> Response | None:
        """Answer one operation; None for one that is not of these.

        Raises:
            AwsError: in Lambda's words.
        """
        match = _PATH.fullmatch(request.http.path)
        if match is None:
            return None
        target = find_target(match["function"], request.http.args.get("Qualifier"), request.region)
        if match[2] == "urls":
            found = [_described(url) for arn, url in self._urls.items() if _is_of(arn, target)]
            return json_answer({"FunctionUrlConfigs": found})
        method = request.http.method
        if method in _OPERATIONS:
            members = json.loads(request.body)
            everything = {"FunctionName": target.name, **members}
            if found := violations("lambda", _OPERATIONS[method], everything):
                raise AwsError("ValidationException", describe_violations(found))
            return (
                self._create(target, members) if method == "POST" else self._update(target, members)
            )
        url = self._found(target)
        if method == "DELETE":
            with self._lock:
                del self._urls[target.arn]
            url.door.close()
            return Response(status=204)
        return json_answer(_described(url))

    def forget(self, target: Target) -> None:
        """Close the URLs of what is gone: of all of a function, unless one alias is meant."""
        with self._lock:
            gone = [arn for arn in self._urls if arn == target.arn or arn.startswith(f"{target.arn}:")]  # fmt: skip
            urls = [self._urls.pop(arn) for arn in gone]
        for url in urls:
            url.door.close()

    def stop(self) -> None:
        """Answer nothing more."""
        for url in self._urls.values():
            url.door.close()

    def _create(self, target: Target, members: Members) -> Response:
        with self._lock:
            if target.arn in self._urls:
                raise AwsError(
                    "ResourceConflictException",
                    f"Failed to create function url config for [functionArn = {target.arn}]. Error "
                    f"message:  FunctionUrlConfig exists for this Lambda function",
                    409,
                )
            self._urls[target.arn] = FunctionUrl(
                function_arn=target.arn,
                region=target.region,
                members=members,
                door=FrontDoor(lambda request: self._answer(target.arn, request)),
                created=_now(),
            )
        return json_answer(_described(self._urls[target.arn]), 201)

    def _update(self, target: Target, members: Members) -> Response:
        self._found(target).members.update(members)
        return json_answer(_described(self._found(target)))

    def _found(self, target: Target) -> FunctionUrl:
        if target.arn not in self._urls:
            raise AwsError(
                "ResourceNotFoundException", "The resource you requested does not exist.", 404
            )
        return self._urls[target.arn]

    def _answer(self, arn: str, request: AwsRequest) -> Response:
        return answer_request(self._urls[arn], request, self._functions)


def _is_of(arn: str, target: Target) -> bool:
    own = function_arn(target.name, target.region)
    return arn == own or arn.startswith(f"{own}:")


def _described(url: FunctionUrl) -> Members:
    return {
        "FunctionUrl": f"{url.door.url}/",
        "FunctionArn": url.function_arn,
        "AuthType": url.members["AuthType"],
        "InvokeMode": url.members.get("InvokeMode", "BUFFERED"),
        "CreationTime": url.created,
        "LastModifiedTime": url.created,
        **({"Cors": url.members["Cors"]} if "Cors" in url.members else {}),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat()
