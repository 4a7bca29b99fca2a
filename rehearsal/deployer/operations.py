"""What a deployment did to each resource."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Action = Literal["same", "create", "update", "replace", "delete", "keep"]


@dataclass(frozen=True)
class Operation:
    """One resource, and what was done to it, or in a preview what would be."""

    action: Action
    resource_type: str
    name: str
    """Logical name."""
    id: str
    properties: tuple[str, ...] = ()
    """What has changed; of a replacement, what made it necessary."""
    note: str = ""
    """Why it was kept, or replaced for another reason than a property."""
    seconds: float = 0.0


def counted(operations: Iterable[Operation]) -> str:
    """Say in one line how much was done: `1 updated, 2 replaced, 38 unchanged`."""
    counts = Counter(operation.action for operation in operations)
    words = {
        "create": "created",
        "update": "updated",
        "replace": "replaced",
        "delete": "deleted",
        "keep": "kept",
        "same": "unchanged",
    }
    told = [f"{counts[action]} {word}" for action, word in words.items() if counts[action]]
    return ", ".join(told) or "nothing"
