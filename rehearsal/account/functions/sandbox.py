"""Where one function runs: its unpacked archive, its execution environment and its log stream."""

import contextlib
import io
import json
import shutil
import tempfile
import uuid
import zipfile
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.awslambda.models import LambdaFunction

from rehearsal.account.clients import client
from rehearsal.account.functions.execution_environment import ExecutionEnvironment, Program
from rehearsal.account.functions.function_stream import FunctionStream, ReplyHead
from rehearsal.account.functions.runtime_api import Event, Outcome
from rehearsal.account.functions.web_adapter import WebEnvironment, is_web_function
from rehearsal.account.iam.principals import assume_for_service
from rehearsal.account.log_delivery import LogDelivery
from rehearsal.account.wire_errors import AwsError

_LEVELS = {"WARN": "WARNING"}  # Lambda's spelling to the standard library's
_TAIL_LINES = 200


@dataclass(frozen=True)
class Registration:
    """A function as it was registered, with the logging configuration that moto drops."""

    function: LambdaFunction
    logging: dict[str, Any]
    region: str

    @property
    def log_group(self) -> str:
        """Where it logs: the group it names, or Lambda's default."""
        return self.logging.get("LogGroup") or f"/aws/lambda/{self.function.function_name}"

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

    def __init__(self, registration: Registration, url: str) -> None:
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
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._logs = LogDelivery(
            lambda: client("logs", url, region, credentials), registration.log_group, stream
        )
        self._code_dir = code_dir
        self._timeout_seconds = float(function.timeout)
        environment = WebEnvironment if registration.is_web else ExecutionEnvironment
        self.environment: WebEnvironment | ExecutionEnvironment = environment(
            Program(
                handler=str(function.handler),
                code_dir=code_dir,
                environment={
                    **function.environment_vars,
                    **_reserved_variables(registration, stream),
                    **credentials.as_environment(),
                    # The one variable that AWS would not set: where AWS is.
                    "AWS_ENDPOINT_URL": url,
                },
            ),
            self._write_log,
        )

    def run(self, event: Event) -> tuple[Outcome, str]:
        """Run one event and return its outcome and what it logged last."""
        self._tail.clear()
        outcome = self.environment.invoke(event, self._timeout_seconds)
        self.environment.drain_log()
        self._logs.flush()
        return outcome, "\n".join(list(self._tail))

    @contextlib.contextmanager
    def stream(self, event: Event) -> Generator[FunctionStream]:
        """Run one event and give the reply as it comes; it comes all at once if it is not a web function's."""
        try:
            if isinstance(self.environment, WebEnvironment):
                with self.environment.stream(event, self._timeout_seconds) as stream:
                    yield stream
                return
            outcome = self.environment.invoke(event, self._timeout_seconds)
            head = None if outcome.error else ReplyHead(200)
            yield FunctionStream(head, iter([outcome.payload]), outcome if outcome.error else None)
        finally:
            self.environment.drain_log()
            self._logs.flush()

    def stop(self) -> None:
        """End it and leave nothing behind."""
        self.environment.stop()
        self._logs.close()
        shutil.rmtree(self._code_dir, ignore_errors=True)

    def _write_log(self, line: str) -> None:
        self._tail.append(line)
        self._logs.write(line)


def refuse_bad_archive(archive: bytes) -> None:
    """Raise an AwsError, in Lambda's words, unless `archive` is a zip archive."""
    if not zipfile.is_zipfile(io.BytesIO(archive)):
        raise AwsError(
            "InvalidParameterValueException",
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        )


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


def _reserved_variables(registration: Registration, stream: str) -> dict[str, str]:
    function, logging = registration.function, registration.logging
    log_format = str(logging.get("LogFormat", "Text"))
    level: str = logging.get("ApplicationLogLevel", "INFO")
    # In text mode Lambda leaves the level to the code.
    log_level = {"AWS_LAMBDA_LOG_LEVEL": _LEVELS.get(level, level)} if log_format == "JSON" else {}
    return {
        "AWS_REGION": registration.region,
        "AWS_DEFAULT_REGION": registration.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_NAME": str(function.function_name),
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": log_format,
        **log_level,
        "AWS_LAMBDA_LOG_GROUP_NAME": registration.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
    }
