"""What a policy has to say about a resource, in one voice: resource, property, found, expected, fix."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from policy.records import Resource, Unknown

_LONGEST = 120


@dataclass(frozen=True)
class Finding:
    """A property that is not as the policy wants it, or cannot be judged yet."""

    resource: Resource
    path: str
    """Its dotted path; `protect` is the resource's option."""

    found: Any
    """The value; None is missing, an `Unknown` cannot be told."""

    expected: str
    """What the policy wants, to be read after "expected"."""

    fix: str
    """What to do."""

    @property
    def is_open(self) -> bool:
        """Whether it cannot be told yet; then it is no violation."""
        return isinstance(self.found, Unknown)

    def __str__(self) -> str:
        found = f"{self.resource}: {self.path} is {shown(self.found)}; expected {self.expected}"
        return found if self.is_open else f"{found}\nFix: {self.fix}"


def expect(
    resource: Resource,
    path: str,
    is_right: Callable[[Any], bool],
    *,
    expected: str,
    fix: str,
) -> Iterator[Finding]:
    """Find the property at `path` wrong, or open, unless its value is right."""
    value = resource.read(path)
    if isinstance(value, Unknown) or not is_right(value):
        yield Finding(resource, path, value, expected, fix)


def shown(value: Any) -> str:
    """A value as a message tells it, cut if it is long."""
    if value is None:
        return "missing"
    if isinstance(value, Unknown):
        return value.told
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
