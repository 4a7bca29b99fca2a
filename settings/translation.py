"""Turn pydantic's errors into problems, in our own words."""

import re
from collections.abc import Iterable, Sequence

from pydantic_core import ErrorDetails

from catalog.nearest import nearest
from settings.problems import Problem
from settings.schema import (
    ENTRIES,
    GROUP,
    NAMED_GROUPS,
    TEXT,
    TEXTS,
    TRUE_OR_FALSE,
    Node,
    example,
    expectation,
    known_keys,
    node_at,
)
from settings.secure_value import SecureValue
from settings.wording import REFUSED, as_written, describe, one_of, suggestion

Path = tuple[object, ...]

Words = tuple[str, str]
"""What is wrong and what was expected; how to fix it."""

_ENTRY_KEY = "[key]"  # pydantic's last step to the key, rather than the value, of an entry
_LONGEST_STEP = 60
_QUOTED_NUMBERS = {
    "integer": re.compile(r"-?[0-9]{1,12}"),
    "number": re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?"),
}


def translate(errors: Iterable[ErrorDetails], *, namespace: str, file: str) -> list[Problem]:
    """One problem for each setting that is wrong."""
    problems: dict[str, Problem] = {}
    for error in errors:
        key = dotted_key(namespace, setting_path(error))
        message, fix = _words(error, namespace)
        # A bad entry is reported for its name, then for its value: the first says enough.
        problems.setdefault(key, Problem(file, key, message, fix))
    return list(problems.values())


def setting_path(error: ErrorDetails) -> Path:
    """The keys that lead to the setting an error is about."""
    steps = error["loc"]
    return steps[:-1] if steps[-1:] == (_ENTRY_KEY,) else steps


def dotted_key(namespace: str, path: Sequence[object]) -> str:
    """`genai:endpoint.instanceType`."""
    return f"{namespace}:{'.'.join(_step(step) for step in path)}"


def _step(step: object) -> str:
    text = str(step)
    shown = text if len(text) <= _LONGEST_STEP else text[:_LONGEST_STEP] + "..."
    return shown if shown.isprintable() else ascii(shown)


def _words(error: ErrorDetails, namespace: str) -> Words:
    kind, path, found = error["type"], setting_path(error), error["input"]
    if kind == REFUSED:
        words = error.get("ctx", {})
        return words["message"], words["fix"]
    if kind == "extra_forbidden":
        return _unknown(path, namespace)
    if kind == "missing":
        return _missing(path, namespace)
    if isinstance(found, SecureValue):
        return _encrypted()
    if kind == "invalid_key" or len(path) < len(error["loc"]):
        return _name_is_no_text(found)
    return _unfit(path, found, namespace)


def _encrypted() -> Words:
    return (
        "is encrypted, so it cannot be checked, and only genai:hubToken is a secret",
        "write it as plain text; a real secret does not belong in these settings",
    )


def _missing(path: Path, namespace: str) -> Words:
    node = _node(path)
    return f"is missing: {node['description']}", f"add{_example(path, node, namespace)}"


def _unknown(path: Path, namespace: str) -> Words:
    *above, name = path
    known = known_keys(above)
    if above:
        owner, fix = dotted_key(namespace, above), _misplaced(str(name), known, namespace)
    else:
        owner, fix = "this project", _misnamed(str(name), known, namespace)
    return f"is not a setting of {owner}; it has {', '.join(known)}", fix


def _misplaced(name: str, known: Sequence[str], namespace: str) -> str:
    homes = [section for section in known_keys(()) if name in known_keys((section,))]
    if homes:
        return f"move it to {namespace}:{homes[0]}"
    return suggestion(name, known, otherwise="remove it")


def _misnamed(name: str, known: Sequence[str], namespace: str) -> str:
    section, _, rest = name.partition(".")
    if rest and section in known:
        return f"write {_step(rest)}: indented below {namespace}:{section}:"
    guess = nearest(name, known)
    return f"did you mean {namespace}:{guess}?" if guess else "remove it"


def _name_is_no_text(name: object) -> Words:
    return f"expected a text as the name of a setting, found {describe(name)}", "put it in quotes"


def _unfit(path: Path, found: object, namespace: str) -> Words:
    node = _node(path)
    expected = expectation(node)
    if isinstance(found, list) and len(found) > node.get("maxItems", len(found)):
        return f"expected {expected}, found {len(found)}", "remove some"
    return f"expected {expected}, found {describe(found)}", _fix(path, node, found, namespace)


def _fix(path: Path, node: Node, found: object, namespace: str) -> str:
    expected = expectation(node)
    better = (
        _better_group(expected, node, found)
        if expected in (GROUP, ENTRIES, NAMED_GROUPS)
        else _better_value(_step(path[-1]), expected, node, found)
    )
    return better or f"write{_example(path, node, namespace)}"


def _better_group(expected: str, node: Node, found: object) -> str | None:
    if found is None:
        return "indent its settings below it, or remove the line"
    if expected == ENTRIES:
        return "indent NAME: text entries below it"
    is_free = expected == GROUP and "properties" not in node
    return "write its settings below it, as name: value" if is_free else None


def _better_value(key: str, expected: str, node: Node, found: object) -> str | None:
    if expected == TRUE_OR_FALSE:
        return "write true or false, without quotes"
    if expected == TEXT and isinstance(found, bool | int | float):
        return f'put it in quotes: {key}: "{as_written(found)}"'
    if not isinstance(found, str):
        return None
    if expected.endswith(TEXTS):
        return f"write it as a list: {key}: [{found}]"
    return _better_text(key, node, found)


def _better_text(key: str, node: Node, found: str) -> str | None:
    if "enum" in node:
        known = [str(each) for each in node["enum"]]
        return suggestion(found, known, otherwise=f"choose {one_of(node['enum'])}")
    quoted = _QUOTED_NUMBERS.get(node.get("type", ""))
    is_number = quoted is not None and quoted.fullmatch(found)
    return f"write it without quotes: {key}: {found}" if is_number else None


def _example(path: Path, node: Node, namespace: str) -> str:
    key = _step(path[-1])
    lines = example(key if len(path) > 1 else f"{namespace}:{key}", node)
    return f"\n{lines}" if "\n" in lines else f" {lines}"


def _node(path: Path) -> Node:
    node = node_at(path)
    if node is None:
        raise LookupError(f"no setting at {path}")
    return node
