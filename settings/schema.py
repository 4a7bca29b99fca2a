"""What a key may hold, by the JSON Schema of the sections. Built only once there is a problem."""

from collections.abc import Callable, Sequence
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
NAMED_GROUPS = "groups of settings, each under a name of its own"
TEXTS = "texts"


def node_at(path: Sequence[object]) -> Node | None:
    """The schema of the setting at a path such as `("endpoint", "name")`, if there is one."""
    node: Node | None = _schema()
    for key in path:
        inner = _resolve(node)
        is_item = isinstance(key, int) and "items" in inner
        node = inner["items"] if is_item else _properties(inner).get(str(key))
        more = inner.get("additionalProperties")
        node = node or (cast("Node", more) if isinstance(more, dict) else None)
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
    if "enum" in node:
        return one_of(node["enum"])
    told = _EXPECTATIONS.get(node.get("type", ""))
    return told(node) if told else TEXT


def _whole_number(node: Node) -> str:
    return whole_number(Range(node.get("minimum"), node.get("maximum")))


def _list(node: Node) -> str:
    """`a list of 1 to 16 texts`."""
    least, most = node.get("minItems"), node.get("maxItems")
    count = f"{least or 0} to {most} " if most else f"{least} or more " if least else ""
    return f"a list of {count}{_items(node['items'])}"


def _items(node: Node) -> str:
    kinds = {choice.get("type") for choice in node.get("anyOf", (_resolve(node),))}
    if kinds == {"string"}:
        return TEXTS
    return f"{TEXTS} and groups of settings" if "string" in kinds else "groups of settings"


def _entries(node: Node) -> str:
    value = node["additionalProperties"]
    if value is True:
        return GROUP
    return NAMED_GROUPS if "$ref" in value else ENTRIES


def _number(node: Node) -> str:
    """`a number from 0 to 100`, `a number above 0 and at most 60`, or as much of it as is bounded."""
    least, above, greatest = (
        as_written(node[name]) if name in node else None
        for name in ("minimum", "exclusiveMinimum", "maximum")
    )
    if least and greatest:
        return f"a number from {least} to {greatest}"
    said = [
        f"{words} {bound}"
        for words, bound in (("of at least", least), ("above", above), ("at most", greatest))
        if bound
    ]
    return f"a number {' and '.join(said)}".strip()


_EXPECTATIONS: dict[str, Callable[[Node], str]] = {
    "integer": _whole_number,
    "number": _number,
    "boolean": lambda _: TRUE_OR_FALSE,
    "array": _list,
    "object": _entries,
}


def example(key: str, node: Node) -> str:
    """A piece of YAML that sets a key: one value, or the required keys of a section."""
    properties = _properties(node)
    if expectation(node) == NAMED_GROUPS:
        return f"{key}:\n{indent(example('name', _resolve(node['additionalProperties'])), '  ')}"
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
            return {**_resolve(choice), **node}
    return node


@cache
def _schema() -> Node:
    return GenaiSettings.model_json_schema(by_alias=True)
