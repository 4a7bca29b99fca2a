"""What Lambda tells of every function that nobody has said anything about, and of the account.

How a runtime is updated, what becomes of recursive loops, and the limits. Facts:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html and
https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html, read in November 2026. Both are kept
and have no effect here.
"""

import json
import re
from typing import Any

from moto.awslambda.models import lambda_backends
from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.functions.concurrency import ACCOUNT_LIMIT, reservations
from rehearsal.account.functions.function_lookup import Target, find_target
from rehearsal.account.functions.function_rules import MAX_UNZIPPED_BYTES
from rehearsal.account.json_answer import json_answer
from rehearsal.account.service_model import describe_violations, violations
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
_ACCOUNT_PATH = re.compile(r"/2016-08-19/account-settings/?")
_PATH = re.compile(
    r"/20\d\d-\d\d-\d\d/functions/(?P<function>[^/]+)/(?P<what>runtime-management-config|recursion-config)/?"
)
_UPDATES, _RECURSION = "runtime-management-config", "recursion-config"
_DEFAULTS: dict[str, Members] = {
    _UPDATES: {"UpdateRuntimeOn": "Auto"},
    _RECURSION: {"RecursiveLoop": "Terminate"},
}
_OPERATIONS = {_UPDATES: "PutRuntimeManagementConfig", _RECURSION: "PutFunctionRecursionConfig"}
_MAX_ZIPPED_BYTES = 52_428_800  # AWS Lambda quota
_MAX_STORED_BYTES = 80_530_636_800  # AWS Lambda quota


class FunctionStanding:
    """What holds for the functions of every Region."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], Members] = {}  # by what and ARN

    def handle(self, request: AwsRequest) -> Response | None:
        """Answer one operation; None for one that is not of these.

        Raises:
            AwsError: in Lambda's words.
        """
        if _ACCOUNT_PATH.fullmatch(request.http.path):
            return json_answer(_account_settings(request.region))
        match = _PATH.fullmatch(request.http.path)
        if match is None:
            return None
        what = match["what"]
        target = find_target(match["function"], request.http.args.get("Qualifier"), request.region)
        if request.http.method == "PUT":
            members = json.loads(request.body)
            given = {"FunctionName": target.name, **members}
            if found := violations("lambda", _OPERATIONS[what], given):
                raise AwsError("ValidationException", describe_violations(found))
            self._given[what, target.arn] = members
        told = self._given.get((what, target.arn), _DEFAULTS[what])
        return json_answer({**told, **({"FunctionArn": target.arn} if what == _UPDATES else {})})

    def forget(self, target: Target) -> None:
        """Drop what was said of what is gone."""
        for what in _DEFAULTS:
            self._given.pop((what, target.arn), None)


def _account_settings(region: str) -> Members:
    functions: list[Any] = list(lambda_backends[ACCOUNT_ID][region].list_functions())
    return {
        "AccountLimit": {
            "TotalCodeSize": _MAX_STORED_BYTES,
            "CodeSizeUnzipped": MAX_UNZIPPED_BYTES,
            "CodeSizeZipped": _MAX_ZIPPED_BYTES,
            "ConcurrentExecutions": ACCOUNT_LIMIT,
            "UnreservedConcurrentExecutions": ACCOUNT_LIMIT - sum(reservations(region).values()),
        },
        "AccountUsage": {
            "TotalCodeSize": sum(each.code_size for each in functions),
            "FunctionCount": len(functions),
        },
    }
