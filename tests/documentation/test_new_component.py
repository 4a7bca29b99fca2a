"""docs/new-component.md, carried out in a copy of the repository: its files are written, its patch applied."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from operations.new_project import FOLDERS

PROJECT_DIR = Path(__file__).resolve().parents[2]
PAGE = (PROJECT_DIR / "docs" / "new-component.md").read_text()
FILES: dict[str, str] = dict(
    re.findall(r"^```\w+ (\S+\.\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)
COPIED = sorted({*FOLDERS, "tests"} - {"docs", "playground"})


def run(copy: Path, *arguments: str) -> str:
    """Run the copy's own code, and return what it says."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository after somebody followed the page."""
    folder = tmp_path_factory.mktemp("copy")
    ignore = shutil.ignore_patterns("__pycache__", "documentation")
    for name in COPIED:
        shutil.copytree(PROJECT_DIR / name, folder / name, ignore=ignore)
    for name in ("__main__.py", "Pulumi.yaml", "pyproject.toml"):
        shutil.copy(PROJECT_DIR / name, folder)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    patched = subprocess.run(
        ["patch", "-p1", "--input=share.diff"],  # noqa: S607 - wherever it is installed
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert patched.returncode == 0, patched.stdout
    return folder


def test_what_holds_for_every_component_holds_for_it(copy: Path) -> None:
    tests = ("tests/components/test_contract.py", "tests/components/test_function_share.py")

    said = run(copy, "-m", "pytest", "-n0", "-p", "no:cacheprovider", "-vv", *tests)

    assert "test_its_outputs_are_documented[FunctionShare] PASSED" in said
    assert "test_each_account_may_invoke_the_function_and_do_nothing_else PASSED" in said


def test_its_settings_are_checked(copy: Path) -> None:
    assert run(copy, "-m", "cli", "check", "shared").startswith("✓ shared")


def test_the_program_keeps_to_its_length(copy: Path) -> None:
    program = (copy / "tests" / "test_program.py").read_text()
    (length,) = re.findall(r"splitlines\(\)\) <= (\d+)", program)

    assert len((copy / "__main__.py").read_text().splitlines()) == int(length)


@pytest.mark.matrix
def test_it_can_be_rehearsed(copy: Path) -> None:
    said = run(copy, "-m", "cli", "rehearse", "shared")

    assert re.search(r"lambda Permission +genai-share-210987654321-", said)
    assert "All 6 steps succeeded" in said
