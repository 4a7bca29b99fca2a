"""What Lambda itself writes into a function's log: the start and the report of each invocation.

As text, or as JSON with levels, according to the function's logging configuration. Facts:
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html (the JSON records),
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html (their levels) and
https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html (the text), read in November 2026. Not
confirmed on AWS: that a raised exception is no `Status` of the text report, as an exit is, and that the
sentence about a time-out comes with JSON as well. The version of the runtime is made up.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rehearsal.account.functions.runtime_api import Status

_LEVELS = ("DEBUG", "INFO", "WARN")
_TEXT_BEGINNINGS = ("START RequestId: ", "END RequestId: ", "REPORT RequestId: ", "INIT_START ", "INIT_REPORT ")  # fmt: skip
_JSON_MARK = '"type": "platform.'
_IN_TEXT = {"failure": "error", "timeout": "timeout"}


def is_platforms(line: str) -> bool:
    """Whether a line of a log is Lambda's own, rather than the function's."""
    return line.startswith(_TEXT_BEGINNINGS) or (line.startswith("{") and _JSON_MARK in line)


@dataclass(frozen=True)
class Init:
    """How the init phase of an environment went."""

    milliseconds: float
    status: Status = "success"
    error_type: str | None = None


@dataclass(frozen=True)
class Report:
    """How one invocation went."""

    request_id: str
    milliseconds: float
    max_memory_mb: int
    init: Init | None
    """Of the environment, if this was its first invocation."""
    status: Status
    error_type: str | None = None


class PlatformLog:
    """Lambda's own lines of one log stream."""

    def __init__(
        self, write: Callable[[str], None], logging: Mapping[str, Any], memory_size_mb: int
    ) -> None:
        self._write = write
        self._is_json = logging.get("LogFormat") == "JSON"
        self._level = _LEVELS.index(logging.get("SystemLogLevel", "INFO"))
        self._memory_size_mb = memory_size_mb

    def init_started(self, runtime: str, region: str, kind: str) -> None:
        """An environment is being made ready, on demand or ahead."""
        name = f"{runtime.rstrip('0123456789.')}:{runtime.lstrip('abcdefghijklmnopqrstuvwxyz')}.v1"
        arn = f"arn:aws:lambda:{region}::runtime:{hashlib.sha256(runtime.encode()).hexdigest()}"
        self._record(
            "initStart",
            "INFO",
            {
                "initializationType": kind,
                "phase": "init",
                "runtimeVersion": name,
                "runtimeVersionArn": arn,
            },
            f"INIT_START Runtime Version: {name}\tRuntime Version ARN: {arn}",
        )

    def init_ended(self, init: Init, kind: str) -> None:
        """An environment is ready, or will not be; text tells of the latter only."""
        failed = init.status != "success"
        error = {"errorType": init.error_type} if init.error_type else {}
        said = f"\tError Type: {init.error_type}" if init.error_type else ""
        self._record(
            "initReport",
            "WARN" if failed else "DEBUG",
            {
                "initializationType": kind,
                "phase": "init",
                "status": init.status,
                **error,
                "metrics": {"durationMs": round(init.milliseconds, 3)},
            },
            f"INIT_REPORT Init Duration: {init.milliseconds:.2f} ms\tPhase: init\t"
            f"Status: {_IN_TEXT.get(init.status, init.status)}{said}"
            if failed
            else None,
        )

    def started(self, request_id: str, version: str) -> None:
        """An invocation begins."""
        self._record(
            "start",
            "INFO",
            {"requestId": request_id, "version": version},
            f"START RequestId: {request_id} Version: {version}",
        )

    def ended(self, report: Report) -> None:
        """An invocation is over."""
        level = "INFO" if report.status == "success" else "WARN"
        init = report.init if report.init and report.init.status == "success" else None
        init_milliseconds = init.milliseconds if init else 0.0
        # The init phase of an on-demand function is billed as well, since August 2025.
        billed = math.ceil(report.milliseconds + init_milliseconds)
        about = {
            "requestId": report.request_id,
            "status": report.status,
            **({"errorType": report.error_type} if report.error_type else {}),
        }
        self._record(
            "runtimeDone",
            "DEBUG" if report.status == "success" else "WARN",
            {**about, "metrics": {"durationMs": round(report.milliseconds, 3)}},
            f"END RequestId: {report.request_id}",
        )
        metrics = {
            "durationMs": round(report.milliseconds, 3),
            "billedDurationMs": billed,
            "memorySizeMB": self._memory_size_mb,
            "maxMemoryUsedMB": report.max_memory_mb,
            **({"initDurationMs": round(init_milliseconds, 3)} if init else {}),
        }
        told = [
            f"REPORT RequestId: {report.request_id}",
            f"Duration: {report.milliseconds:.2f} ms",
            f"Billed Duration: {billed} ms",
            f"Memory Size: {self._memory_size_mb} MB",
            f"Max Memory Used: {report.max_memory_mb} MB",
            *([f"Init Duration: {init_milliseconds:.2f} ms"] if init else []),
            *([f"Status: {_IN_TEXT[report.status]}"] if report.status in _IN_TEXT else []),
            *([f"Error Type: {report.error_type}"] if report.status == "failure" else []),
        ]
        self._record("report", level, {**about, "metrics": metrics}, "\t".join(told) + "\t")

    def _record(self, kind: str, level: str, record: dict[str, Any], text: str | None) -> None:
        if not self._is_json:
            if text:
                self._write(text)
        elif _LEVELS.index(level) >= self._level:
            now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            self._write(json.dumps({"time": now, "type": f"platform.{kind}", "record": record}))
