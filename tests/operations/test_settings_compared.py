"""Two stacks' settings side by side."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from operations.settings_compared import SECRET, Setting, compare_settings, settings_by_key
from settings import SettingsError

PROJECT_DIR = Path(__file__).resolve().parents[2]
SMALL = {
    "aws:region": "us-east-1",
    "genai:model": {"source": "s3://my-models/tiny.tar.gz"},
    "genai:image": {"family": "huggingface"},
    "genai:endpoint": {"instanceType": "ml.m5.large"},
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(PROJECT_DIR / "Pulumi.yaml", tmp_path)
    return tmp_path


def write(project: Path, stack: str, **sections: Any) -> None:
    config: dict[str, Any] = {**SMALL}
    for name, members in sections.items():
        config[f"genai:{name}"] = {**config.get(f"genai:{name}", {}), **members}
    (project / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": config}))


def differing(project: Path) -> dict[str, tuple[Any, Any]]:
    rows = compare_settings(project, "a", "b")
    return {row.key: (row.left.value, row.right.value) for row in rows if row.differs}


def test_stacks_that_say_the_same_differ_in_what_follows_from_their_name(project: Path) -> None:
    write(project, "a")
    write(project, "b")

    assert differing(project) == {"genai:endpoint.name": ("genai-a", "genai-b")}


def test_a_default_that_is_spelled_out_makes_no_difference(project: Path) -> None:
    write(project, "a", endpoint={"name": "one", "startupTimeoutSeconds": 600})
    write(project, "b", endpoint={"name": "one"}, invoker={"memoryMib": 512})

    assert differing(project) == {}


def test_what_follows_from_other_settings_is_marked_as_not_said(project: Path) -> None:
    write(project, "a")
    found = settings_by_key(project, "a")

    assert found["genai:invoker.contract"] == Setting("pipelines", is_default=True)
    assert found["genai:endpoint.networkIsolation"] == Setting(value=True, is_default=True)
    assert found["genai:endpoint.instanceType"] == Setting("ml.m5.large", is_default=False)
    assert found["genai:invoker.memoryMib"] == Setting(512, is_default=True)
    assert found["aws:region"] == Setting("us-east-1", is_default=False)


def test_a_section_that_pulumi_yaml_gives_a_default_for_is_not_said(project: Path) -> None:
    write(project, "a", invoker={"logLevel": "DEBUG"})
    found = settings_by_key(project, "a")

    assert found["genai:invoker.logLevel"] == Setting("DEBUG", is_default=False)
    assert found["genai:bucket.recordDays"] == Setting(30, is_default=True)


def test_groups_that_one_stack_has_are_told_key_by_key(project: Path) -> None:
    write(project, "a", tags={"Team": "search"}, endpoint={"name": "e"})
    write(project, "b", endpoint={"name": "e", "instances": {"min": 1, "max": 3}})

    assert differing(project) == {
        "genai:endpoint.instances.min": (None, 1),
        "genai:endpoint.instances.max": (None, 3),
        "genai:endpoint.scaling.metric": (None, "invocations"),
        "genai:endpoint.scaling.target": (None, 60),
        "genai:tags.Team": ("search", None),
    }


def test_secrets_are_not_shown(project: Path) -> None:
    for stack, cipher in (("a", "v1:one"), ("b", "v1:two")):
        write(project, stack, endpoint={"name": "e"}, model={"source": "hf:org/name@main"})
        file = project / f"Pulumi.{stack}.yaml"
        file.write_text(file.read_text() + f"  genai:hubToken:\n    secure: {cipher}\n")
    rows = compare_settings(project, "a", "b")

    assert settings_by_key(project, "a")["genai:hubToken"] == Setting(SECRET, is_default=False)
    assert "v1:" not in str(rows)


def test_a_project_of_another_name_is_read_as_well(project: Path) -> None:
    file = project / "Pulumi.yaml"
    file.write_text(
        file.read_text().replace("name: genai", "name: poems", 1).replace("genai:", "poems:")
    )
    for stack in ("a", "b"):
        text = yaml.safe_dump({"config": SMALL}).replace("genai:", "poems:")
        (project / f"Pulumi.{stack}.yaml").write_text(text)

    assert differing(project) == {"genai:endpoint.name": ("poems-a", "poems-b")}


def test_an_unsound_stack_is_refused_with_its_problems(project: Path) -> None:
    write(project, "a")
    write(project, "b", endpoint={"instanceType": "ml.m5.larg"})

    with pytest.raises(SettingsError, match=r"ml\.m5\.larg"):
        compare_settings(project, "a", "b")
