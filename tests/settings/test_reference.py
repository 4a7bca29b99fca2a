"""The generated reference and editor schema: up to date, and true of this project's own stacks."""

import json
from pathlib import Path
from typing import Any

import pytest

from settings import read_stack_file, stack_names
from settings.reference import REFERENCE, SCHEMA, editor_schema, reference

PROJECT_DIR = Path(__file__).resolve().parents[2]
STALE = "run `make reference` and commit what it writes"


def test_the_configuration_reference_is_up_to_date() -> None:
    assert (PROJECT_DIR / REFERENCE).read_text() == reference(), STALE


def test_the_editor_schema_is_up_to_date() -> None:
    assert json.loads((PROJECT_DIR / SCHEMA).read_text()) == editor_schema(), STALE


@pytest.mark.parametrize("stack", stack_names(PROJECT_DIR))
def test_the_editor_schema_knows_every_key_of_a_stack_file(stack: str) -> None:
    config = editor_schema()["properties"]["config"]

    unknown = [
        path for path in key_paths(read_stack_file(PROJECT_DIR, stack)) if not knows(config, path)
    ]
    assert unknown == []


def test_the_editor_schema_does_not_know_a_misspelt_key() -> None:
    config = editor_schema()["properties"]["config"]

    assert knows(config, ("genai:endpoint", "instanceType"))
    assert not knows(config, ("genai:endpoint", "instancetype"))
    assert not knows(config, ("genai:endpont",))


def test_the_editor_schema_lists_instance_types() -> None:
    endpoint = editor_schema()["$defs"]["EndpointSettings"]

    listed, nothing = endpoint["properties"]["instanceType"]["anyOf"]
    assert {"ml.m5.large", "ml.g6e.xlarge"} <= set(listed["enum"])
    assert nothing == {"type": "null"}


@pytest.mark.parametrize("stack", stack_names(PROJECT_DIR))
def test_a_stack_file_tells_the_editor_its_schema(stack: str) -> None:
    first = (PROJECT_DIR / f"Pulumi.{stack}.yaml").read_text().splitlines()[0]

    assert first == f"# yaml-language-server: $schema={SCHEMA.as_posix()}"


def key_paths(value: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The path of every setting that holds a value."""
    if not isinstance(value, dict):
        return [path]
    return [found for key, item in value.items() for found in key_paths(item, (*path, str(key)))]


def knows(node: dict[str, Any], path: tuple[str, ...]) -> bool:
    if not path:
        return True
    node = editor_schema()["$defs"].get(node.get("$ref", "").rpartition("/")[2], node)
    if path[0] in node.get("properties", {}):
        return knows(node["properties"][path[0]], path[1:])
    return isinstance(node.get("additionalProperties"), dict)
