"""The example that each rule has in docs/rule_examples.yaml: the smallest stack it refuses, and the mended one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from settings.draft import Draft
from settings.problems import Finding
from settings.rules import Rule, findings
from settings.secure_value import SecureValue
from settings.yaml_reader import read_yaml

PROJECT = "genai"
_EXAMPLES = Path("docs") / "rule_examples.yaml"
_LINK = "-> "
_REPEATED = "repeat"


@dataclass(frozen=True)
class Stack:
    """A stack of the examples."""

    name: str
    """Of the stack."""

    said: Mapping[str, Any]
    """What it says besides the base, or instead of it."""

    base: Mapping[str, Any]
    """What it says otherwise."""

    files: Mapping[str, str | int]
    """The files of its project: text, a number of bytes, or a link."""

    @property
    def config(self) -> dict[str, Any]:
        """All it says, as the stack file's reader gives it."""
        return {key: _decoded(value) for key, value in {**self.base, **self.said}.items()}

    def draft(self, project_dir: Path) -> Draft:
        """What the rules are given, with every setting taken as right by itself."""
        prefix = f"{PROJECT}:"
        sections = {
            key.removeprefix(prefix): value
            for key, value in self.config.items()
            if key.startswith(prefix)
        }
        region = str(self.config["aws:region"])
        return Draft(
            sections, (), region=region, project=PROJECT, stack=self.name, project_dir=project_dir
        )

    def findings(self, project_dir: Path) -> Iterator[tuple[Rule, Finding]]:
        """What the rules find, with the files laid out in a folder that exists."""
        for path, content in self.files.items():
            _write(project_dir / path, content)
        return findings(self.draft(project_dir))


@dataclass(frozen=True)
class Example:
    """The example of one rule."""

    bad: Stack
    """What the rule refuses."""

    good: Stack
    """What it may look like instead."""


def load_examples(root: Path) -> dict[str, Example]:
    """The example of every rule, by the rule's id."""
    read = cast("dict[str, dict[str, Any]]", read_yaml((root / _EXAMPLES).read_bytes()))
    base = read.pop("base")
    return {
        rule: Example(bad=_stack(entry, "bad", base), good=_stack(entry, "good", base))
        for rule, entry in read.items()
    }


def _stack(entry: Mapping[str, Any], which: str, base: Mapping[str, Any]) -> Stack:
    said = dict(entry[which])
    files = {**entry.get("files", {}), **said.pop("files", {})}
    return Stack(name=entry.get("stack", "dev"), said=said, base=base, files=files)


def _decoded(value: Any) -> Any:
    """A section with its shorthands written out: `secure:` values, and `repeat: 100` for so many entries."""
    if not isinstance(value, dict):
        return value
    entries = cast("dict[str, Any]", value)
    if entries.keys() == {"secure"}:
        return SecureValue()
    if entries.keys() == {_REPEATED}:
        return {f"NAME_{number}": "x" for number in range(entries[_REPEATED])}
    return {key: _decoded(inner) for key, inner in entries.items()}


def _write(path: Path, content: str | int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, int):
        path.write_bytes(bytes(content))
    elif content.startswith(_LINK):
        path.symlink_to(content.removeprefix(_LINK))
    else:
        path.write_text(content)
