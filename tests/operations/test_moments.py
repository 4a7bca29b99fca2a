"""Moments as people write them."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.errors import OperationError
from operations.moments import moment

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("15m", NOW - timedelta(minutes=15)),
        (" 2H ", NOW - timedelta(hours=2)),
        ("7d", NOW - timedelta(days=7)),
        ("4w", NOW - timedelta(weeks=4)),
        ("2026-11-25", datetime(2026, 11, 25, tzinfo=UTC)),
        ("2026-11-25T10:30", datetime(2026, 11, 25, 10, 30, tzinfo=UTC)),
        ("2026-11-25T10:30+02:00", datetime(2026, 11, 25, 8, 30, tzinfo=UTC)),
    ],
)
def test_what_is_meant(text: str, at: datetime) -> None:
    assert moment(text, NOW) == at


@pytest.mark.parametrize("text", ["", "yesterday", "15", "m", "-5m", "2026-13-01", "999999w"])
def test_what_is_no_moment_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(OperationError, match="is no moment") as refused:
        moment(text, NOW)

    assert "15m" in refused.value.fix


def test_the_future_is_refused() -> None:
    with pytest.raises(OperationError, match="lies in the future"):
        moment("2027-01-01", NOW)


@given(st.text())
def test_any_other_text_is_refused_in_words(text: str) -> None:
    with contextlib.suppress(OperationError):
        assert moment(text, NOW) <= NOW
