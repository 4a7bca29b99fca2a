"""Functions that fail, and what Lambda says about it."""

import base64
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.account.functions.platform_log import is_platforms
from tests.rehearsal.tenant import Tenant, is_running, poll, trust, unique, zipped


def failure(tenant: Tenant, code: str, event: Any = None, **more: Any) -> dict[str, Any]:
    answer = tenant.call(tenant.function(code, **more), event)
    assert answer["StatusCode"] == 200
    assert answer["FunctionError"] == "Unhandled"
    return answer["Payload"]


def test_an_exception_is_told_with_its_traceback(tenant: Tenant) -> None:
    code = "def handler(event, context):\n    raise KeyError(event['word'])\n"

    told = failure(tenant, code, {"word": "lost"})

    assert told["errorType"] == "KeyError"
    assert told["errorMessage"] == "'lost'"
    assert len(told["requestId"]) == 36
    (frame,) = told["stackTrace"]
    assert 'app.py", line 2, in handler' in frame


def test_a_result_that_is_no_json(tenant: Tenant) -> None:
    told = failure(tenant, "def handler(event, context): return object()\n")

    assert told["errorType"] == "Runtime.MarshalError"


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("import nobody_has_this\n", "Runtime.ImportModuleError", "No module named 'nobody_has_this'"),
        ("def handler(:\n", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("def other(): ...\n", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("raise RuntimeError('no settings')\n", "RuntimeError", "no settings"),
    ],
)  # fmt: skip
def test_a_failed_start_is_told_every_time(
    tenant: Tenant, code: str, kind: str, message: str
) -> None:
    function = tenant.function(code)

    for _ in range(2):
        answer = tenant.call(function)
        assert answer["FunctionError"] == "Unhandled"
        assert answer["Payload"]["errorType"] == kind
        assert message in answer["Payload"]["errorMessage"]
    assert any(message in line for line in tenant.log_of(f"/aws/lambda/{function}"))


def test_a_handler_that_is_not_in_the_archive(tenant: Tenant) -> None:
    told = failure(tenant, "", Handler="elsewhere.handler")

    assert told["errorType"] == "Runtime.ImportModuleError"


@pytest.mark.parametrize(
    ("exit_call", "reason"),
    [
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit()", "Runtime exited without providing a reason"),
        ("os._exit(4)", "Runtime exited with error: exit status 4"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
    ],
)
def test_an_exit_in_the_handler(tenant: Tenant, exit_call: str, reason: str) -> None:
    code = f"import os, sys\ndef handler(event, context):\n    if event: {exit_call}\n    return 'fine'\n"
    function = tenant.function(code)

    told = tenant.call(function, {"a": 1})["Payload"]

    assert told["errorType"] == "Runtime.ExitError"
    assert told["errorMessage"].startswith("RequestId: ")
    assert told["errorMessage"].endswith(f" Error: {reason}")
    assert tenant.call(function)["Payload"] == "fine", "the next one gets a new environment"
    log = tenant.log_of(f"/aws/lambda/{function}")
    assert any(line.endswith(f" Error: {reason}\nRuntime.ExitError") for line in log)


def test_an_exit_while_the_module_is_imported(tenant: Tenant) -> None:
    told = failure(tenant, "import sys\nsys.exit(5)\n")

    assert told["errorMessage"].endswith("Runtime exited with error: exit status 5")


def test_an_environment_that_ends_between_invocations_is_replaced(tenant: Tenant) -> None:
    code = (
        "import os, signal, subprocess, sys\n"
        "def handler(event, context):\n"
        "    kill = f'import os, time; time.sleep(0.05); os.kill({os.getpid()}, 9)'\n"
        "    if event: subprocess.Popen([sys.executable, '-c', kill])\n"
        "    return os.getpid()\n"
    )
    function = tenant.function(code)
    pid = tenant.call(function, {"a": 1})["Payload"]
    poll(lambda: not is_running(pid), "it killed itself")

    answer = tenant.call(function)

    assert "FunctionError" not in answer
    assert answer["Payload"] != pid


def test_a_timeout_kills_the_function_and_all_that_it_started(
    tenant: Tenant, tmp_path: Path
) -> None:
    note = tmp_path / "pids"
    code = (
        "import os, subprocess, sys, time\n"
        "def handler(event, context):\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"    open({str(note)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "    print('working', flush=True)\n"
        "    time.sleep(600)\n"
    )
    function = tenant.function(code, Timeout=1)
    started = time.monotonic()

    answer = tenant.call(function, LogType="Tail")

    assert time.monotonic() - started < 15
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == "Sandbox.Timedout"
    said = answer["Payload"]["errorMessage"]
    assert said.endswith("Error: Task timed out after 1.00 seconds")
    tail = base64.b64decode(answer["LogResult"]).decode().splitlines()
    log = [line for line in tail if not is_platforms(line)]
    assert log[0] == "working"
    assert log[1].endswith(" Task timed out after 1.00 seconds")
    for pid in note.read_text().split():
        poll(lambda pid=pid: not is_running(int(pid)), f"{pid} is killed")


def test_imports_do_not_count_against_the_timeout(tenant: Tenant) -> None:
    code = "import time\ntime.sleep(1.2)\ndef handler(event, context): return 'in time'\n"

    assert tenant.call(tenant.function(code, Timeout=1))["Payload"] == "in time"


def test_a_long_line_and_many_lines_reach_the_log(tenant: Tenant) -> None:
    code = (
        "def handler(event, context):\n"
        "    print('x' * 100_000)\n"
        "    for index in range(3000): print(index)\n"
    )
    function = tenant.function(code)

    tenant.call(function)

    log = tenant.log_of(f"/aws/lambda/{function}")
    assert len(log[0]) == 100_000
    assert log[1:] == [str(index) for index in range(3000)]


def test_output_that_is_no_text_does_no_harm(tenant: Tenant) -> None:
    code = "import os\ndef handler(event, context): os.write(1, b'\\xff\\xfe\\n')\n"
    function = tenant.function(code)

    assert "FunctionError" not in tenant.call(function)
    assert tenant.log_of(f"/aws/lambda/{function}") == ["\ufffd\ufffd"]


# Functions that this machine would run otherwise than AWS


def test_another_language_is_refused(tenant: Tenant) -> None:
    function = tenant.function("", Runtime="nodejs22.x")

    with pytest.raises(ClientError, match="does not play the runtime nodejs22"):
        tenant.call(function)


def test_layers_are_refused(tenant: Tenant) -> None:
    client = tenant.client("lambda")
    layer = client.publish_layer_version(
        LayerName=unique("layer"), Content={"ZipFile": zipped({"python/a.py": ""})}
    )["LayerVersionArn"]
    function = tenant.function("", Layers=[layer])

    with pytest.raises(ClientError, match="the local account does not play layers"):
        tenant.call(function)


def test_an_archive_that_is_none_is_told(tenant: Tenant) -> None:
    name = unique("function")

    with pytest.raises(ClientError, match="Could not unzip uploaded file"):
        tenant.client("lambda").create_function(
            FunctionName=name,
            Role=tenant.role(trust("lambda")),
            Runtime="python3.13",
            Handler="app.handler",
            Code={"ZipFile": b"not a zip"},
        )
