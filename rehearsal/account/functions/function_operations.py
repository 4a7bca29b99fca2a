"""Lambda's operations on functions, versions and aliases: moto keeps them, and this says the rest.

What is refused here, AWS refuses and moto would take; what is added to answers is what moto forgets. A
function is `Pending`, and an update `InProgress`, in the answer that says so and not any longer.
"""

import io
import json
import re
from collections.abc import Callable
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.functions.concurrency import refuse_to_reserve
from rehearsal.account.functions.function_lookup import Target, find_target, plain_name
from rehearsal.account.functions.function_rules import refuse_bad_function
from rehearsal.account.functions.function_settings import (
    logging_of,
    remember,
    revision_of,
    settings_of,
)
from rehearsal.account.service_model import describe_violations, violations
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
_FUNCTIONS = re.compile(r"/20\d\d-\d\d-\d\d/functions(/(?P<function>[^/]+)(?P<of_it>/.*)?)?/?")
_FIRST_ERROR, _CONFLICT = 400, 409
_LATEST = "$LATEST"
Forget = Callable[[Target], None]
"""Told of a function, a version or an alias that is about to be gone."""


class FunctionOperations:
    """What moto answers, as Lambda would."""

    def __init__(self, forget: Forget) -> None:
        self._forget = forget
        self._moto = create_backend_app("lambda")
        # By method and what follows a function's name; nothing does where there is no name.
        self._answers: dict[tuple[str, str | None], Callable[[AwsRequest, str], Response]] = {
            ("POST", None): self._create,
            ("GET", None): self._list,
            ("GET", ""): self._describe,
            ("DELETE", ""): self._delete,
            ("GET", "/configuration"): self._describe,
            ("PUT", "/configuration"): self._update,
            ("PUT", "/code"): self._update,
            ("GET", "/versions"): self._list,
            ("POST", "/versions"): self._describe,
            ("POST", "/aliases"): self._create_alias,
            ("PUT", "/concurrency"): self._reserve,
        }

    def handle(self, request: AwsRequest) -> Response:
        """Answer one operation.

        Raises:
            AwsError: in Lambda's words.
        """
        match = _FUNCTIONS.fullmatch(request.http.path)
        if match is None:
            return self._asked_of_moto(request)
        name, of_it = match["function"], (match["of_it"] or "").rstrip("/")
        answer = self._answers.get((request.http.method, of_it if name else None))
        return answer(request, name or "") if answer else self._asked_of_moto(request)

    def _create(self, request: AwsRequest, _name: str) -> Response:
        members = json.loads(request.body)
        refuse_bad_function("CreateFunction", members, members.get("Role"))
        created = self._asked_of_moto(request)
        if created.status_code >= _FIRST_ERROR:
            return created
        return self._changed(
            created,
            request,
            members,
            {
                "State": "Pending",
                "StateReason": "The function is being created.",
                "StateReasonCode": "Creating",
            },
        )

    def _update(self, request: AwsRequest, name: str) -> Response:
        members = json.loads(request.body)
        target = find_target(name, request.http.args.get("Qualifier"), request.region)
        is_code = request.http.path.rstrip("/").endswith("/code")
        operation = "UpdateFunctionCode" if is_code else "UpdateFunctionConfiguration"
        refuse_bad_function(
            operation, {"FunctionName": target.name, **members}, members.get("Role", target.function.role)
        )  # fmt: skip
        _refuse_another_revision(target.function, members.get("RevisionId"))
        updated = self._asked_of_moto(request)
        if updated.status_code >= _FIRST_ERROR or members.get("DryRun"):
            return updated
        _apply_what_moto_drops(target.function, members)
        return self._changed(
            updated,
            request,
            members,
            {
                "LastUpdateStatus": "InProgress",
                "LastUpdateStatusReason": "The function is being created.",
                "LastUpdateStatusReasonCode": "Creating",
            },
        )

    def _changed(
        self, answer: Response, request: AwsRequest, members: Members, state: Members
    ) -> Response:
        """Keep what a function was given, and say that it takes a moment."""
        told = json.loads(answer.get_data())
        functions = [find_target(told["FunctionName"], None, request.region).function]
        if told["Version"] != _LATEST:  # published with it
            version = find_target(told["FunctionName"], told["Version"], request.region)
            functions.append(version.function)
        for function in functions:
            remember(function, members)
        answer.set_data(json.dumps({**told, **_forgotten(functions[-1]), **state}))
        return answer

    def _list(self, request: AwsRequest, name: str) -> Response:
        if name:
            find_target(name, None, request.region)  # of no function, moto lists nothing
        return self._with_more(
            request,
            lambda told: {
                member: [_amended(each, request.region) for each in configurations]
                for member, configurations in told.items()
            },
        )

    def _describe(self, request: AwsRequest, _name: str) -> Response:
        return self._with_more(request, lambda told: _described(told, request.region))

    def _create_alias(self, request: AwsRequest, _name: str) -> Response:
        answer = self._asked_of_moto(request)
        if answer.status_code == _CONFLICT:  # moto has a code of its own for it
            told = json.loads(answer.get_data())
            message = told.get("message") or told.get("Message")
            raise AwsError("ResourceConflictException", message, _CONFLICT)
        return answer

    def _reserve(self, request: AwsRequest, name: str) -> Response:
        target = find_target(name, None, request.region)
        members = json.loads(request.body)
        given = {"FunctionName": target.name, **members}
        if found := violations("lambda", "PutFunctionConcurrency", given):
            raise AwsError("ValidationException", describe_violations(found))
        refuse_to_reserve(target, members["ReservedConcurrentExecutions"])
        return self._asked_of_moto(request)

    def _delete(self, request: AwsRequest, name: str) -> Response:
        target = find_target(name, request.http.args.get("Qualifier"), request.region)
        deleted = self._asked_of_moto(request)
        if deleted.status_code < _FIRST_ERROR:
            self._forget(target)
        return deleted

    def _with_more(self, request: AwsRequest, amend: Callable[[Members], Members]) -> Response:
        answer = self._asked_of_moto(request)
        if answer.status_code < _FIRST_ERROR:
            answer.set_data(json.dumps(amend(json.loads(answer.get_data()))))
        return answer

    def _asked_of_moto(self, request: AwsRequest) -> Response:
        environ = {**request.http.environ, "wsgi.input": io.BytesIO(request.body)}
        return Response.from_app(self._moto, environ)


