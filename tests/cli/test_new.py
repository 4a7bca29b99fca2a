"""`genai new`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app


def test_the_folders_name_is_the_projects_and_the_next_steps_are_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["new", str(tmp_path / "poems")])

    assert done.exit_code == 0, done.output
    assert "make rehearse" in done.output
    assert "poems:model.source" in done.output


def test_json_tells_where_it_is(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["new", str(tmp_path / "x"), "--name", "poems", "--json"])

    assert json.loads(done.stdout) == {"folder": str(tmp_path / "x"), "name": "poems"}


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_name_that_cannot_be_ends_with_a_line_and_its_fix(
    tmp_path: Path, options: list[str]
) -> None:
    done = CliRunner().invoke(app, ["new", str(tmp_path / "a_b"), *options])

    assert done.exit_code == 1
    assert "cannot be the project's name" in done.output
    assert "choose another with --name" in done.output
    assert "Traceback" not in done.output
