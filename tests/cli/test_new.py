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

    assert json.loads(done.stdout) == {
        "folder": str(tmp_path / "x"),
        "name": "poems",
        "changed": [],
    }


def test_a_limit_that_cannot_be_held_in_the_region_becomes_a_comment(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["new", str(tmp_path / "x"), "--name", "poems", "--region", "eu-west-1"]
    )

    assert done.output.splitlines()[0] == (
        "note: Pulumi.prod.yaml: poems:guard.maxMonthlyUsd cannot be held: the price of an hour of "
        "ml.g6e.xlarge in eu-west-1 is not known; it stands there as a comment"
    )
    assert (
        "  # poems:guard:\n  #   maxMonthlyUsd: 8000"
        in (tmp_path / "x/Pulumi.prod.yaml").read_text()
    )


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_name_that_cannot_be_ends_with_a_line_and_its_fix(
    tmp_path: Path, options: list[str]
) -> None:
    done = CliRunner().invoke(app, ["new", str(tmp_path / "a_b"), *options])

    assert done.exit_code == 1
    assert "cannot be the project's name" in done.output
    assert "choose another with --name" in done.output
    assert "Traceback" not in done.output
