"""`genai explain`."""

import json

import pytest
from typer.testing import CliRunner

from cli.main import app

QUOTA = "The account-level service limit 'ml.g5.xlarge for endpoint usage' is 0 Instances"


def test_a_text_is_explained_with_its_fix_and_source() -> None:
    done = CliRunner().invoke(app, ["explain", QUOTA], terminal_width=200)

    assert done.exit_code == 0
    assert "The account's quota ml.g5.xlarge for endpoint usage is 0" in done.output.replace(
        "\n", " "
    )
    assert "fix:" in done.output
    assert "https://github.com/aws/amazon-sagemaker-examples/issues/307" in done.output.replace(
        "\n", ""
    )


@pytest.mark.parametrize("arguments", [["explain"], ["explain", "-"]])
def test_a_text_may_be_piped_in(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, [*arguments, "--json"], input=b"\xff" + QUOTA.encode())

    told = json.loads(done.stdout)
    assert told["known"] is True
    assert told["explanations"][0]["name"] == "quota"
    assert told["explanations"][0]["found"]["limit"] == "0"


def test_words_without_quotes_are_one_text() -> None:
    done = CliRunner().invoke(app, ["explain", "--json", "Rate", "exceeded"])

    assert json.loads(done.stdout)["explanations"][0]["name"] == "throttled"


def test_an_unknown_text_is_said_to_be_unknown_with_where_to_look() -> None:
    done = CliRunner().invoke(app, ["explain", "what is this"])

    assert done.exit_code == 1
    assert "not known here" in done.output
    assert "genai logs STACK --errors" in done.output


def test_an_unknown_text_is_unknown_in_json_too() -> None:
    done = CliRunner().invoke(app, ["explain", "--json", "what is this"])

    assert done.exit_code == 1
    assert json.loads(done.stdout) == {"known": False, "explanations": []}


def test_no_text_is_a_usage_error() -> None:
    done = CliRunner().invoke(app, ["explain"], input=" \n")

    assert done.exit_code == 2
    assert "there is no text to explain" in done.output
