"""Where one function runs: its unpacked archive, its execution environment and its log stream."""

import contextlib
import io
import json
import shutil
import tempfile
import time
import uuid
import zipfile
from collections import deque
from collections.abc import Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from moto.awslambda.models import LambdaFunction
from moto.logs.models import logs_backends

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.clients import client
from rehearsal.account.faults.invocations import Invocation, under_way
from rehearsal.account.functions.execution_environment import ExecutionEnvironment, Program
from rehearsal.account.functions.function_rules import refuse_bad_archive
from rehearsal.account.functions.function_settings import logging_of
from rehearsal.account.functions.function_stream import FunctionStream, ReplyHead
from rehearsal.account.functions.platform_log import Init, PlatformLog, Report
from rehearsal.account.functions.runtime_api import Event, Outcome
from rehearsal.account.functions.web_adapter import WebEnvironment, is_web_function
from rehearsal.account.iam.authorization import Call
from rehearsal.account.iam.principals import assume_for_service, require
from rehearsal.account.log_delivery import LogDelivery
from rehearsal.account.partitions import partition_of
from rehearsal.account.wire_errors import AwsError

_LEVELS = {"WARN": "WARNING"}  # Lambda's spelling to the standard library's
_TAIL_LINES = 200
MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100  # as Lambda's own error says it: 6291556
Kind = Literal["on-demand", "provisioned-concurrency"]


@dataclass(frozen=True)
class Ran:
    """One invocation that is over."""

    outcome: Outcome
    log_tail: str
    """What the function and Lambda logged last."""
    milliseconds: float


@dataclass(frozen=True)
class Registration:
    """A version of a function as it was registered."""

    function: LambdaFunction
    region: str

    @property
    def logging(self) -> dict[str, str]:
        """How it logs."""
        return logging_of(self.function)

    @property
    def log_group(self) -> str:
        """Where it logs: the group it names, or Lambda's default."""
        return self.logging["LogGroup"]

    @property
    def fingerprint(self) -> str:
        """Changes with the code and with everything that an environment is made from."""
        function = self.function
        return json.dumps(
            [
                function.function_arn,
                function.code_sha_256,
                function.handler,
                function.role,
                function.run_time,
                function.memory_size,
                function.timeout,
                function.environment_vars,
                self.logging,
            ],
            sort_keys=True,
        )

    @property
    def is_web(self) -> bool:
        """Whether the Lambda Web Adapter runs it."""
        return is_web_function(self.function.layers, self.function.environment_vars)

    def refuse_what_cannot_run(self) -> None:
        """Raise an AwsError for a function that this machine would run otherwise than AWS."""
        function = self.function
        what = (
            "container images" if function.package_type == "Image"
            else "layers but the Lambda Web Adapter's" if function.layers and not self.is_web
            else f"the runtime {function.run_time}"
            if not str(function.run_time).startswith("python")
            else None
        )  # fmt: skip
        if what:
            raise AwsError("ServiceException", f"the local account does not play {what}", 500)


