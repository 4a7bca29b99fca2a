"""Pulumi.yaml declares the settings that the code has, with the same defaults."""

from pathlib import Path
from typing import Any

import pytest

from settings.schema import known_keys, node_at
from settings.sections import GenaiSettings
from settings.yaml_reader import read_yaml

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = read_yaml((ROOT / "Pulumi.yaml").read_bytes())
DECLARED: dict[str, dict[str, Any]] = PROJECT["config"]
SECTIONS = known_keys(())

# What Pulumi accepts: configTypeDeclaration in sdk/go/common/workspace/project.json.
TYPES = {"string", "integer", "boolean", "array", "object"}
ATTRIBUTES = {"type", "description", "default", "secret", "items", "value"}


def test_the_project_runs_in_its_own_virtual_environment() -> None:
    assert PROJECT["name"] == "genai"
    assert PROJECT["runtime"] == {"name": "python", "options": {"virtualenv": ".venv"}}


def test_every_section_is_declared_and_nothing_else() -> None:
    assert list(DECLARED) == [f"genai:{section}" for section in SECTIONS]


@pytest.mark.parametrize("key", DECLARED)
def test_a_declaration_is_one_that_pulumi_accepts(key: str) -> None:
    declaration = DECLARED[key]

    assert declaration.keys() <= ATTRIBUTES
    assert declaration["type"] in TYPES
    assert len(declaration["description"]) > 20


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_is_required_by_pulumi_exactly_if_the_settings_require_it(section: str) -> None:
    field = GenaiSettings.model_fields[section]

    assert ("default" not in DECLARED[f"genai:{section}"]) == field.is_required()


@pytest.mark.parametrize("section", ["invoker", "bucket", "tags"])
def test_a_default_is_that_of_the_settings(section: str) -> None:
    default = GenaiSettings.model_fields[section].get_default(call_default_factory=True)
    declared = DECLARED[f"genai:{section}"]["default"]

    assert declared == (default if isinstance(default, dict) else default.model_dump(by_alias=True))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_of_a_section_is_described_with_its_range_and_default(section: str) -> None:
    text = DECLARED[f"genai:{section}"]["description"]

    for key in known_keys((section,)):
        node = node_at((section, key))
        assert node is not None
        described = text.partition(key)[2].partition(". ")[0]
        assert key in text
        if "maximum" in node:
            assert f"{node['minimum']} to {node['maximum']}" in described
        if node.get("type") == "integer" and "default" not in DECLARED[f"genai:{section}"]:
            assert f"default {node['default'] or 'SageMaker'}" in described


def test_the_choices_are_described() -> None:
    text = DECLARED["genai:invoker"]["description"]

    for key in ("contract", "logLevel"):
        node = node_at(("invoker", key))
        assert node is not None
        assert all(choice in text for choice in node["enum"])
