"""Every mode x source x image family: the illegal ones are refused by name, the legal ones are deployed and answer.

The rehearsals take minutes, so `make test` leaves them to `make matrix`: as many as there is every pair of choices in.
The others are rehearsed at night.
"""

import shutil
from pathlib import Path

import pytest
import yaml

from rehearsal.rehearse import rehearse
from settings import SettingsError, parse_settings
from tests.matrix.combinations import (
    MODES,
    SOURCES,
    Combination,
    combinations,
    covering_every_pair,
)

PROJECT_DIR = Path(__file__).resolve().parents[2]
COMBINATIONS = combinations()
LEGAL = [c for c in COMBINATIONS if not c.refused_by]
PAIRWISE = covering_every_pair(LEGAL)
BY_DAY_OR_NIGHT = [
    pytest.param(
        each, marks=pytest.mark.matrix if each in PAIRWISE else pytest.mark.night, id=str(each)
    )
    for each in LEGAL
]
PROMPT = "It was a fine morning"


def rules_against(combination: Combination) -> set[str]:
    try:
        _ = parse_settings(
            combination.stack,
            project="genai",
            stack="matrix",
            project_dir=PROJECT_DIR,
            source="Pulumi.matrix.yaml",
        )
    except SettingsError as refused:
        return {problem.rule for problem in refused.problems}
    return set()


@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
def test_it_is_legal_or_refused_by_name(combination: Combination) -> None:
    assert rules_against(combination) == combination.refused_by


def test_every_mode_source_and_family_is_among_the_legal_ones() -> None:
    assert {c.mode for c in LEGAL} == set(MODES)
    assert {c.source for c in LEGAL} == set(SOURCES)
    assert {c.family for c in LEGAL} == {c.family for c in COMBINATIONS}
    assert len(LEGAL) > 100


def test_by_day_there_is_every_pair_of_choices() -> None:
    assert {pair for each in PAIRWISE for pair in each.pairs} == {
        pair for each in LEGAL for pair in each.pairs
    }
    assert len(PAIRWISE) < len(LEGAL) / 2


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a person edits, for stacks of our own."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("__main__.py", "Pulumi.yaml"):
        shutil.copy(PROJECT_DIR / name, folder)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT_DIR / "models", folder / "models", ignore=ignore)
    return folder


@pytest.mark.parametrize("combination", BY_DAY_OR_NIGHT)
def test_it_is_deployed_and_answers(combination: Combination, project: Path) -> None:
    (project / "Pulumi.matrix.yaml").write_text(yaml.safe_dump({"config": combination.stack}))

    transcript = rehearse(project, "matrix", PROMPT)

    assert transcript.failure is None
    assert transcript.said
    assert (transcript.reply or {})["status"] == (202 if combination.mode == "async" else 200)
