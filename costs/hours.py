"""How much runs on average, when schedules move the bounds."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from catalog.schedules import Schedule, ScheduleError
from costs.plan import Bounds, Capacity, ScheduledBounds

# A year of whole weeks, so that weekdays count as often as they are. Which one it is matters little.
_START = datetime(2027, 1, 4, tzinfo=UTC)
_END = _START + timedelta(weeks=52)
_MOST_MOMENTS = 20_000  # every half an hour of the year, and more
_EVERY_YEAR = re.compile(r"rate\(.*\)|cron\(.* \*\)")


def average_bounds(capacity: Capacity) -> Bounds:
    """The bounds over a year, each moment counting as long as it lasts.

    A schedule that does not come back every year (`at`, or a cron with a year), comes more often than every half an
    hour, or names its days in a way that is not counted here (`15W`), widens the bounds for all of the time instead:
    from the least to the most that it allows.
    """
    schedules = capacity.schedules
    if not schedules:
        return capacity.usual
    moments = _moments(schedules)
    if moments is None:
        return _widest([capacity.usual, *(each.bounds for each in schedules)])
    if not moments:
        return capacity.usual
    # What the last moment of a year has set holds until the first of the next.
    current, since = moments[-1][1], _START
    least = greatest = 0.0
    for moment, bounds in [*moments, (_END, current)]:
        hours = (moment - since) / timedelta(hours=1)
        least += hours * current.least
        greatest += hours * current.greatest
        current, since = bounds, moment
    in_all = (_END - _START) / timedelta(hours=1)
    return Bounds(least=least / in_all, greatest=greatest / in_all)


def _moments(schedules: Sequence[ScheduledBounds]) -> list[tuple[datetime, Bounds]] | None:
    """When bounds change in the year, in order; None if that cannot be told of every year."""
    if not all(_EVERY_YEAR.fullmatch(each.schedule) for each in schedules):
        return None
    moments: list[tuple[datetime, Bounds]] = []
    try:
        for each in schedules:
            for moment in _due(each):
                moments.append((moment, each.bounds))
                if len(moments) > _MOST_MOMENTS:
                    return None
    except ScheduleError:
        return None
    return sorted(moments, key=lambda moment: moment[0])


def _due(scheduled: ScheduledBounds) -> Iterator[datetime]:
    schedule = Schedule(scheduled.schedule, ZoneInfo(scheduled.timezone))
    moment = schedule.next_after(_START - timedelta(seconds=1))
    while moment is not None and moment < _END:
        yield moment
        moment = schedule.next_after(moment)


def _widest(bounds: Sequence[Bounds]) -> Bounds:
    return Bounds(
        least=min(each.least for each in bounds), greatest=max(each.greatest for each in bounds)
    )
