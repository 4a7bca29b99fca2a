"""An init phase that is too long starts again with the first event, in that event's time."""

from pathlib import Path

import pytest

from rehearsal.account.functions import execution_environment
from rehearsal.account.functions.execution_environment import ExecutionEnvironment, Program
from rehearsal.account.functions.runtime_api import Event

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"


def program(folder: Path, code: str) -> Program:
    (folder / "app.py").write_text(code)
    return Program("app.handler", folder, {}, memory_size_mb=128)


@pytest.mark.fact("§6 Limits: the init phase may take 10 s, then it runs again with the invocation")
def test_a_slow_init_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import pathlib, time\n"
        "note = pathlib.Path('started')\n"
        "is_first = not note.exists()\n"
        "note.touch()\n"
        "if is_first: time.sleep(60)\n"
        "def handler(event, context): return 'there'\n"
    )
    monkeypatch.setattr(execution_environment, "INIT_LIMIT_SECONDS", 1.5)
    environment = ExecutionEnvironment(program(tmp_path, code), lambda _: None)
    try:
        init = environment.initialize()
        outcome = environment.invoke(Event("id", b"{}", ARN), 30)
    finally:
        environment.stop()

    assert (init.status, init.error_type) == ("timeout", "Sandbox.Timedout")
    assert outcome.payload == b'"there"'


@pytest.mark.fact("§6 Limits: an init that is slow again uses up the function's own time")
def test_an_init_that_stays_slow_runs_out_of_the_functions_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution_environment, "INIT_LIMIT_SECONDS", 0.1)
    code = "import time\ntime.sleep(60)\n"
    log: list[str] = []
    environment = ExecutionEnvironment(program(tmp_path, code), log.append)
    try:
        environment.initialize()
        outcome = environment.invoke(Event("id", b"{}", ARN), 0.2)
    finally:
        environment.stop()

    assert outcome.status == "timeout"
    assert log[-1].endswith(" id Task timed out after 0.20 seconds")
