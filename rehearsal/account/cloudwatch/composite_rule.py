"""Rules of composite alarms: `ALARM("errors") AND NOT OK(latency)`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

import re
from collections.abc import Mapping

from rehearsal.account.cloudwatch.alarm_verdict import ALARM, OK, State

_TOKEN = re.compile(
    r"\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"(?P<quoted>[^\"]+)\"|(?P<name>[^()\"]+?))\s*\)"
    r"|(?P<word>AND|OR|NOT|TRUE|FALSE)\b|(?P<bracket>[()]))"
)
_MAX_DEPTH = 50
_ALARM_IN_ARN = ":alarm:"


class RuleError(ValueError):
    """A rule that cannot be evaluated; the message says why."""


def composed_state(rule: str, states: Mapping[str, str]) -> State:
    """Return what a rule comes to, with the state of each alarm by its name.

    Raises:
        RuleError: it is no rule, or names an alarm that is not there.
    """
    return ALARM if _Reading(rule, states).result() else OK


class _Reading:
    """One rule, read from left to right: a bool for each alarm in a state, a text for all else."""

    def __init__(self, rule: str, states: Mapping[str, str]) -> None:
        self._rule = rule
        self._parts = self._read(states)
        self._depth = 0

    def result(self) -> bool:
        found = self._either()
        if self._parts:
            raise self._error("AND or OR is missing")
        return found

    def _read(self, states: Mapping[str, str]) -> list[bool | str]:
        parts: list[bool | str] = []
        position, text = 0, self._rule.strip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self._error(f"unexpected {text[position:].lstrip()[:1]}")
            position = match.end()
            if state := match["state"]:
                name = (match["quoted"] or match["name"]).rpartition(_ALARM_IN_ARN)[2]
                if name not in states:
                    raise self._error(f"there is no alarm {name}")
                parts.append(states[name] == state)
            else:
                parts.append(match["word"] or match["bracket"])
        return parts

    def _either(self) -> bool:
        found = self._both()
        while self._accept("OR"):
            found |= self._both()
        return found

    def _both(self) -> bool:
        found = self._one()
        while self._accept("AND"):
            found &= self._one()
        return found

    def _one(self) -> bool:
        if not self._parts:
            raise self._error("something is missing at the end")
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error("too deep")
        part = self._parts.pop(0)
        match part:
            case bool():
                found = part
            case "TRUE" | "FALSE":
                found = part == "TRUE"
            case "NOT":
                found = not self._one()
            case "(":
                found = self._either()
                if not self._accept(")"):
                    raise self._error(") is missing")
            case _:
                raise self._error(f"unexpected {part}")
        self._depth -= 1
        return found

    def _accept(self, text: str) -> bool:
        is_next = bool(self._parts) and self._parts[0] == text
        if is_next:
            self._parts.pop(0)
        return is_next

    def _error(self, why: str) -> RuleError:
        return RuleError(f"The rule {self._rule!r} cannot be evaluated: {why}.")
