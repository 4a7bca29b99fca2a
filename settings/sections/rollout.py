"""`genai:endpoint.rollout`: how a changed configuration takes over."""

from typing import Literal

from pydantic import Field

from settings import limits
from settings.sections.section import Section

Strategy = Literal["all-at-once", "canary", "linear", "rolling"]


class RolloutSettings(Section):
    """`genai:endpoint.rollout`: how a changed configuration takes over, and what turns it back."""

    strategy: Strategy = Field(
        default="all-at-once",
        description="all-at-once (a second fleet takes over in one step), canary (a part first, then the "
        "rest), linear (in equal steps) or rolling (in place, batch by batch, without a second fleet)",
    )
    canary_percent: int = Field(
        default=10,
        ge=1,
        le=50,
        description="share of the fleet that goes first, in a canary rollout",
    )
    step_percent: int = Field(
        default=20, ge=10, le=50, description="share of the fleet in each step of a linear rollout"
    )
    batch_percent: int = Field(
        default=20, ge=5, le=50, description="share of the fleet in each batch of a rolling rollout"
    )
    wait_seconds: int = Field(
        default=300,
        ge=limits.ROLLOUT_WAIT_SECONDS.minimum,
        le=limits.ROLLOUT_WAIT_SECONDS.maximum,
        description="how long the alarms are watched after each step",
    )
    termination_wait_seconds: int = Field(
        default=0,
        ge=limits.TERMINATION_WAIT_SECONDS.minimum,
        le=limits.TERMINATION_WAIT_SECONDS.maximum,
        description="how long the old fleet stays after the last step; not for rolling",
    )
    max_seconds: int | None = Field(
        default=None,
        ge=limits.ROLLOUT_SECONDS.minimum,
        le=limits.ROLLOUT_SECONDS.maximum,
        description="how long the whole rollout may take; SageMaker's choice unless given",
        examples=[3600],
    )
    rollback: bool | None = Field(
        default=None,
        description="whether alarms on errors and latency are made and turn a rollout back; yes unless the "
        "strategy is all-at-once",
        examples=["true"],
    )
    max_error_percent: float = Field(
        default=5.0, gt=0, le=100, description="share of failed requests that turns a rollout back"
    )
    max_latency_seconds: float | None = Field(
        default=None,
        gt=0,
        le=limits.ASYNC_SECONDS,
        description="99th percentile of the model's latency that turns a rollout back; 30 unless given, and in the mode "
        "async, where work may well be slow, none",
        examples=[30],
    )

    @property
    def is_guarded(self) -> bool:
        """Whether there is anything to tell SageMaker, which replaces a fleet at once otherwise."""
        waits = self.termination_wait_seconds > 0 or self.max_seconds is not None
        return self.strategy != "all-at-once" or self.has_rollback or waits

    @property
    def has_rollback(self) -> bool:
        """Whether alarms turn a rollout back."""
        return self.strategy != "all-at-once" if self.rollback is None else self.rollback
