"""What a key may hold, by the JSON Schema of the sections. Built only once there is a problem."""

from collections.abc import Sequence
from functools import cache
from textwrap import indent
from typing import Any, cast

from catalog.service_model import Range
from settings.sections import GenaiSettings
from settings.wording import as_written, one_of, whole_number

Node = dict[str, Any]

TEXT = "text"
TRUE_OR_FALSE = "true or false"
GROUP = "a group of settings"
ENTRIES = "a group of NAME: text entries"


def node_at(path: Sequence[object]) -> Node | None:
    """The schema of the setting at a path such as `("endpoint", "name")`, if there is one."""
    node: Node | None = _schema()
    for key in path:
        inner = _resolve(node)
        node = _properties(inner).get(str(key)) or inner.get("additionalProperties") or None
        if node is None:
            return None
    return _resolve(node) if node else None


def known_keys(path: Sequence[object]) -> tuple[str, ...]:
    """The keys of the section at a path, in the order they are declared."""
    node = node_at(path)
    return tuple(_properties(node)) if node else ()


def expectation(node: Node) -> str:
    """What a setting may hold: `a whole number from 60 to 3600`, `true or false`, `text`."""
    if "properties" in node:
        return GROUP
    if "additionalProperties" in node:
        return ENTRIES
    if "enum" in node:
        return one_of(node["enum"])
    if node.get("type") == "integer":
        return whole_number(Range(node.get("minimum"), node.get("maximum")))
    return TRUE_OR_FALSE if node.get("type") == "boolean" else TEXT


def example(key: str, node: Node) -> str:
    """A piece of YAML that sets a key: one value, or the required keys of a section."""
    properties = _properties(node)
    if not properties:
        return f"{key}: {_value(node)}"
    needed = node.get("required") or list(properties)[:1]
    lines = [example(name, _resolve(properties[name])) for name in needed]
    inner = "\n".join(lines)
    return f"{key}:\n{indent(inner, '  ')}"


def _value(node: Node) -> str:
    value = node["examples"][0] if "examples" in node else node.get("default", '"text"')
    return as_written(value) if isinstance(value, bool) else str(value)


def _properties(node: Node) -> dict[str, Node]:
    return cast("dict[str, Node]", node.get("properties", {}))


def _resolve(node: Node) -> Node:
    """Follow a reference, and see through `or nothing`."""
    if "$ref" in node:
        name = str(node["$ref"]).rpartition("/")[2]
        return {**_schema()["$defs"][name], **node}
    for choice in node.get("anyOf", ()):
        if choice.get("type") != "null":
            return {**choice, **node}
    return node


@cache
def _schema() -> Node:
    return GenaiSettings.model_json_schema(by_alias=True)
