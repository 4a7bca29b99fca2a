"""Every decision about a call: who asked for what, and which statement allowed or forbade it.

One journal for the process, which is one account. Equal decisions are one entry with a count; of the resources of one
entry the first few are kept, so that thousands of requests stay a page.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

CALLS_PATH = "/rehearsal/calls"
RESOURCES_KEPT = 20
ENTRIES_KEPT = 5_000


@dataclass(frozen=True)
class JudgedCall:
    """One action on one resource, decided."""

    principal: str
    """ARN of who asked; of the role itself, or the service's name, where a service acts."""
    role: str | None
    """ARN of the role whose policies were looked at; None for the administrator and for users."""
    action: str
    resource: str
    allowed: bool
    policy: str | None
    """Name of the policy that decided; None if none did."""
    statement: Mapping[str, Any] | None
    reason: str = ""
    """For a refusal, what the caller was told; for what needs no statement, why not."""
    conditions: Mapping[str, Any] = field(default_factory=dict)
    """What the request set of the keys that the policies looked at have conditions on."""


@dataclass
class JudgedCalls:
    """All calls that were decided in the same way by the same statement."""

    first: JudgedCall
    count: int = 0
    resources: dict[str, int] = field(default_factory=dict)
    """How often each resource was asked for, the first few ones."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    """The first few different ones, each as `resource` and `conditions`: enough to be judged again."""

    def as_json(self) -> dict[str, Any]:
        """What is served."""
        told = asdict(self.first)
        del told["resource"], told["conditions"]
        return {
            **told,
            "count": self.count,
            "resources": self.resources,
            "requests": self.requests,
        }


_lock = threading.Lock()
_entries: dict[tuple[object, ...], JudgedCalls] = {}


def note(call: JudgedCall) -> None:
    """Keep one decision."""
    statement = json.dumps(call.statement, default=str)
    key = (call.principal, call.role, call.action, call.allowed, call.policy, statement)
    with _lock:
        if key not in _entries and len(_entries) >= ENTRIES_KEPT:
            return
        entry = _entries.setdefault(key, JudgedCalls(call))
        entry.count += 1
        if call.resource in entry.resources or len(entry.resources) < RESOURCES_KEPT:
            entry.resources[call.resource] = entry.resources.get(call.resource, 0) + 1
        request = {"resource": call.resource, "conditions": dict(call.conditions)}
        if len(entry.requests) < RESOURCES_KEPT and request not in entry.requests:
            entry.requests.append(request)


def judged_calls() -> list[JudgedCalls]:
    """Return all decisions so far, in the order in which the first of each came."""
    with _lock:
        return [
            JudgedCalls(entry.first, entry.count, dict(entry.resources), list(entry.requests))
            for entry in _entries.values()
        ]


def report() -> list[dict[str, Any]]:
    """Return what is told at `CALLS_PATH`."""
    return [calls.as_json() for calls in judged_calls()]
