"""What is wrong with a stack's settings, told to the person who wrote them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Finding(NamedTuple):
    """A problem, before it is known which file it came from."""

    key: str
    """Dotted key, such as `genai:endpoint.instanceType`."""

    message: str
    """What is wrong, with the value, and what was expected."""

    fix: str
    """What to write instead."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that keeps a stack from being used."""

    file: str
    """Where it was said, such as `Pulumi.dev.yaml`."""

    key: str
    """Dotted key, such as `genai:endpoint.instanceType`; empty when the whole file is meant."""

    message: str
    """What is wrong, with the value, and what was expected."""

    fix: str
    """What to write instead."""

    rule: str = ""
    """The rule that found it, such as `GA101`, to look up in docs/rules.md; empty for a value that is wrong by itself."""

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}" if self.key else self.file
        if self.rule:
            place += f" ({self.rule})"
        return f"{place}\n    {_indent(self.message)}\n    Fix: {_indent(self.fix)}"


class SettingsError(ValueError):
    """A stack's settings cannot be used. Holds every problem found, not just the first."""

    problems: tuple[Problem, ...]

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(_report(self.problems))


def _report(problems: tuple[Problem, ...]) -> str:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return "\n\n".join([f"{count} in the settings:", *map(str, problems)])


def _indent(text: str) -> str:
    return text.replace("\n", "\n    ")
