"""Read YAML as Pulumi does, and refuse what would surprise: duplicates, bombs, dates, other types.

Pulumi reads plain values by YAML 1.2: `no`, `on` and `12:30` are texts. PyYAML's own loader reads
YAML 1.1, makes two booleans and the number 750 of them, and a check could pass what Pulumi refuses.
"""

import re
from typing import Any, cast, final

import yaml
from yaml.error import Mark, MarkedYAMLError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

_MAX_BYTES = 256 * 1024  # a stack file has a few; SageMaker takes 32 KB of variables at most
_MAX_NODES = 2_000  # with every alias written out; a full set of variables and tags is 300
_MAX_DEPTH = 50
_CORE = "tag:yaml.org,2002:"


class YamlError(ValueError):
    """A text is not YAML that can be used. `fix` says what to do about it."""

    fix: str

    def __init__(self, message: str, fix: str, mark: Mark | None = None) -> None:
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        super().__init__(place + message)
        self.fix = fix


def read_yaml(content: bytes) -> Any:
    """The value of a YAML document: text, number, boolean, None, list, or dict with text keys.

    Raises:
        YamlError: not UTF-8, not YAML, too large, more than one document, or not plain data.
    """
    if len(content) > _MAX_BYTES:
        raise YamlError(f"has {len(content)} bytes, more than {_MAX_BYTES}", "shorten it")
    try:
        node = _compose(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise YamlError(f"byte {error.start} is not UTF-8", "save the file as UTF-8") from None
    return _Conversion().convert(node, depth=0) if node else None


def _compose(text: str) -> Node | None:
    try:
        return _Composer(text).get_single_node()
    except ReaderError as error:
        code = f"U+{int(error.character):04X}"
        raise YamlError(f"has the unprintable character {code}", "remove it") from None
    except MarkedYAMLError as error:
        raise _syntax_error(error) from None


def _syntax_error(error: MarkedYAMLError) -> YamlError:
    problem = (error.problem or "").removeprefix("but ")
    if "'\\t'" in problem:
        message, fix = "a tab cannot indent YAML", "put spaces in its place"
    else:
        message, fix = f"not valid YAML: {problem}", "check indentation, colons and quotes there"
    return YamlError(message, fix, error.problem_mark)


def _plain_values() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """What a plain value may be, by its first character, in the order that Pulumi tries."""
    table: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for kind, first, pattern in (
        ("null", ["~", "n", "N", ""], r"~|null|Null|NULL|"),
        ("bool", "tTfF", r"true|True|TRUE|false|False|FALSE"),
        ("int", "-+0123456789", r"[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)"),
        ("float", "-+.0123456789", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"),
        ("float", "-+.", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
        ("timestamp", "0123456789", r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"),
    ):
        for character in first:
            entry = (f"{_CORE}{kind}", re.compile(rf"(?:{pattern})\Z"))
            table.setdefault(character, []).append(entry)
    return table


@final
class _Composer(yaml.SafeLoader):
    """PyYAML up to the tree of nodes, with other plain values and a limited depth."""

    yaml_implicit_resolvers: Any = _plain_values()
    _depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        if self._depth > _MAX_DEPTH:
            raise _too_deep(cast("Any", self).peek_event().start_mark)
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


class _Conversion:
    """Nodes to plain values. Aliases are written out, so nodes are counted."""

    def __init__(self) -> None:
        self._nodes = 0

    def convert(self, node: Node, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > _MAX_NODES:
            message = f"has more than {_MAX_NODES} values once its aliases are written out"
            raise YamlError(message, "remove aliases (*name)", node.start_mark)
        if depth > _MAX_DEPTH:
            raise _too_deep(node.start_mark)
        match node:
            case MappingNode(tag=tag) if tag == f"{_CORE}map":
                return self._mapping(node, depth)
            case SequenceNode(tag=tag, value=items) if tag == f"{_CORE}seq":
                return [self.convert(item, depth + 1) for item in items]
            case ScalarNode():
                return _scalar(node)
            case _:
                raise _strange_tag(node)

    def _mapping(self, node: MappingNode, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _key(key_node)
            if key in result:
                message = f"{key} is written twice in the same place"
                raise YamlError(message, "keep one of the two", key_node.start_mark)
            result[key] = self.convert(value_node, depth + 1)
        return result


def _key(node: Node) -> str:
    if not isinstance(node, ScalarNode) or node.tag != f"{_CORE}str":
        shown = f"{node.value} is" if isinstance(node, ScalarNode) else "a list or group is"
        raise YamlError(f"{shown} not a text, so not a key", "put it in quotes", node.start_mark)
    if node.value == "<<" and node.style is None:
        raise YamlError("merge keys (<<) are not read", "write the keys out", node.start_mark)
    return node.value


def _scalar(node: ScalarNode) -> Any:
    try:
        match node.tag.removeprefix(_CORE):
            case "str":
                return node.value
            case "null":
                return None
            case "bool":
                return {"true": True, "false": False}[node.value.lower()]
            case "int":
                return _whole_number(node.value)
            case "float":
                return float(re.sub(r"\.(?=[in])", "", node.value.lower()))
            case "timestamp":
                message = f"{node.value} is read as a date"
                raise YamlError(message, f'put it in quotes: "{node.value}"', node.start_mark)
            case _:
                raise _strange_tag(node)
    except (KeyError, ValueError) as error:
        if isinstance(error, YamlError):
            raise
        raise _strange_tag(node) from None


def _whole_number(text: str) -> int:
    digits = text.replace("_", "")
    is_old_octal = re.fullmatch(r"[-+]?0[0-7]+", digits) is not None
    if is_old_octal:
        return int(digits, 8)
    return int(digits, 0 if re.match(r"[-+]?0[box]", digits) else 10)


def _too_deep(mark: Mark | None) -> YamlError:
    return YamlError(f"is nested more than {_MAX_DEPTH} levels deep", "flatten it", mark)


def _strange_tag(node: Node) -> YamlError:
    tag = node.tag.replace(_CORE, "!!")
    message = f"a value of type {tag} is not plain data, or not of that type"
    return YamlError(
        message, "write text, a number, true, false, a list or a group", node.start_mark
    )
