"""How time passes in the account: where AWS waits for minutes, it waits for moments.

Only what AWS itself waits for is shortened: baking periods, cooldowns, the minutes that metrics and alarms are
made of, the pauses before a retry. What a request or a container may take is not.
"""

_SECONDS_IN_A_MINUTE = 60
_minute_seconds = 0.1


def let_a_minute_last(seconds: float) -> None:
    """Set how long a minute of AWS's waiting lasts here: 0.1 s unless told otherwise, 60 to keep AWS's pace."""
    global _minute_seconds  # noqa: PLW0603 - one pace for the process, which is one account
    _minute_seconds = seconds


def shortened(seconds: float) -> float:
    """Return how long here what lasts so many seconds on AWS."""
    return seconds * _minute_seconds / _SECONDS_IN_A_MINUTE


def as_on_aws(seconds: float) -> float:
    """Return how long on AWS what lasts so many seconds here."""
    return seconds * _SECONDS_IN_A_MINUTE / _minute_seconds
