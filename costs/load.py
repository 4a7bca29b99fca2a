"""How much a stack is asked: what is billed by the request, the second or the byte follows from it."""

import re
from dataclasses import dataclass, replace
from typing import NamedTuple

HOURS_PER_MONTH = 730  # 8,760 hours a year by twelve, as AWS's own pricing calculator counts
HOURS_PER_DAY = 24
DAYS_PER_MONTH = HOURS_PER_MONTH / HOURS_PER_DAY
SECONDS_PER_HOUR = 3600
SECONDS_PER_MONTH = HOURS_PER_MONTH * SECONDS_PER_HOUR
BYTES_PER_GB = 1e9

# "1 token ~= 4 chars in English": help.openai.com/en/articles/4936856 (remembered, not read again).
BYTES_PER_TOKEN = 4


class LoadError(ValueError):
    """A load that cannot be: the message says which part, and what was expected."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What callers ask, on an average day. The defaults are ours: round figures, measured nowhere."""

    requests_per_day: float = 1000
    """At least 0."""

    tokens_per_request: float = 300
    """Prompt and answer together, at least 0; of four bytes each."""

    seconds_per_request: float = 2.0
    """How long the container works on one, above 0. No catalog knows it: it depends on model, type and prompt."""

    hours_per_day: float = 8.0
    """Hours of the day in which the requests come, above 0 and at most 24; in the others nobody asks."""

    at_once: float = 1
    """How many requests one instance answers at a time, at least 1."""

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            LoadError: naming the first part that cannot be.
        """
        for name, limits in LIMITS.items():
            value = getattr(self, name)
            if not limits.allow(value):
                raise LoadError(f"{name.replace('_', ' ')} must be {limits}, found {value:g}")

    @property
    def requests_per_month(self) -> float:
        """Over 730 hours."""
        return self.requests_per_day * DAYS_PER_MONTH

    @property
    def seconds_per_month(self) -> float:
        """Of the container's work on requests."""
        return self.requests_per_month * self.seconds_per_request

    @property
    def bytes_per_request(self) -> float:
        """Of prompt and answer."""
        return self.tokens_per_request * BYTES_PER_TOKEN

    @property
    def gb_per_month(self) -> float:
        """Of prompts and answers."""
        return self.requests_per_month * self.bytes_per_request / BYTES_PER_GB

    @property
    def busy_instances(self) -> float:
        """How many instances the requests keep busy while they come, if they come evenly."""
        in_those_hours = self.hours_per_day * SECONDS_PER_HOUR * self.at_once
        return self.requests_per_day * self.seconds_per_request / in_those_hours


class _Limits(NamedTuple):
    least: float
    most: float
    may_be_least: bool = True

    def allow(self, value: float) -> bool:
        """Whether a value lies between them; nan does not."""
        return self.least <= value <= self.most and (self.may_be_least or value != self.least)

    def __str__(self) -> str:
        least = f"{self.least:g} to" if self.may_be_least else f"above {self.least:g} and at most"
        return f"{least} {self.most:g}"


# Ours: far beyond any stack, so that a slip is noticed; a day has 24 hours.
LIMITS = {
    "requests_per_day": _Limits(0, 1e9),
    "tokens_per_request": _Limits(0, 1e6),
    "seconds_per_request": _Limits(0, 3600, may_be_least=False),
    "hours_per_day": _Limits(0, HOURS_PER_DAY, may_be_least=False),
    "at_once": _Limits(1, 10_000),
}
"""What a load may say."""

DEFAULT_LOAD = Load()

_UNITS = {
    "request": "requests_per_day",
    "token": "tokens_per_request",
    "second": "seconds_per_request",
    "s": "seconds_per_request",
    "hour": "hours_per_day",
    "h": "hours_per_day",
    "at once": "at_once",
}
_PART = re.compile(
    r"(?P<number>\d[\d,_]*(?:\.\d+)?)\s*(?P<unit>requests?|tokens?|seconds?|s|hours?|h|at once)\b",
    re.ASCII | re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s,;/]*(?:(?:a|per|each|of|and|in|day|request)\b[\s,;/]*)*", re.IGNORECASE)
EXAMPLE = "1000 requests a day, 300 tokens, 2 seconds, 8 hours"


def parse_load(text: str, otherwise: Load = DEFAULT_LOAD) -> Load:
    """Read `1,000 requests a day of 300 tokens`; what the text leaves out is as in `otherwise`.

    Raises:
        LoadError: the text says something else, says something twice, or a number that cannot be.
    """
    said: dict[str, float] = {}
    rest = text.strip()
    while rest:
        part = _PART.match(rest)
        if part is None:
            raise LoadError(f"{rest[:40]!r} is not understood; write such as: {EXAMPLE}")
        unit = part["unit"].lower()
        name = _UNITS[unit if unit in _UNITS else unit.removesuffix("s")]
        if name in said:
            raise LoadError(f"{name.replace('_', ' ')} is said twice")
        said[name] = float(re.sub("[,_]", "", part["number"]))
        rest = rest[part.end() :]
        rest = rest[_matched(_BETWEEN, rest) :]
    if not said:
        raise LoadError(f"the load is empty; write such as: {EXAMPLE}")
    return replace(otherwise, **said)


def _matched(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.match(text)
    return found.end() if found else 0
