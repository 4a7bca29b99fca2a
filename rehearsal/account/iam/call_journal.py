"""Every decision about a call: who asked for what, and which statement allowed or forbade it.

One journal for the process, which is one account.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class JudgedCall:
    """One action on one resource, decided."""

    principal: str
    """ARN of who asked; of the role itself where a service acts for it."""
    role: str | None
    """ARN of the role whose policies were looked at; None for the administrator."""
    action: str
    resource: str
    allowed: bool
    policy: str | None
    """Name of the policy that decided; None if none did."""
    statement: Mapping[str, Any] | None
    reason: str = ""
    """For a refusal, what the caller was told."""


_lock = threading.Lock()
_calls: list[JudgedCall] = []


def note(call: JudgedCall) -> None:
    """Keep one decision."""
    with _lock:
        _calls.append(call)


def judged_calls() -> list[JudgedCall]:
    """Return all decisions so far, in order."""
    with _lock:
        return _calls[:]
