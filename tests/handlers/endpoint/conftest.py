"""What only the tests of the endpoint need."""

import pytest

from handlers.time_limit import TimeLimit


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second of a model's time lasts a fifth, so that no test waits for a whole one."""
    whole = TimeLimit.of

    def of(seconds: float, longest_wait_seconds: float | None = None) -> TimeLimit:
        if longest_wait_seconds is None:
            return whole(seconds)
        return whole(seconds / 5, longest_wait_seconds / 5)

    monkeypatch.setattr(TimeLimit, "of", of)
