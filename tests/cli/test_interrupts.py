"""Ctrl-C ends the command whenever it comes."""

import subprocess
import sys
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parents[2]
PROGRAM = """
import signal, time
import cli.main

class Finalized:
    def __del__(self):
        {what}

def app():
    Finalized()
    time.sleep({seconds})
    print("went on")

cli.main.app = app
cli.main.main()
"""


def run(what: str, seconds: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(what=what, seconds=seconds)],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_an_interrupt_that_comes_in_a_finalizer_is_not_lost() -> None:
    ended = run("signal.raise_signal(signal.SIGINT)", 30)

    assert ended.returncode == 130
    assert ended.stdout == ""
    assert ended.stderr == "interrupted; everything that was started is stopped\n"


def test_any_other_failure_of_a_finalizer_is_told_as_always() -> None:
    ended = run("raise ValueError('odd')", 0)

    assert ended.returncode == 0
    assert ended.stdout == "went on\n"
    assert "ValueError: odd" in ended.stderr
