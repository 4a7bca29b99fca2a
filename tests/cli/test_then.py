"""`genai rehearse --then` and `--destroy`."""

import json

import pytest
from typer.testing import CliRunner

from cli import main
from rehearsal import rehearse as rehearsing
from rehearsal.rehearse import Afterwards
from rehearsal.transcript import Transcript


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[Afterwards]:
    """What each rehearsal that the command starts is to do afterwards; none really runs."""
    found: list[Afterwards] = []

    def rehearse(*_: object, afterwards: Afterwards, **__: object) -> Transcript:
        found.append(afterwards)
        return Transcript("dev", "x")

    monkeypatch.setattr(rehearsing, "rehearse", rehearse)
    return found


def test_changes_reach_the_rehearsal_in_their_order(asked_for: list[Afterwards]) -> None:
    arguments = ["--then", "endpoint.mode=async", "--then", "", "--destroy"]

    done = CliRunner().invoke(main.app, ["rehearse", *arguments])

    assert done.exit_code == 0, done.output
    assert asked_for == [Afterwards(["endpoint.mode=async", ""], is_destroyed=True)]


def test_nothing_is_done_unless_it_is_asked_for(asked_for: list[Afterwards]) -> None:
    done = CliRunner().invoke(main.app, ["rehearse"])

    assert done.exit_code == 0, done.output
    assert asked_for == [Afterwards()]


@pytest.mark.parametrize("arguments", [["--then", "faster"], ["--keep", "--destroy"]])
def test_what_cannot_be_done_is_a_usage_error(
    asked_for: list[Afterwards], arguments: list[str]
) -> None:
    done = CliRunner().invoke(main.app, ["rehearse", *arguments])

    assert done.exit_code == 2
    assert arguments[0] in done.output
    assert asked_for == []


def test_a_setting_that_there_is_not_fails_before_anything_is_deployed() -> None:
    done = CliRunner().invoke(
        main.app, ["rehearse", "dev", "--json", "--then", "genai:endpoint.instanceTyp=x"]
    )

    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told["failure"]["step"] == "settings"
    assert "did you mean instanceType?" in told["failure"]["cause"]
    assert told["account_url"] is None