def _refuse_another_revision(function: LambdaFunction, revision: str | None) -> None:
    if revision and revision != revision_of(function):
        raise AwsError(
            "PreconditionFailedException",
            "The RevisionId provided does not match the latest RevisionId for the Lambda function or "
            "alias. Call the GetFunction or the GetAlias API to retrieve the latest RevisionId for "
            "your resource.",
            412,
        )


def _apply_what_moto_drops(function: LambdaFunction, members: Members) -> None:
    """Change what moto takes at creation and passes over in an update."""
    if "TracingConfig" in members:
        function.tracing_config = members["TracingConfig"]
    if "KMSKeyArn" in members:
        function.kms_key_arn = members["KMSKeyArn"]
    if "EphemeralStorage" in members:
        function.ephemeral_storage = members["EphemeralStorage"]["Size"]
    if "Architectures" in members:
        function.architectures = members["Architectures"]


def _described(told: Members, region: str) -> Members:
    """Amend a configuration, by itself or in the answer of GetFunction."""
    if "Configuration" not in told:
        return _amended(told, region)
    configuration = _amended(told["Configuration"], region)
    described = {**told, "Configuration": configuration}
    described.pop("Concurrency", None)  # moto leaves a reservation of none out
    latest = find_target(configuration["FunctionName"], None, region).function
    if latest.reserved_concurrency is not None and configuration["Version"] == _LATEST:
        described["Concurrency"] = {"ReservedConcurrentExecutions": latest.reserved_concurrency}
    return described


def _amended(configuration: Members, region: str) -> Members:
    qualifier = None if configuration["Version"] == _LATEST else configuration["Version"]
    target = find_target(plain_name(configuration["FunctionName"]), qualifier, region)
    return {**configuration, **_forgotten(target.function)}


def _forgotten(function: LambdaFunction) -> Members:
    """Return what moto leaves out of a configuration."""
    kept = settings_of(function)
    snap_start = (kept.get("SnapStart") or {}).get("ApplyOn", "None")
    is_snapped = snap_start == "PublishedVersions" and str(function.version) != _LATEST
    forgotten = {
        "LoggingConfig": logging_of(function),
        "SnapStart": {
            "ApplyOn": snap_start,
            "OptimizationStatus": "On" if is_snapped else "Off",
        },
        "RevisionId": revision_of(function),
    }
    if (kept.get("DeadLetterConfig") or {}).get("TargetArn"):
        forgotten["DeadLetterConfig"] = kept["DeadLetterConfig"]
    if kept.get("FileSystemConfigs"):
        forgotten["FileSystemConfigs"] = kept["FileSystemConfigs"]
    return forgotten
