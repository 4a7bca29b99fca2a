"""Moments as people write them: `15m` for a quarter of an hour ago, or a date."""

import re
from datetime import UTC, datetime, timedelta

from operations.errors import OperationError

_AGO = re.compile(r"(?P<count>\d{1,6})\s?(?P<unit>[smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FORMS = "write 30s, 15m, 2h, 7d, or a moment such as 2026-11-25 or 2026-11-25T10:30 (UTC)"


def moment(text: str, now: datetime) -> datetime:
    """Return the moment that a text names, in UTC.

    Args:
        text: how long ago (`90s`, `15m`, `2h`, `7d`, `4w`), or an ISO 8601 date or time, UTC unless it says otherwise.
        now: the present, with its time zone.

    Raises:
        OperationError: it is neither, or lies in the future.
    """
    found = _AGO.fullmatch(text.strip().lower())
    try:
        if found:
            return now - timedelta(**{_UNITS[found["unit"]]: int(found["count"])})
        named = datetime.fromisoformat(text.strip())
        at = named if named.tzinfo else named.replace(tzinfo=UTC)
        is_ahead = at > now
    except (ValueError, OverflowError):
        raise OperationError(f"{text!r} is no moment", _FORMS) from None
    if is_ahead:
        raise OperationError(f"{text!r} lies in the future", _FORMS)
    return at.astimezone(UTC)
