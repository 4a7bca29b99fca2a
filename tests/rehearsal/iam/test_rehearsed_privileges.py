"""`genai rehearse --least-privilege` on a copy of this project, from settings to report."""

import shutil
from pathlib import Path

import pytest

from components.iam import calling
from rehearsal.rehearse import Afterwards, rehearse

PROJECT_DIR = Path(__file__).resolve().parents[3]
PROMPT = "Emma was not at all"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    copy = tmp_path / "project"
    copy.mkdir()
    for name in ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml"):
        shutil.copy(PROJECT_DIR / name, copy)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT_DIR / "models/storyteller", copy / "models/storyteller", ignore=ignore)
    return copy


def test_a_rehearsal_tells_which_grants_of_both_roles_it_used(project: Path) -> None:
    transcript = rehearse(project, "dev", PROMPT, afterwards=Afterwards(reports_on_roles=True))

    assert transcript.failure is None, transcript.failure
    assert transcript.least_privilege is not None
    roles = transcript.least_privilege.roles
    used = {
        action.action: action.used
        for role in roles
        for policy in role.policies
        for statement in policy.statements
        for action in statement.actions
    }
    assert len(roles) == 2
    assert used["sagemaker:InvokeEndpoint"] > 0
    assert used["ecr:BatchGetImage"] > 0
    assert used["xray:PutTraceSegments"] == 0  # nobody plays X-Ray
    assert [denied for role in roles for denied in role.denied] == []
    assert sum(role.name.startswith("genai-execution") for role in roles) == 1


def test_a_rehearsal_that_fails_for_a_missing_right_tells_which(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "_WHOLE_OR_STREAMED", ("sagemaker:DescribeEndpoint",))

    transcript = rehearse(project, "dev", PROMPT, afterwards=Afterwards(reports_on_roles=True))

    assert transcript.failure is not None
    assert transcript.failure.step == "invoke"
    assert transcript.least_privilege is not None
    denied = [each for role in transcript.least_privilege.roles for each in role.denied]
    assert "sagemaker:InvokeEndpoint" in {each.action for each in denied}


def test_without_being_asked_a_rehearsal_reports_nothing(project: Path) -> None:
    (project / "Pulumi.dev.yaml").unlink()

    assert rehearse(project, "dev", PROMPT).least_privilege is None
