"""Pulumi.yaml declares the settings that the code has, with the same defaults."""

import re
from pathlib import Path
from typing import Any

import pytest

from settings.reference import project_file
from settings.schema import known_keys
from settings.sections import GenaiSettings
from settings.yaml_reader import read_yaml
from tests.settings.stacks import RIGHT, parse, right_but

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = read_yaml((ROOT / "Pulumi.yaml").read_bytes())
DECLARED: dict[str, dict[str, Any]] = PROJECT["config"]
SECTIONS = [key for key in known_keys(()) if key != "hubToken"]

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


@pytest.mark.parametrize("section", ["invoker", "bucket", "keys", "roles", "tags"])
def test_a_default_is_that_of_the_settings(section: str, project_dir: Path) -> None:
    left_out = parse(RIGHT, project_dir)

    spelt_out = parse(
        right_but({f"genai:{section}": DECLARED[f"genai:{section}"]["default"]}), project_dir
    )

    assert spelt_out == left_out


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_of_a_section_is_named(section: str) -> None:
    words = re.findall(r"\w+", DECLARED[f"genai:{section}"]["description"])

    assert [key for key in known_keys((section,)) if key not in words] == []


def test_the_secret_is_left_out_because_pulumi_would_require_it() -> None:
    assert "genai:hubToken" not in DECLARED
    assert not GenaiSettings.model_fields["hub_token"].is_required()


def test_the_declarations_are_up_to_date() -> None:
    current = (ROOT / "Pulumi.yaml").read_text()

    assert current == project_file(current), "run `make reference` and commit what it writes"
