"""When scheduled actions are due."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.schedules import Schedule, ScheduleError

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)  # a Wednesday


def due(expression: str, after: datetime = NOW, **action: Any) -> str | None:
    at = Schedule.of({"Schedule": expression, **action}).next_after(after)
    return at and at.strftime("%Y-%m-%d %H:%M")


@pytest.mark.fact(
    "§9 ScheduledAction: `cron(0 20 ? * MON-FRI *)`, `rate()`, `at()`, plus `timezone`"
)
@pytest.mark.parametrize(
    ("expression", "time"),
    [
        ("cron(0 20 ? * MON-FRI *)", "2026-11-25 20:00"),
        ("cron(0 9 ? * MON-FRI *)", "2026-11-26 09:00"),
        ("cron(30 8 ? * 1,7 *)", "2026-11-28 08:30"),
        ("cron(0/15 * * * ? *)", "2026-11-25 09:15"),
        ("cron(5 0-6/3 * * ? *)", "2026-11-26 00:05"),
        ("cron(0 0 1 JAN ? *)", "2027-01-01 00:00"),
        ("cron(0 0 L * ? *)", "2026-11-30 00:00"),
        ("cron(0 0 ? * FRI#1 *)", "2026-12-04 00:00"),
        ("cron(0 0 ? * FRIL *)", "2026-11-27 00:00"),
        ("cron(0 0 29 2 ? *)", "2028-02-29 00:00"),
        ("cron(0 0 1 1 ? 2020)", None),
        ("rate(5 minutes)", "2026-11-25 09:05"),
        ("rate(1 day)", "2026-11-26 09:00"),
        ("at(2026-12-24T18:00:00)", "2026-12-24 18:00"),
        ("at(2026-11-25T09:00:00)", None),
    ],
)
def test_a_schedule_is_due_at_its_next_time(expression: str, time: str | None) -> None:
    assert due(expression) == time


def test_a_schedule_is_of_its_time_zone() -> None:
    assert due("cron(0 20 ? * * *)", Timezone="Europe/Berlin") == "2026-11-25 19:00"
    assert due(
        "cron(0 20 ? * * *)", datetime(2026, 7, 1, tzinfo=UTC), Timezone="Europe/Berlin"
    ) == ("2026-07-01 18:00")
    assert due("at(2026-12-24T18:00:00)", Timezone="America/New_York") == "2026-12-24 23:00"


def test_a_schedule_has_a_beginning_and_an_end() -> None:
    start = datetime(2026, 12, 1, 0, 30, tzinfo=UTC).timestamp()

    assert due("rate(1 hour)", StartTime=start) == "2026-12-01 00:30"
    assert due("rate(1 hour)", datetime(2026, 12, 1, 1, 0, tzinfo=UTC), StartTime=start) == (
        "2026-12-01 01:30"
    )
    assert due("cron(0 20 ? * * *)", EndTime=NOW.timestamp()) is None


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("at night", "is no at, rate or cron expression"),
        ("rate(5 weeks)", "is no at, rate or cron expression"),
        ("rate(0 hours)", "has no length"),
        ("at(2026-13-01T00:00:00)", "names no time"),
        ("cron(0 20 * * *)", "does not have six fields"),
        ("cron(0 20 * * * *)", "One of the days of the month and of the week has to be ?"),
        ("cron(0 20 ? * ? *)", "One of the days of the month and of the week has to be ?"),
        ("cron(60 20 ? * * *)", "60 is none of the values of its field"),
        ("cron(0 x ? * * *)", "x is none of the values of its field"),
        ("cron(0 5-3 ? * * *)", "5-3 is none of the values of its field"),
        ("cron(0 1/y ? * * *)", "1/y is none of the values of its field"),
    ],
)
def test_what_is_no_schedule_says_why(expression: str, why: str) -> None:
    with pytest.raises(ScheduleError, match=r".*") as caught:
        due(expression)

    assert why in str(caught.value)


def test_a_time_zone_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ScheduleError, match=r"The time zone Europe/Atlantis is not known\."):
        due("rate(1 hour)", Timezone="Europe/Atlantis")


@given(st.text(alphabet="0159*/-,?L#MONJA ", min_size=1, max_size=30))
def test_no_cron_makes_it_fail_otherwise(fields: str) -> None:
    try:
        time = Schedule(f"cron({fields})").next_after(NOW)
    except ScheduleError:
        return
    assert time is None or time > NOW
