"""What a rehearsal tells: each step, what it found, and why it failed if it did."""

from dataclasses import dataclass, field
from typing import Any

from rehearsal.deployer.deploy import CreatedResource


class StepFailedError(Exception):
    """A step did not do what it should have."""


@dataclass(frozen=True)
class Step:
    """One finished step."""

    name: str
    summary: str
    seconds: float


@dataclass(frozen=True)
class Failure:
    """The step that failed, its cause, and what to do about it."""

    step: str
    cause: str
    fix: str


@dataclass
class Transcript:
    """Everything that a rehearsal found out."""

    stack: str
    prompt: str
    steps: list[Step] = field(default_factory=list)
    stand_ins: list[str] = field(default_factory=list)
    """What played a part that cannot be had on this machine."""
    account_url: str | None = None
    resources: list[CreatedResource] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """What the program warned of."""
    exports: dict[str, Any] = field(default_factory=dict)
    reply: dict[str, Any] | None = None
    """What the function answered."""
    said: str = ""
    """What the model said, in the reply or, from an asynchronous endpoint, in S3; empty without one."""
    record: dict[str, Any] | None = None
    """The record as it lies in S3."""
    batch: list[dict[str, Any]] = field(default_factory=list)
    """What came of a file of prompts, one entry for each; empty for a stack that takes none."""
    faults: dict[str, int] = field(default_factory=dict)
    """What was made to fail on the way, by service and error, and how often."""
    function_log: list[str] = field(default_factory=list)
    container_log: list[str] = field(default_factory=list)
    failure: Failure | None = None
    seconds: float = 0.0

    @property
    def succeeded(self) -> bool:
        """Whether every step truly succeeded."""
        return self.failure is None
