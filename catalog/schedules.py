"""When scheduled actions are due: `at`, `rate` and `cron`, in a time zone.

https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html. Unlike what
AWS itself waits for, these are times of the day: they are not shortened.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Members = dict[str, Any]
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)\)")
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((.+)\)")
_MONTHS = [name.upper() for name in calendar.month_abbr]  # the first is none
_DAYS = ["", "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_FURTHEST_YEARS = 5
_LAST_YEAR = 2199


class ScheduleError(ValueError):
    """No schedule that is understood; the message says why."""


@dataclass(frozen=True)
class Schedule:
    """When an action is due."""

    expression: str
    zone: ZoneInfo | None = None
    starts: datetime | None = None
    ends: datetime | None = None

    @classmethod
    def of(cls, action: Members) -> "Schedule":
        """Read what a scheduled action says.

        Raises:
            ScheduleError: its expression or its time zone is none.
        """
        try:
            zone = ZoneInfo(action["Timezone"]) if "Timezone" in action else None
        except (ValueError, OSError, LookupError) as unknown:
            raise ScheduleError(f"The time zone {action['Timezone']} is not known.") from unknown
        bounds = (action.get("StartTime"), action.get("EndTime"))
        starts, ends = (None if at is None else datetime.fromtimestamp(at, UTC) for at in bounds)
        made = cls(action["Schedule"], zone, starts, ends)
        made.next_after(datetime.now(UTC))
        return made

    def next_after(self, moment: datetime) -> datetime | None:
        """Return when it is due next, strictly after `moment`; None if it never is again.

        Raises:
            ScheduleError: it is no at, rate or cron expression.
        """
        if self.starts is not None:
            moment = max(moment, self.starts - timedelta(microseconds=1))
        due = self._due_after(moment)
        return None if due is None or (self.ends is not None and due > self.ends) else due

    def _due_after(self, moment: datetime) -> datetime | None:
        if match := _AT.fullmatch(self.expression):
            at = self._at(match[1])
            return at if at > moment else None
        if match := _RATE.fullmatch(self.expression):
            return self._next_of_rate(int(match[1]), match[2], moment)
        if match := _CRON.fullmatch(self.expression):
            return self._next_of_cron(match[1].split(), moment)
        raise ScheduleError(f"The schedule {self.expression} is no at, rate or cron expression.")

    def _at(self, text: str) -> datetime:
        try:
            return datetime.fromisoformat(text).replace(tzinfo=self.zone or UTC).astimezone(UTC)
        except ValueError as wrong:
            raise ScheduleError(f"The schedule {self.expression} names no time.") from wrong

    def _next_of_rate(self, count: int, unit: str, moment: datetime) -> datetime:
        if not count:
            raise ScheduleError(f"The schedule {self.expression} has no length.")
        every = timedelta(**{f"{unit}s": count})
        if self.starts is None:
            return moment + every
        return self.starts + every * ((moment - self.starts) // every + 1)

    def _next_of_cron(self, fields: list[str], moment: datetime) -> datetime | None:
        if len(fields) != len(_CRON_FIELDS):
            raise ScheduleError(f"The schedule {self.expression} does not have six fields.")
        minutes, hours, _, months, _, years = (
            _numbers(text, *bounds, self.expression)
            for text, bounds in zip(fields, _CRON_FIELDS, strict=True)
        )
        if (fields[2] == "?") == (fields[4] == "?"):
            raise ScheduleError(
                f"One of the days of the month and of the week has to be ? in {self.expression}."
            )
        local = moment.astimezone(self.zone or UTC)
        day = local.date()
        for _ in range(_FURTHEST_YEARS * 366):
            if day.year in years and day.month in months and self._is_day(day, fields):
                for hour in sorted(hours):
                    for minute in sorted(minutes):
                        due = datetime(
                            *(day.year, day.month, day.day, hour, minute),
                            tzinfo=self.zone or UTC,
                        ).astimezone(UTC)
                        if due > moment:
                            return due
            day += timedelta(days=1)
        return None

    def _is_day(self, day: Any, fields: list[str]) -> bool:
        last = calendar.monthrange(day.year, day.month)[1]
        weekday = day.isoweekday() % 7 + 1  # Sunday is the first
        if fields[2] == "L":
            return day.day == last
        if fields[2] != "?":
            return day.day in _numbers(fields[2], *_CRON_FIELDS[2], self.expression)
        if match := re.fullmatch(r"(\w+)#([1-5])", fields[4]):
            is_nth = (day.day - 1) // 7 + 1 == int(match[2])
            return is_nth and weekday == _number(match[1], _DAYS, self.expression)
        if match := re.fullmatch(r"(\w+)L", fields[4]):
            is_last = day.day + 7 > last
            return is_last and weekday == _number(match[1], _DAYS, self.expression)
        return weekday in _numbers(fields[4], *_CRON_FIELDS[4], self.expression)


# Least, greatest and names of each field.
_CRON_FIELDS: tuple[tuple[int, int, list[str]], ...] = (
    (0, 59, []),
    (0, 23, []),
    (1, 31, []),
    (1, 12, _MONTHS),
    (1, 7, _DAYS),
    (1970, _LAST_YEAR, []),
)


def _numbers(text: str, least: int, greatest: int, names: list[str], expression: str) -> set[int]:
    if re.fullmatch(r"L|\w+#[1-5]|\w+L|\?", text):
        return set()
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if first == "*":
            start, end = least, greatest
        else:
            start = _number(first, names, expression)
            end = _number(last, names, expression) if last else greatest if step else start
        if not (least <= start <= end <= greatest) or (step and not step.isdecimal()):
            raise ScheduleError(f"{part} is none of the values of its field in {expression}.")
        found |= set(range(start, end + 1, max(1, int(step or 1))))
    return found


def _number(text: str, names: list[str], expression: str) -> int:
    if text.upper() in names[1:]:
        return names.index(text.upper())
    if not text.isdecimal():
        raise ScheduleError(f"{text} is none of the values of its field in {expression}.")
    return int(text)
