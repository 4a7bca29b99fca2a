"""`genai rehearse --faults`: a share of calls in percent."""

import pytest
from typer.testing import CliRunner

from cli import main
from rehearsal import rehearse as rehearsing
from rehearsal.account.faults import Faults
from rehearsal.transcript import Transcript


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[Faults | None]:
    """The faults of each rehearsal that the command starts; none really runs."""
    found: list[Faults | None] = []

    def rehearse(*_: object, faults: Faults | None, **__: object) -> Transcript:
        found.append(faults)
        return Transcript("dev", "x")

    monkeypatch.setattr(rehearsing, "rehearse", rehearse)
    return found


@pytest.mark.parametrize(
    ("arguments", "faults"),
    [([], None), (["--faults", "0"], None), (["--faults", "10"], Faults(10))],
)
def test_the_share_reaches_the_rehearsal(
    asked_for: list[Faults | None], arguments: list[str], faults: Faults | None
) -> None:
    done = CliRunner().invoke(main.app, ["rehearse", *arguments])

    assert done.exit_code == 0, done.output
    assert asked_for == [faults]


@pytest.mark.parametrize("share", ["91", "-1", "many"])
def test_a_share_that_leaves_nothing_working_is_a_usage_error(
    asked_for: list[Faults | None], share: str
) -> None:
    done = CliRunner().invoke(main.app, ["rehearse", "--faults", share])

    assert done.exit_code == 2
    assert "--faults" in done.output
    assert asked_for == []
