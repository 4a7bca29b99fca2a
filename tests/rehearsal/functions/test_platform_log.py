"""What Lambda itself writes into a function's log."""

import json
import re
from typing import Any

import pytest

from rehearsal.account.functions.platform_log import is_platforms
from tests.rehearsal.tenant import Tenant, allow, trust, unique

SPEAKING = "print('loaded')\ndef handler(event, context): print('run')\n"
RAISING = "def handler(event, context): raise ValueError('no')\n"
LEAVING = "import os\ndef handler(event, context): os._exit(3)\n"
SLOW = "import time\ndef handler(event, context): time.sleep(60)\n"


def text_log(tenant: Tenant, code: str, calls: int = 1, **more: Any) -> list[str]:
    function = tenant.function(code, **more)
    for _ in range(calls):
        tenant.call(function)
    return tenant.whole_log_of(f"/aws/lambda/{function}")


def json_log(tenant: Tenant, code: str, level: str = "INFO", **more: Any) -> list[dict[str, Any]]:
    logging = {"LogFormat": "JSON", "SystemLogLevel": level}
    lines = text_log(tenant, code, LoggingConfig=logging, **more)
    return [json.loads(line) for line in lines if is_platforms(line)]


@pytest.mark.fact("§6 Logging: each invocation has a START, an END and a REPORT line")
def test_a_cold_and_a_warm_invocation_are_told_in_text(tenant: Tenant) -> None:
    log = text_log(tenant, SPEAKING, calls=2)

    begins = [line.split()[0] for line in log]
    assert begins == [
        *("INIT_START", "loaded", "START", "run", "END", "REPORT", "START", "run", "END", "REPORT")
    ]
    request_id = re.fullmatch(r"START RequestId: (\S{36}) Version: \$LATEST", log[2])
    assert request_id
    assert log[4] == f"END RequestId: {request_id[1]}"
    assert re.fullmatch(
        rf"REPORT RequestId: {request_id[1]}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\t"
        r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: \d+\.\d\d ms\t",
        log[5],
    )
    assert "Init Duration" not in log[9]


@pytest.mark.fact("§6 Logging: the report of a run that ended badly says so")
def test_a_time_out_and_an_exit_are_in_the_report(tenant: Tenant) -> None:
    assert text_log(tenant, SLOW, Timeout=1)[-1].endswith("\tStatus: timeout\t")
    assert text_log(tenant, LEAVING)[-1].endswith(
        "\tStatus: error\tError Type: Runtime.ExitError\t"
    )


@pytest.mark.fact("§6 Logging: an init phase that fails has a report of its own")
def test_a_failed_init_is_reported(tenant: Tenant) -> None:
    log = text_log(tenant, "import nobody_has_this\n")

    (report,) = [line for line in log if line.startswith("INIT_REPORT")]
    assert re.fullmatch(
        r"INIT_REPORT Init Duration: \d+\.\d\d ms\tPhase: init\tStatus: error\t"
        r"Error Type: Runtime.ImportModuleError",
        report,
    )
    assert "Init Duration" not in log[-1]


@pytest.mark.fact(
    "§6 Logging: in JSON the same are platform.start and platform.report, with metrics"
)
def test_an_invocation_is_told_in_json(tenant: Tenant) -> None:
    init, start, report = json_log(tenant, SPEAKING)

    assert init["type"] == "platform.initStart"
    assert init["record"]["initializationType"] == "on-demand"
    assert start["type"] == "platform.start"
    assert start["record"]["version"] == "$LATEST"
    assert report["type"] == "platform.report"
    assert report["record"]["requestId"] == start["record"]["requestId"]
    assert report["record"]["status"] == "success"
    metrics = report["record"]["metrics"]
    assert metrics["memorySizeMB"] == 128
    assert metrics["billedDurationMs"] >= metrics["durationMs"]
    assert 0 < metrics["maxMemoryUsedMB"] <= 128
    assert metrics["initDurationMs"] > 0


@pytest.mark.fact("§6 Logging: system_log_level DEBUG, INFO or WARN; levels only with JSON")
@pytest.mark.parametrize(
    ("level", "code", "told"),
    [
        ("DEBUG", SPEAKING, ["initStart", "initReport", "start", "runtimeDone", "report"]),
        ("WARN", SPEAKING, []),
        ("WARN", RAISING, ["runtimeDone", "report"]),
        ("WARN", LEAVING, ["runtimeDone", "report"]),
    ],
)
def test_the_system_log_level_says_what_is_told(
    tenant: Tenant, level: str, code: str, told: list[str]
) -> None:
    log = json_log(tenant, code, level)

    assert [each["type"].removeprefix("platform.") for each in log] == told


@pytest.mark.fact("§6 Logging: a failed run's record names the error")
@pytest.mark.parametrize(
    ("code", "status", "error"),
    [(RAISING, "error", "ValueError"), (LEAVING, "failure", "Runtime.ExitError")],
)
def test_a_failure_is_named_in_json(tenant: Tenant, code: str, status: str, error: str) -> None:
    record = json_log(tenant, code)[-1]["record"]

    assert (record["status"], record["errorType"]) == (status, error)


@pytest.mark.fact("§8 IAM: a function whose role may create its log group has it made")
@pytest.mark.parametrize("may_create", [True, False])
def test_a_missing_log_group_is_made_if_the_role_may(tenant: Tenant, *, may_create: bool) -> None:
    group = unique("/missing")
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    if may_create:
        actions.append("logs:CreateLogGroup")
    role = tenant.role(trust("lambda"), allow(actions, "arn:aws:logs:*:*:log-group:*"))
    function = tenant.function(SPEAKING, role_arn=role, LoggingConfig={"LogGroup": group})

    answer = tenant.call(function)

    assert "FunctionError" not in answer
    assert tenant.log_of(group) == (["loaded", "run"] if may_create else [])


@pytest.mark.parametrize("line", ["started", '{"level": "INFO"}', "START", "REPORT of mine"])
def test_a_functions_own_line_is_not_lambdas(line: str) -> None:
    assert not is_platforms(line)
