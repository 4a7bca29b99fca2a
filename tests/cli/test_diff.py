"""`genai diff`."""

import json

import pytest
from typer.testing import CliRunner

from cli.main import app


def test_only_what_differs_is_shown_and_told_by_the_exit_code() -> None:
    done = CliRunner().invoke(app, ["diff", "dev", "prod"], env={"COLUMNS": "200"})

    assert done.exit_code == 1
    lines = {line.split()[0]: line.split()[1:] for line in done.output.splitlines() if line}
    assert lines["genai:endpoint.instanceType"] == ["ml.m5.large", "ml.g6e.xlarge"]
    assert lines["genai:endpoint.instances.initial"] == ["(1)", "2"]
    assert "genai:endpoint.mode" not in lines


def test_with_all_everything_is_shown() -> None:
    done = CliRunner().invoke(app, ["diff", "dev", "prod", "--all"], env={"COLUMNS": "200"})

    assert "genai:endpoint.mode" in done.output


def test_the_same_stack_differs_in_nothing() -> None:
    done = CliRunner().invoke(app, ["diff", "dev", "dev"])

    assert done.exit_code == 0
    assert done.output.startswith("no setting differs")


def test_json_tells_values_defaults_and_the_verdict() -> None:
    done = CliRunner().invoke(app, ["diff", "dev", "prod", "--json"])

    told = json.loads(done.stdout)
    assert told["stacks"] == ["dev", "prod"]
    assert told["same"] is False
    assert {
        "key": "genai:bucket.recordDays",
        "values": [7, 365],
        "defaults": [False, False],
        "differs": True,
    } in told["settings"]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_stack_that_there_is_not_ends_with_code_2_as_diff_does(options: list[str]) -> None:
    done = CliRunner().invoke(app, ["diff", "dev", "nope", *options])

    assert done.exit_code == 2
    assert "there is no stack" in done.output
    if options:
        assert "nope" in json.loads(done.stdout)["error"]["message"]
