"""A project that somebody starts from this one."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from operations.errors import OperationError
from operations.new_project import FOLDERS, NewProject, make_project

PROJECT_DIR = Path(__file__).resolve().parents[2]
POEMS = NewProject("poems", "eu-west-1", 'Poems: "short" ones')


@pytest.fixture(scope="module")
def poems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("somewhere") / "poems"
    make_project(folder, POEMS)
    return folder


def genai(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the new project's own code, as its `make` would."""
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_its_settings_are_sound_and_its_own(poems: Path) -> None:
    done = genai(poems, "check")

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == [
        "✓ dev  pytorch on ml.m5.large in eu-west-1",
        "✓ prod  vllm on ml.g6e.xlarge in eu-west-1",
    ]


def test_it_can_be_rehearsed(poems: Path) -> None:
    done = genai(poems, "rehearse", "--json")

    assert done.returncode == 0, done.stdout + done.stderr
    assert '"poems-dev"' in done.stdout
    assert "genai-dev" not in done.stdout


def test_it_has_the_names_that_were_given(poems: Path) -> None:
    project = yaml.safe_load((poems / "Pulumi.yaml").read_text())
    stack = yaml.safe_load((poems / "Pulumi.dev.yaml").read_text())

    assert (project["name"], project["description"]) == ("poems", 'Poems: "short" ones')
    assert all(key.startswith(("poems:", "aws:")) for key in [*project["config"], *stack["config"]])
    assert "genai:" not in (poems / "docs" / "stack.schema.json").read_text()
    assert (
        "poems:model"
        in json.loads((poems / "docs/stack.schema.json").read_text())["properties"]["config"][
            "properties"
        ]
    )


def test_no_cache_and_no_repository_is_taken_along(poems: Path) -> None:
    names = {path.name for path in poems.rglob("*") if path.is_dir()}

    assert names & {"__pycache__", ".git", ".venv", ".ruff_cache", "tests", ".artifacts"} <= {
        ".artifacts"
    }


def test_every_package_of_this_project_is_taken_along() -> None:
    project = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text())
    packages = project["tool"]["setuptools"]["packages"]["find"]["include"]

    assert {package.removesuffix("*") for package in packages} <= set(FOLDERS)


def test_its_makefile_has_only_targets_that_work_there(poems: Path) -> None:
    makefile = (poems / "Makefile").read_text()

    assert set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) == {
        *("rehearse", "lint", "types", "check", "refresh-catalog", "lock", "clean"),
    }
    assert "check: lint types rehearse\n" in makefile
    assert "pytest" not in makefile


@pytest.mark.parametrize(
    ("name", "region", "description", "message"),
    [
        ("a_b", "us-east-1", "x", "would be called 'a_b-prod'"),
        ("a" * 59, "us-east-1", "x", "an endpoint name is 1 to 63"),
        ("-a", "us-east-1", "x", "cannot be the project's name"),
        ("aws", "us-east-1", "x", "settings that begin with aws:"),
        ("a", "xx-nope-1", "x", '"xx-nope-1" is not a Region'),
        ("a", 'us-east-1"\nevil: 1', "x", "is not a Region"),
        ("a", "us-east-1", " ", "the description is empty"),
        ("a", "us-east-1", "x\ny", "or has several lines"),
    ],
)
def test_names_that_cannot_be_used_are_refused_and_nothing_is_written(
    tmp_path: Path, name: str, region: str, description: str, message: str
) -> None:
    with pytest.raises(OperationError) as refused:
        make_project(tmp_path / "it", NewProject(name, region, description))

    assert message in str(refused.value)
    assert refused.value.fix.startswith(("choose another with --name", "give "))
    assert not (tmp_path / "it").exists()


def test_the_longest_name_that_an_endpoint_may_have_is_taken(tmp_path: Path) -> None:
    make_project(tmp_path / "it", NewProject("a" * 58, "us-east-1", "x"))

    assert (tmp_path / "it" / "__main__.py").is_file()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()

    with pytest.raises(OperationError, match="is not empty"):
        make_project(tmp_path, POEMS)
    with pytest.raises(OperationError, match="is a file"):
        make_project(tmp_path / "mine", POEMS)

    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_folder_within_the_project_itself_is_refused() -> None:
    with pytest.raises(OperationError, match="lies in the project that is copied"):
        make_project(PROJECT_DIR / "docs" / "new", POEMS)
