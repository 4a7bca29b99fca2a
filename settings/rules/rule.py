"""What a rule is: a number to look it up by, the reason for it, and the check itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from settings.draft import Draft
from settings.problems import Finding

Check = Callable[[Draft], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """One thing that only several settings together, the disk or the catalog can tell to be wrong."""

    id: str
    """Such as `GA101`; in messages, and the heading of its entry in docs/rules.md."""

    check: Check
    """Yields what is wrong; silent while a value it needs is missing or wrong."""

    @property
    def why(self) -> str:
        """The reason, in a sentence or two: the check's docstring."""
        return " ".join((self.check.__doc__ or "").split())


def rule(number: int) -> Callable[[Check], Rule]:
    """Make a rule of a check; its docstring is the reason that people read."""
    return lambda check: Rule(f"GA{number}", check)
