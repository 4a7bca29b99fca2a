"""`genai rehearse --fault`: what reaches the rehearsal, what is refused, and what is listed."""

import pytest
from typer.testing import CliRunner

from cli import main
from rehearsal import rehearse as rehearsing
from rehearsal.account.faults.catalogue import CATALOGUE
from rehearsal.account.faults.plan import FaultPlan
from rehearsal.transcript import Transcript

Asked = list[FaultPlan | None]


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The faults of each rehearsal that the command starts; none really runs."""
    found: Asked = []

    def rehearse(*_: object, faults: FaultPlan | None, **__: object) -> Transcript:
        found.append(faults)
        return Transcript("dev", "x")

    monkeypatch.setattr(rehearsing, "rehearse", rehearse)
    return found


@pytest.mark.parametrize(
    ("arguments", "plan"),
    [
        ([], None),
        (["--fault", "all=10%"], FaultPlan.of("all=10%")),
        (
            ["--fault", "throttle=0.3", "--fault", "s3-slow=2s", "--fault-seed", "4"],
            FaultPlan.of("throttle=0.3", "s3-slow=2s", seed=4),
        ),
    ],
)
def test_faults_and_seed_reach_the_rehearsal(
    asked_for: Asked, arguments: list[str], plan: FaultPlan | None
) -> None:
    done = CliRunner().invoke(main.app, ["rehearse", *arguments])

    assert done.exit_code == 0, done.output
    assert asked_for == [plan]


def test_all_that_is_no_fault_is_a_usage_error_before_anything_starts(asked_for: Asked) -> None:
    done = CliRunner().invoke(
        main.app, ["rehearse", "--fault", "trottle=1", "--fault", "slow=never"]
    )

    assert done.exit_code == 2
    assert "genai: --fault: 'trottle' is no fault; did you mean throttle?" in done.output
    assert "genai: --fault: slow needs a duration" in done.output
    assert "genai: --fault help lists all faults" in done.output
    assert asked_for == []


def test_help_lists_every_fault(asked_for: Asked) -> None:
    done = CliRunner().invoke(main.app, ["rehearse", "--fault", "help"])

    assert done.exit_code == 0
    listed = [line.split()[0] for line in done.output.splitlines() if "Strikes" in line]
    assert listed == list(CATALOGUE)
    assert asked_for == []
