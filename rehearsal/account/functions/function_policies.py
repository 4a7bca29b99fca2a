"""Who may invoke a function: Lambda's operations on resource-based policies, spelled as Lambda spells them.

moto keeps the statements, one list for a function with all its versions and aliases, and leaves out what
concerns URLs. Facts: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html and
https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html, read in November 2026.
"""

import json
import re
import uuid
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.functions.function_lookup import Target, find_target, function_arn
from rehearsal.account.json_answer import json_answer
from rehearsal.account.partitions import partition_of
from rehearsal.account.service_model import describe_violations, violations
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
MAX_POLICY_BYTES = 20_480  # AWS Lambda quota
_PATH = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/policy(/(?P<sid>[^/]+))?/?")
_ACCOUNT = re.compile(r"\d{12}")
# The member of a request, and the condition that it becomes.
_CONDITIONS = {
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "InvokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
}


class FunctionPolicies:
    """The policies of every function, version and alias."""

    def handle(self, request: AwsRequest) -> Response | None:
        """Answer one operation; None for one that is not of these.

        Raises:
            AwsError: in Lambda's words.
        """
        match = _PATH.fullmatch(request.http.path)
        if match is None:
            return None
        target = find_target(match["function"], request.http.args.get("Qualifier"), request.region)
        kept = _Kept(target)
        if request.http.method == "POST":
            return json_answer({"Statement": json.dumps(kept.add(json.loads(request.body)))}, 201)
        revision = request.http.args.get("RevisionId")
        if match["sid"] is None:
            return json_answer({"Policy": json.dumps(kept.document()), "RevisionId": kept.revision})
        kept.remove(unquote(match["sid"]), revision)
        return Response(status=204)


class _Kept:
    """The statements about one function, version or alias."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._policy: Any = find_target(target.name, None, target.region).function.policy
        is_named = target.qualifier not in {"", "$LATEST"}
        plain = function_arn(target.name, target.region)
        self._resource = f"{plain}:{target.qualifier}" if is_named else plain

    @property
    def revision(self) -> str:
        """An id that changes with the policy."""
        return self._policy.revision

    def document(self) -> Members:
        """Return the policy.

        Raises:
            AwsError: `ResourceNotFoundException`, if there is none.
        """
        if not (statements := self._statements()):
            raise AwsError(
                "ResourceNotFoundException", "The resource you requested does not exist.", 404
            )
        return {"Version": "2012-10-17", "Id": "default", "Statement": statements}

    def add(self, members: Members) -> Members:
        """Add what a request asks for, and return the statement."""
        given = {"FunctionName": self._target.name, **members}
        if found := violations("lambda", "AddPermission", given):
            raise AwsError("ValidationException", describe_violations(found))
        self._refuse_another_revision(members.get("RevisionId"))
        sid = members["StatementId"]
        if any(statement["Sid"] == sid for statement in self._statements()):
            raise AwsError(
                "ResourceConflictException",
                f"The statement id ({sid}) provided already exists. Please provide a new statement "
                "id, or remove the existing statement.",
                409,
            )
        statement = _statement(members, self._resource, partition_of(self._target.region))
        if len(json.dumps([*self._statements(), statement])) > MAX_POLICY_BYTES:
            raise AwsError(
                "PolicyLengthExceededException",
                f"The final policy size is bigger than the limit ({MAX_POLICY_BYTES}).",
            )
        self._set([*self._policy.statements, statement])
        return statement

    def remove(self, sid: str, revision: str | None) -> None:
        """Take one statement away.

        Raises:
            AwsError: `ResourceNotFoundException`, if there is none of this id.
        """
        self._refuse_another_revision(revision)
        found = [statement for statement in self._statements() if statement["Sid"] == sid]
        if not found:
            raise AwsError(
                "ResourceNotFoundException",
                f"Statement {sid} is not found in resource policy.",
                404,
            )
        self._set([each for each in self._policy.statements if each not in found])

    def _statements(self) -> list[Members]:
        return [each for each in self._policy.statements if each["Resource"] == self._resource]

    def _set(self, statements: list[Members]) -> None:
        self._policy.statements = statements
        self._policy.revision = str(uuid.uuid4())

    def _refuse_another_revision(self, revision: str | None) -> None:
        if revision and revision != self.revision:
            raise AwsError(
                "PreconditionFailedException",
                "The RevisionId provided does not match the latest RevisionId for the Lambda function "
                "or alias. Call the GetPolicy API to retrieve the latest RevisionId for your resource.",
                412,
            )


def _statement(members: Members, resource: str, partition: str) -> Members:
    condition: dict[str, dict[str, str]] = {}
    for name, (operator, key) in _CONDITIONS.items():
        if name in members:
            value = members[name]
            condition.setdefault(operator, {})[key] = (
                str(value).lower() if isinstance(value, bool) else value
            )
    return {
        "Sid": members["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(members["Principal"], partition),
        "Action": members["Action"],
        "Resource": resource,
        **({"Condition": condition} if condition else {}),
    }


def _principal(given: str, partition: str) -> str | dict[str, str]:
    if given == "*":
        return given
    if _ACCOUNT.fullmatch(given):
        return {"AWS": f"arn:{partition}:iam::{given}:root"}
    return {"AWS": given} if given.startswith("arn:") else {"Service": given}
