"""A function that takes more memory than it has is killed."""

import re
import subprocess
import sys

import pytest

from rehearsal.account.functions.memory_use import MemoryUse
from tests.rehearsal.tenant import Tenant, is_running, poll

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
KILLED = "Runtime exited with error: signal: killed"
GREEDY = """
import os, sys, time
def handler(event, context):
    hoard = b"x" * event.get("bytes", 0)
    time.sleep(event.get("seconds", 0))
    return os.getpid()
"""
WITH_A_CHILD = """
import subprocess, sys
def handler(event, context):
    take = "hoard = b'x' * 160_000_000; input()"
    child = subprocess.Popen([sys.executable, "-c", take], stdin=subprocess.PIPE)
    child.wait()
"""


def max_memory_mb(tenant: Tenant, function: str) -> int:
    log = "\n".join(tenant.whole_log_of(f"/aws/lambda/{function}"))
    return int(re.findall(r"Max Memory Used: (\d+) MB", log)[-1])


@pytest.mark.fact("§6 Limits: memory is a limit; more ends the runtime with signal: killed")
@pytest.mark.parametrize("seconds", [0, 20])
def test_too_much_memory_ends_the_function_whether_it_lingers_or_not(
    tenant: Tenant, seconds: int
) -> None:
    function = tenant.function(GREEDY, Timeout=30)
    pid = tenant.call(function)["Payload"]

    answer = tenant.call(function, {"bytes": 160_000_000, "seconds": seconds})

    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == "Runtime.ExitError"
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert answer["Payload"]["errorMessage"] == f"RequestId: {request_id} Error: {KILLED}"
    poll(lambda: not is_running(pid), "the environment is gone")
    assert f"RequestId: {request_id} Error: {KILLED}\nRuntime.ExitError" in tenant.log_of(
        f"/aws/lambda/{function}"
    )
    assert max_memory_mb(tenant, function) >= 128
    assert tenant.call(function)["Payload"] != pid, "the next one gets a new environment"


@pytest.mark.fact("§6 Limits: the memory of all processes of an environment counts")
def test_what_a_function_starts_counts_too(tenant: Tenant) -> None:
    answer = tenant.call(tenant.function(WITH_A_CHILD, Timeout=30))

    assert answer["Payload"]["errorMessage"].endswith(KILLED)


@pytest.mark.fact("§6 Limits: memory is 128 to 10,240 MB, and a function may use all that it has")
def test_more_memory_lets_the_same_event_pass(tenant: Tenant) -> None:
    function = tenant.function(GREEDY, MemorySize=512)

    answer = tenant.call(function, {"bytes": 160_000_000})

    assert "FunctionError" not in answer
    assert 160 <= max_memory_mb(tenant, function) <= 512


@pytest.mark.fact("§6 Limits: memory holds from the init phase on")
def test_too_much_memory_at_import_is_told_as_well(tenant: Tenant) -> None:
    function = tenant.function("hoard = b'x' * 160_000_000\nimport time\ntime.sleep(20)\n")

    answer = tenant.call(function)

    assert answer["Payload"]["errorMessage"].endswith(KILLED)
    (init,) = [
        line
        for line in tenant.whole_log_of(f"/aws/lambda/{function}")
        if line.startswith("INIT_REPORT")
    ]
    assert init.endswith("\tPhase: init\tStatus: error\tError Type: Runtime.ExitError")


def test_a_process_that_is_gone_takes_nothing() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()

    use = MemoryUse(process.pid)

    assert not use.exceeds(0)
    assert use.peak_mb == 0
