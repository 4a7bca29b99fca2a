"""A rehearsal's steps: each is timed, told to whoever watches, and noted in the transcript."""

import contextlib
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehearsal.transcript import Step, StepFailedError, Transcript

if TYPE_CHECKING:
    from rehearsal.faults_survived import Survival


@dataclass(frozen=True)
class Watcher:
    """Who is told how a rehearsal goes, while it goes."""

    on_progress: Callable[[str], None] = lambda _: None
    """Told what is being done at the moment."""
    on_step: Callable[[Transcript, Step], None] = lambda _t, _s: None
    """Told of each step that succeeded."""


class Steps:
    """The steps of one rehearsal, up to the one that fails."""

    def __init__(self, transcript: Transcript, watcher: Watcher) -> None:
        self._transcript = transcript
        self.watcher = watcher
        self.survival: Survival | None = None
        """Who asks while faults are made; None until there is an account."""
        self.current = "settings"
        """Name of the step under way."""

    @contextlib.contextmanager
    def step(self, name: str, doing: str) -> Generator[list[str]]:
        """Time a step; the body leaves its one-line summary in the list."""
        self.current = name
        self.watcher.on_progress(doing)
        started = time.monotonic()
        summary: list[str] = []
        try:
            yield summary
        except StepFailedError as failure:
            came_of_it = self.survival.excuse(failure) if self.survival else None
            if came_of_it is None:
                self._note(Step(name, f"failed: {failure}", time.monotonic() - started))
                raise
            summary[:] = [came_of_it]
        self.finish(name, " ".join(summary), started)

    def finish(self, name: str, summary: str, started: float) -> None:
        """Note a step that began at `started`, by the monotonic clock."""
        step = Step(name, summary, time.monotonic() - started)
        self._transcript.steps.append(step)
        self._note(step)
        self.watcher.on_step(self._transcript, step)

    def _note(self, step: Step) -> None:
        if self.survival:
            self.survival.note(step)
