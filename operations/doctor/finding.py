"""What a check says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from operations.deployment import AwsClients
from settings import StackSettings

Verdict = Literal["ok", "problem", "unknown"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, or that could not be."""

    check: str
    """What was checked, such as `quota`."""
    verdict: Verdict
    """`unknown`: it could not be checked, and `what` says why."""
    what: str
    fix: str = ""


@dataclass(frozen=True)
class Patient:
    """A stack's settings, and the account that it is or will be in."""

    settings: StackSettings
    clients: AwsClients
    account_id: str
    caller_arn: str
    """Who is asking: the one who deploys, it is assumed."""


Check = Callable[[Patient], Iterator[Finding]]


class Teller:
    """Makes the findings of one check."""

    def __init__(self, check: str) -> None:
        self._check = check

    def ok(self, what: str) -> Finding:
        """All is well."""
        return Finding(self._check, "ok", what)

    def problem(self, what: str, fix: str) -> Finding:
        """A deployment would fail, or do harm."""
        return Finding(self._check, "problem", what, fix)

    def unknown(self, what: str, fix: str = "") -> Finding:
        """It could not be checked."""
        return Finding(self._check, "unknown", what, fix)