class Sandbox:
    """A warm environment of one function, for one invocation at a time."""

    def __init__(self, registration: Registration, url: str, kind: Kind = "on-demand") -> None:
        """Unpack the function and start it.

        Raises:
            AwsError: Lambda may not assume the function's role, or the code is no zip archive.
        """
        function, region = registration.function, registration.region
        stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"
        try:
            credentials = assume_for_service(
                function.role, "lambda.amazonaws.com", function.function_arn
            )
        except AwsError as refused:
            raise AwsError(
                "AccessDeniedException",
                f"The role defined for the function cannot be assumed by Lambda. ({refused.message})",
                403,
            ) from refused
        code_dir = _unpacked(function.code_bytes)
        self.registration = registration
        self.fingerprint = registration.fingerprint  # moto changes the function under our hands
        self._kind: Kind = kind
        self._init: Init | None = None
        self._was_invoked = False
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._logs = LogDelivery(
            lambda: client("logs", url, region, credentials),
            registration.log_group,
            stream,
            create_group=_creates_its_log_group(registration),
        )
        self._log = PlatformLog(self._write_log, registration.logging, function.memory_size)
        self._log.init_started(str(function.run_time), region, kind)
        self._code_dir = code_dir
        self._access_key_id = credentials.access_key_id
        self._timeout_seconds = float(function.timeout)
        environment = WebEnvironment if registration.is_web else ExecutionEnvironment
        self.environment: WebEnvironment | ExecutionEnvironment = environment(
            Program(
                handler=str(function.handler),
                code_dir=code_dir,
                environment={
                    **function.environment_vars,
                    **_reserved_variables(registration, stream, kind),
                    **credentials.as_environment(),
                    # The one variable that AWS would not set: where AWS is.
                    "AWS_ENDPOINT_URL": url,
                },
                memory_size_mb=int(function.memory_size),
            ),
            self._write_log,
        )

    def initialize(self) -> Init:
        """Go through the init phase, which comes once."""
        if self._init is None:
            self._init = self.environment.initialize()
            self.environment.drain_log()
            self._log.init_ended(self._init, self._kind)
        return self._init

    def run(self, event: Event) -> Ran:
        """Run one event to its end."""
        started = self._begin(event)
        with self._under_way(event):
            outcome = _within_limit(self.environment.invoke(event, self._timeout_seconds))
        milliseconds = self._end(event, outcome, started)
        return Ran(outcome, "".join(f"{line}\n" for line in self._tail), milliseconds)

    @contextlib.contextmanager
    def stream(self, event: Event) -> Generator[FunctionStream]:
        """Run one event and give the reply as it comes; it comes all at once if it is not a web function's."""
        started = self._begin(event)
        stream = FunctionStream(None, iter(()))
        try:
            if isinstance(self.environment, WebEnvironment):
                with (
                    self._under_way(event),
                    self.environment.stream(event, self._timeout_seconds) as stream,
                ):
                    yield stream
            else:
                with self._under_way(event):
                    outcome = self.environment.invoke(event, self._timeout_seconds)
                stream.head = None if outcome.error else ReplyHead(200)
                stream.chunks = iter([outcome.payload])
                stream.failure = outcome if outcome.error else None
                yield stream
        finally:
            stream.milliseconds = self._end(event, stream.failure or Outcome(b""), started)

    def _under_way(self, event: Event) -> AbstractContextManager[None]:
        """Let it be known by its key what this runs, and killed by a fault."""
        function, kill = str(self.registration.function.function_name), self.environment.stop
        return under_way(self._access_key_id, Invocation(event.request_id, function, kill))

    def _begin(self, event: Event) -> float:
        # What its init phase wrote is told with the first invocation.
        if self._was_invoked:
            self._tail.clear()
        self.initialize()
        self._log.started(event.request_id, str(self.registration.function.version))
        return time.monotonic()

    def _end(self, event: Event, outcome: Outcome, started: float) -> float:
        milliseconds = (time.monotonic() - started) * 1000
        self.environment.drain_log()
        is_cold = self._kind == "on-demand" and not self._was_invoked
        self._was_invoked = True
        self._log.ended(
            Report(
                request_id=event.request_id,
                milliseconds=milliseconds,
                max_memory_mb=self.environment.max_memory_mb,
                init=self._init if is_cold else None,
                status=outcome.status,
                error_type=outcome.error_type if outcome.error else None,
            )
        )
        self._logs.flush()
        return milliseconds

    def stop(self) -> None:
        """End it and leave nothing behind."""
        self.environment.stop()
        self._logs.close()
        shutil.rmtree(self._code_dir, ignore_errors=True)

    def _write_log(self, line: str) -> None:
        self._tail.append(line)
        self._logs.write(line)


def _unpacked(code: bytes) -> Path:
    refuse_bad_archive(code)
    folder = Path(tempfile.mkdtemp(prefix="genai-function-"))
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        archive.extractall(folder)
        for member in archive.infolist():
            # Lambda makes what says nothing of its mode readable and executable for everybody:
            # https://github.com/pulumi/pulumi/pull/4018, read in November 2026.
            (folder / member.filename).chmod((member.external_attr >> 16) & 0o777 or 0o755)
    return folder


def _creates_its_log_group(registration: Registration) -> bool:
    """Whether the log group is missing and the role may create it, which it need not."""
    group, region = registration.log_group, registration.region
    if group in logs_backends[ACCOUNT_ID][region].groups:
        return False
    arn = f"arn:{partition_of(region)}:logs:{region}:{ACCOUNT_ID}:log-group:{group}"
    try:
        require(registration.function.role, Call("logs:CreateLogGroup", arn))
    except AwsError:
        return False
    return True


def _within_limit(outcome: Outcome) -> Outcome:
    if len(outcome.payload) <= MAX_RESPONSE_BYTES:
        return outcome
    message = (
        f"Response payload size ({len(outcome.payload)} bytes) exceeded maximum allowed payload size "
        f"({MAX_RESPONSE_BYTES} bytes)."
    )
    body = {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}
    return Outcome(json.dumps(body).encode(), "Unhandled", "error")


def _reserved_variables(registration: Registration, stream: str, kind: Kind) -> dict[str, str]:
    function, logging = registration.function, registration.logging
    log_format = logging["LogFormat"]
    level = logging.get("ApplicationLogLevel", "INFO")
    # In text mode Lambda leaves the level to the code.
    log_level = {"AWS_LAMBDA_LOG_LEVEL": _LEVELS.get(level, level)} if log_format == "JSON" else {}
    return {
        "AWS_REGION": registration.region,
        "AWS_DEFAULT_REGION": registration.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_NAME": str(function.function_name),
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_INITIALIZATION_TYPE": kind,
        "AWS_LAMBDA_LOG_FORMAT": log_format,
        **log_level,
        "AWS_LAMBDA_LOG_GROUP_NAME": registration.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
    }
