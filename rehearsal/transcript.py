"""What a rehearsal tells: each step, what it found, and why it failed if it did."""

from dataclasses import dataclass, field
from typing import Any

from rehearsal.deployer.deploy import CreatedResource
from rehearsal.deployer.operations import Operation
from rehearsal.least_privilege import LeastPrivilege
from rehearsal.load import LoadResult


class StepFailedError(Exception):
    """A step did not do what it should have."""


class FunctionAnsweredError(StepFailedError):
    """The function answered, and with an error."""

    def __init__(self, message: str, status: int, reply: dict[str, Any]) -> None:
        super().__init__(message)
        self.status = status
        self.reply = reply


class LinesFailedError(StepFailedError):
    """A batch is finished, and some of its prompts failed."""

    def __init__(self, message: str, entries: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.entries = entries


class BatchUnfinishedError(StepFailedError):
    """A batch has no result in time."""


@dataclass(frozen=True)
class Step:
    """One finished step."""

    name: str
    summary: str
    seconds: float


@dataclass(frozen=True)
class StepUnderFaults:
    """A step that faults struck."""

    step: str
    struck: dict[str, int]
    """How often by each."""
    came_of_it: str
    asked: int
    """How often the function was asked; 0 for a step that asks nothing."""
    attempts: int | None = None
    """How often the function asked the endpoint for what it answered last; None if no record tells."""


@dataclass(frozen=True)
class Failure:
    """The step that failed, its cause, and what to do about it."""

    step: str
    cause: str
    fix: str


@dataclass
class ChangeReport:
    """One change of a deployed stack: what it did, and what callers noticed of it."""

    text: str
    """As it was asked for."""
    planned: list[Operation]
    """What a preview said that it would do."""
    operations: list[Operation] = field(default_factory=list)
    load: LoadResult = field(default_factory=lambda: LoadResult(0))
    """Of the requests that were sent from before the change to after it."""


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
    """How often each fault came, as `--fault` spells it."""
    injections: list[dict[str, Any]] = field(default_factory=list)
    """Every fault that came: when, which, and whom it struck."""
    outcomes: list[StepUnderFaults] = field(default_factory=list)
    """What came of them, for each step that was struck."""
    changes: list[ChangeReport] = field(default_factory=list)
    destroyed: list[Operation] = field(default_factory=list)
    """What was deleted at the end, and what was kept; empty if that was not asked for."""
    function_log: list[str] = field(default_factory=list)
    container_log: list[str] = field(default_factory=list)
    least_privilege: LeastPrivilege | None = None
    """What the stack's roles were granted and used, if that was asked for."""
    failure: Failure | None = None
    seconds: float = 0.0

    @property
    def succeeded(self) -> bool:
        """Whether every step truly succeeded."""
        return self.failure is None
