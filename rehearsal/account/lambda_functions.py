"""Lambda's Invoke: the code that moto stores, run under the real runtime client.

moto keeps the functions; what it drops and a run needs (`LoggingConfig`) is noted on the way through.
"""

import base64
import io
import json
import re
import shutil
import tempfile
import threading
import uuid
import zipfile
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import LambdaFunction, lambda_backends
from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.clients import client
from rehearsal.account.execution_environment import ExecutionEnvironment, Outcome
from rehearsal.account.log_delivery import LogDelivery
from rehearsal.account.principals import assume_for_service
from rehearsal.account.wire_errors import AwsError

MAX_SYNC_PAYLOAD_BYTES = 6 * 1024 * 1024  # AWS Lambda quota
MAX_ASYNC_PAYLOAD_BYTES = 1024 * 1024  # AWS Lambda quota
TAIL_BYTES = 4096  # LogType=Tail
_FUNCTIONS = "/2015-03-31/functions"
_INVOKE_PATH = re.compile(rf"{_FUNCTIONS}/(?P<function>[^/]+)/invocations")
_LEVELS = {"WARN": "WARNING"}  # Lambda's spelling to the standard library's


class Functions:
    """The running side of every function of the account."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._logging: dict[str, dict[str, Any]] = {}
        self._idle: dict[str, list[_Sandbox]] = {}
        self._started: list[_Sandbox] = []

    def note(self, request: AwsRequest) -> None:
        """Remember what moto forgets of a function that is being created."""
        is_creation = request.http.method == "POST" and request.http.path.rstrip("/") == _FUNCTIONS
        if is_creation:
            members = json.loads(request.body)
            self._logging[members["FunctionName"]] = members.get("LoggingConfig", {})

    def is_invocation(self, request: AwsRequest) -> bool:
        """Tell an Invoke from Lambda's other operations."""
        return _INVOKE_PATH.fullmatch(request.http.path) is not None

    def invoke(self, request: AwsRequest, url: str) -> Response:
        """Answer Invoke: `RequestResponse`, `Event` or `DryRun`.

        Raises:
            AwsError: no such function, a payload that is too large or not JSON, or a role that Lambda may
                not assume.
        """
        match = _INVOKE_PATH.fullmatch(request.http.path)
        assert match is not None  # noqa: S101 - the caller asked is_invocation first
        function = _find(unquote(match["function"]), request.region)
        kind = request.http.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        _check_payload(request.body, kind)
        if kind == "DryRun":
            return Response(status=204)
        if kind == "Event":
            threading.Thread(
                target=self._run, args=(function, request.body, url, request.region), daemon=True
            ).start()
            return Response(status=202)
        outcome, tail = self._run(function, request.body, url, request.region)
        headers = {"X-Amz-Executed-Version": "$LATEST"}
        if outcome.error:
            headers["X-Amz-Function-Error"] = outcome.error
        if request.http.headers.get("X-Amz-Log-Type") == "Tail":
            headers["X-Amz-Log-Result"] = base64.b64encode(tail).decode()
        return Response(outcome.payload, 200, headers, content_type="application/json")

    def stop(self) -> None:
        """End every execution environment."""
        with self._lock:
            started, self._started, self._idle = self._started, [], {}
        for sandbox in started:
            sandbox.stop()

    def _run(
        self, function: LambdaFunction, payload: bytes, url: str, region: str
    ) -> tuple[Outcome, bytes]:
        # Keyed by the code too: an updated function never runs in an old environment.
        key = f"{function.function_arn}@{function.code_sha_256}"
        with self._lock:
            idle = self._idle.setdefault(key, [])
            sandbox = idle.pop() if idle else None
        if sandbox is None:
            logging = self._logging.get(function.function_name, {})
            sandbox = _Sandbox.start(function, logging, url, region)
            with self._lock:
                self._started.append(sandbox)
        sandbox.tail.clear()
        outcome = sandbox.environment.invoke(payload or b"{}", float(function.timeout))
        sandbox.logs.flush()
        tail = "".join(sandbox.tail).encode()[-TAIL_BYTES:]
        if sandbox.environment.is_alive:
            with self._lock:
                self._idle.setdefault(key, []).append(sandbox)
        return outcome, tail


@dataclass
class _Sandbox:
    environment: ExecutionEnvironment
    logs: LogDelivery
    code_dir: Path
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=200))

    @classmethod
    def start(
        cls, function: LambdaFunction, logging: dict[str, Any], url: str, region: str
    ) -> "_Sandbox":
        credentials = assume_for_service(function.role, "lambda.amazonaws.com", region)
        code_dir = Path(tempfile.mkdtemp(prefix="genai-function-"))
        with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as archive:
            archive.extractall(code_dir)
        group = logging.get("LogGroup") or f"/aws/lambda/{function.function_name}"
        stream = f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{uuid.uuid4().hex}"
        logs = LogDelivery(lambda: client("logs", url, region, credentials), group, stream)
        tail: deque[str] = deque(maxlen=200)

        def write_log(line: str) -> None:
            tail.append(line)
            logs.write(line)

        environment = ExecutionEnvironment(
            handler=str(function.handler),
            code_dir=code_dir,
            environment={
                **function.environment_vars,
                **_reserved_variables(function, logging, group, stream, region),
                **credentials.as_environment(),
                # The one variable that AWS would not set: where AWS is.
                "AWS_ENDPOINT_URL": url,
            },
            function_arn=function.function_arn,
            write_log=write_log,
        )
        return cls(environment, logs, code_dir, tail)

    def stop(self) -> None:
        if self.environment.is_alive:
            self.environment.stop()
        self.logs.close()
        shutil.rmtree(self.code_dir, ignore_errors=True)


def _reserved_variables(
    function: LambdaFunction, logging: dict[str, Any], group: str, stream: str, region: str
) -> dict[str, str]:
    level: str = logging.get("ApplicationLogLevel", "INFO")
    return {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_NAME": str(function.function_name),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_LOG_FORMAT": str(logging.get("LogFormat", "Text")),
        "AWS_LAMBDA_LOG_LEVEL": _LEVELS.get(level, level),
        "AWS_LAMBDA_LOG_GROUP_NAME": group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
    }


def _find(name: str, region: str) -> LambdaFunction:
    plain = name.rpartition("function:")[2].partition(":")[0]
    try:
        return lambda_backends[ACCOUNT_ID][region].get_function(plain)
    except UnknownFunctionException as missing:
        raise AwsError(
            "ResourceNotFoundException",
            f"Function not found: arn:aws:lambda:{region}:{ACCOUNT_ID}:function:{plain}",
            404,
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
