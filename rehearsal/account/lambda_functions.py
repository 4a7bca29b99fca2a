"""Lambda's Invoke: the code that moto stores, run under the real runtime client.

moto keeps the functions; what it drops and a run needs (`LoggingConfig`) is noted on the way through.
"""

import base64
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import UnknownAliasException, UnknownFunctionException
from moto.awslambda.models import LambdaFunction, lambda_backends
from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.partitions import partition_of
from rehearsal.account.runtime_api import Outcome
from rehearsal.account.sandbox import Registration, Sandbox, refuse_bad_archive
from rehearsal.account.wire_errors import AwsError

MAX_SYNC_PAYLOAD_BYTES = 6 * 1024 * 1024  # AWS Lambda quota
MAX_ASYNC_PAYLOAD_BYTES = 1024 * 1024  # AWS Lambda quota
MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100  # as Lambda's own error says it: 6291556
TAIL_BYTES = 4096  # LogType=Tail
_STOPPED_AT_ONCE = 16
_FUNCTIONS = "/2015-03-31/functions"
_INVOKE_PATH = re.compile(rf"{_FUNCTIONS}/(?P<function>[^/]+)/invocations")
_UPDATE_PATH = re.compile(rf"{_FUNCTIONS}/(?P<function>[^/]+)/(configuration|code)")


class Functions:
    """The running side of every function of the account."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._logging: dict[tuple[str, str], dict[str, Any]] = {}  # by Region and name
        self._idle: dict[str, list[Sandbox]] = {}  # by fingerprint
        self._started: list[Sandbox] = []
        self._is_stopping = False

    def note(self, request: AwsRequest) -> None:
        """Remember what moto forgets of a function that is created or updated.

        Raises:
            AwsError: its code is no zip archive, which moto would not mind.
        """
        path = request.http.path.rstrip("/")
        updated = _UPDATE_PATH.fullmatch(path) if request.http.method == "PUT" else None
        is_creation = request.http.method == "POST" and path == _FUNCTIONS
        if updated is None and not is_creation:
            return
        members = json.loads(request.body)
        if "ZipFile" in (code := members.get("Code", members)):
            refuse_bad_archive(base64.b64decode(code["ZipFile"]))
        name = _plain_name(updated["function"] if updated else members["FunctionName"])
        if is_creation and _exists(name, request.region):
            return  # moto is about to refuse it
        if is_creation or "LoggingConfig" in members:
            self._logging[request.region, name] = members.get("LoggingConfig", {})

    def is_invocation(self, request: AwsRequest) -> bool:
        """Tell an Invoke from Lambda's other operations."""
        return _INVOKE_PATH.fullmatch(request.http.path) is not None

    def invoke(self, request: AwsRequest, url: str) -> Response:
        """Answer Invoke: `RequestResponse`, `Event` or `DryRun`.

        Raises:
            AwsError: no such function, a payload that is too large or not JSON, a role that Lambda may not
                assume, or a function that cannot run here.
        """
        match = _INVOKE_PATH.fullmatch(request.http.path)
        assert match is not None  # noqa: S101 - the caller asked is_invocation first
        kind = request.http.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        function = _find(match["function"], request.http.args.get("Qualifier"), request.region)
        logging = self._logging.get((request.region, str(function.function_name)), {})
        registration = Registration(function, logging, request.region)
        registration.refuse_what_cannot_run()
        _check_payload(request.body, kind)
        if kind == "DryRun":
            return Response(status=204)
        if kind == "Event":
            threading.Thread(
                target=self._run, args=[registration, request.body, url], daemon=True
            ).start()
            return Response(status=202)
        outcome, tail = self._run(registration, request.body, url)
        headers = {"X-Amz-Executed-Version": str(function.version)}
        if outcome.error:
            headers["X-Amz-Function-Error"] = outcome.error
        if request.http.headers.get("X-Amz-Log-Type") == "Tail":
            headers["X-Amz-Log-Result"] = base64.b64encode(tail.encode()[-TAIL_BYTES:]).decode()
        return Response(outcome.payload, 200, headers, content_type="application/json")

    def stop(self) -> None:
        """End every execution environment."""
        with self._lock:
            started, self._started, self._idle = self._started, [], {}
            self._is_stopping = True
        with ThreadPoolExecutor(_STOPPED_AT_ONCE) as pool:
            for _ in pool.map(Sandbox.stop, started):
                pass

    def _run(self, registration: Registration, payload: bytes, url: str) -> tuple[Outcome, str]:
        sandbox = self._warm_sandbox(registration) or self._new_sandbox(registration, url)
        outcome, tail = sandbox.run(payload or b"{}", float(registration.function.timeout))
        if sandbox.environment.is_alive:
            with self._lock:
                self._idle.setdefault(registration.fingerprint, []).append(sandbox)
        else:
            sandbox.stop()
        return _within_limit(outcome), tail

    def _warm_sandbox(self, registration: Registration) -> Sandbox | None:
        with self._lock:
            idle = self._idle.get(registration.fingerprint, [])
            while idle:
                sandbox = idle.pop()
                if sandbox.environment.is_alive:
                    return sandbox
        return None

    def _new_sandbox(self, registration: Registration, url: str) -> Sandbox:
        sandbox = Sandbox(registration, url)
        with self._lock:
            self._started.append(sandbox)
            is_stopping = self._is_stopping
        if is_stopping:  # too late for stop() to see it
            sandbox.stop()
        return sandbox


def _plain_name(name_or_arn: str) -> str:
    return unquote(name_or_arn).rpartition("function:")[2].partition(":")[0]


def _exists(name: str, region: str) -> bool:
    try:
        _find(name, None, region)
    except AwsError:
        return False
    return True


def _find(name_or_arn: str, qualifier: str | None, region: str) -> LambdaFunction:
    name, _, in_name = unquote(name_or_arn).rpartition("function:")[2].partition(":")
    wanted = in_name or qualifier
    try:
        return lambda_backends[ACCOUNT_ID][region].get_function(name, wanted)
    except (UnknownFunctionException, UnknownAliasException) as missing:
        arn = f"arn:{partition_of(region)}:lambda:{region}:{ACCOUNT_ID}:function:{name}"
        suffix = f":{wanted}" if wanted else ""
        raise AwsError(
            "ResourceNotFoundException", f"Function not found: {arn}{suffix}", 404
        ) from missing


def _check_payload(payload: bytes, kind: str) -> None:
    limit = MAX_ASYNC_PAYLOAD_BYTES if kind == "Event" else MAX_SYNC_PAYLOAD_BYTES
    if len(payload) > limit:
        raise AwsError(
            "RequestTooLargeException",
            f"Request must be smaller than {limit} bytes for the {kind} invocation type",
            413,
        )
    try:
        json.loads(payload or b"{}")
    except ValueError as failure:
        raise AwsError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: {failure}",
        ) from failure


def _within_limit(outcome: Outcome) -> Outcome:
    if len(outcome.payload) <= MAX_RESPONSE_BYTES:
        return outcome
    message = (
        f"Response payload size ({len(outcome.payload)} bytes) exceeded maximum allowed payload size "
        f"({MAX_RESPONSE_BYTES} bytes)."
    )
    body = {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}
    return Outcome(json.dumps(body).encode(), "Unhandled")
