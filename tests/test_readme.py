"""What the README shows works as it is shown."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Generator
from pathlib import Path

import pytest

PROJECT_DIR = Path(__file__).resolve().parent.parent
README = (PROJECT_DIR / "README.md").read_text()
GENAI = [sys.executable, "-m", "cli"]


def console(heading: str) -> list[str]:
    """The lines of the first console below a heading."""
    _, _, below = README.partition(f"{heading}\n")
    found = re.search(r"```console\n(.*?)```", below, re.DOTALL)
    assert found is not None
    return found[1].splitlines()


def commands(heading: str) -> list[list[str]]:
    """The arguments of every `genai` that a console shows."""
    lines = [line for line in console(heading) if line.startswith("$ .venv/bin/genai ")]
    return [shlex.split(line, comments=True)[2:] for line in lines]


def shown_after(heading: str, command: str) -> str:
    """The first line that a console shows as what came of a command."""
    lines = console(heading)
    (at,) = [number for number, line in enumerate(lines) if f"genai {command} " in line]
    return lines[at + 1]


USED = commands("### Use it")
KEEP, PLAYGROUND = USED[0], USED[-1]


@contextlib.contextmanager
def served(arguments: list[str], folder: Path, account: str = "") -> Generator[str]:
    """A command that runs until Ctrl-C, from when it told where it is."""
    environment = {**os.environ, "GENAI_ACCOUNT": account, "PYTHONPATH": str(PROJECT_DIR)}
    process = subprocess.Popen(
        [*GENAI, *arguments],
        cwd=folder,
        env={**environment, "COLUMNS": "200", "BROWSER": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        told = ""
        while not (found := re.search(r"(?:is at|up at) (http://127\.0\.0\.1:\d+)", told)):
            line = process.stdout.readline()
            assert line, told
            told += line
        yield found[1]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Of the stack that the first command leaves up."""
    folder = tmp_path_factory.mktemp("readme")
    for name in ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml", "models"):
        (folder / name).symlink_to(PROJECT_DIR / name)
    with served(KEEP, folder) as url:
        yield url


def test_the_walk_through_shows_every_step() -> None:
    assert [arguments[0] for arguments in USED] == [
        *("rehearse", "invoke", "results", "logs", "status", "load", "playground"),
    ]


@pytest.mark.parametrize("arguments", USED[1:-1], ids=lambda arguments: arguments[0])
def test_the_stack_that_was_left_up_is_used(
    account: str, arguments: list[str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [*GENAI, *arguments],
        cwd=tmp_path,
        env={**os.environ, "GENAI_ACCOUNT": account, "PYTHONPATH": str(PROJECT_DIR)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    if arguments[0] == "invoke":
        assert done.stdout.rstrip("\n") == shown_after("### Use it", "invoke")
    if "--chart" in arguments:
        assert (tmp_path / arguments[-1]).read_bytes().startswith(b"\x89PNG")


def test_the_playground_is_served(account: str, tmp_path: Path) -> None:
    with (
        served(PLAYGROUND, tmp_path, account) as url,
        urllib.request.urlopen(url) as page,
    ):
        assert page.status == 200
        assert b"<title>" in page.read()


@pytest.mark.parametrize("target", re.findall(r"\]\(((?!https?:)[^)#]+)", README))
def test_every_link_leads_somewhere(target: str) -> None:
    assert (PROJECT_DIR / target).exists()


def test_it_can_be_read_in_one_go() -> None:
    assert len(README.splitlines()) < 250
