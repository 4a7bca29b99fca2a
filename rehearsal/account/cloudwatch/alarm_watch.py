"""Evaluate every alarm once a minute, as far as anything can have changed about it."""

import json
import sys
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime

from moto.cloudwatch.models import Alarm, cloudwatch_backends

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.cloudwatch.alarm_actions import AlarmActions, has_policies
from rehearsal.account.cloudwatch.alarm_definition import Definition, definition_of
from rehearsal.account.cloudwatch.alarm_verdict import ALARM, INSUFFICIENT_DATA, Verdict, judge
from rehearsal.account.cloudwatch.composite_rule import RuleError, composed_state
from rehearsal.account.cloudwatch.metric_store import MetricStore, metrics_in


@dataclass
class _Watched:
    alarm: Alarm
    definition: Definition | None
    """None for an alarm that cannot be evaluated."""
    is_settled: bool = False
    """It has been evaluated without any data in reach."""


class AlarmWatch:
    """All alarms of the account."""

    def __init__(self, actions: AlarmActions) -> None:
        self._actions = actions
        self._watched: dict[tuple[str, str], _Watched] = {}
        self._set_at: dict[str, int] = {}  # by ARN: in which minute somebody set the state

    def changed(self, alarm: Alarm, was: str) -> None:
        """Act on a new state, whoever made it so."""
        self._set_at[alarm.alarm_arn] = metrics_in(alarm.region_name).minute
        self._actions.run(alarm, was)

    def evaluate(self, last_minutes: dict[str, int]) -> None:
        """Evaluate the alarms of every Region, by the last minute of it that is over."""
        there: set[tuple[str, str]] = set()
        for region, last in last_minutes.items():
            for alarm in list(cloudwatch_backends[ACCOUNT_ID][region].alarms.values()):
                there.add((region, alarm.name))
                if alarm.rule is None:
                    self._evaluate(region, alarm, last)
                else:
                    self._compose(region, alarm)
        for gone in self._watched.keys() - there:
            self._set_at.pop(self._watched.pop(gone).alarm.alarm_arn, None)

    def _compose(self, region: str, alarm: Alarm) -> None:
        """Evaluate the rule of an alarm over other alarms."""
        others = cloudwatch_backends[ACCOUNT_ID][region].alarms
        states = {name: other.state_value for name, other in list(others.items())}
        try:
            state = composed_state(str(alarm.rule), states)
        except RuleError as failure:
            alarm.state_reason = str(failure)
            return
        if state != alarm.state_value:
            alarm.update_state(f"{alarm.rule} evaluates to {state}", "{}", state)

    def _evaluate(self, region: str, alarm: Alarm, last: int) -> None:
        watched = self._watched.get((region, alarm.name))
        if watched is None or watched.alarm is not alarm:
            watched = self._watched[region, alarm.name] = _read(alarm)
        set_at = self._set_at.get(alarm.alarm_arn)
        if watched.definition is None or last == set_at:
            return  # what somebody sets lasts a whole minute at least
        if set_at is not None:
            del self._set_at[alarm.alarm_arn]
            watched.is_settled = False
        store = metrics_in(region)
        if not _is_settled(watched, watched.definition, store, last):
            try:
                points = watched.definition.datapoints(store, last)
                verdict = judge(watched.definition.rule, points)
            except Exception as failure:  # noqa: BLE001 - one alarm that cannot be evaluated stops no other
                _give_up(watched, failure)
                return
            watched.is_settled = all(point is None for point in points)
            if verdict.state not in {None, alarm.state_value}:
                _update(alarm, watched.definition, verdict)
                self._set_at.pop(alarm.alarm_arn, None)  # nobody did
                return
        if alarm.state_value == ALARM and has_policies(alarm):
            self._actions.repeat(alarm)


def latest_value(alarm: Alarm) -> float | None:
    """Return the most recent datapoint in an alarm's reach; None if there is none."""
    store = metrics_in(alarm.region_name)
    points = definition_of(alarm).datapoints(store, store.minute - 1)
    return next((point for point in reversed(points) if point is not None), None)


def _read(alarm: Alarm) -> _Watched:
    try:
        return _Watched(alarm, definition_of(alarm))
    except Exception as failure:  # noqa: BLE001 - moto takes what AWS would refuse
        watched = _Watched(alarm, None)
        _give_up(watched, failure)
        return watched


def _give_up(watched: _Watched, failure: Exception) -> None:
    """Leave an alarm alone until it is put again, and say why where it can be seen."""
    watched.definition = None
    watched.alarm.state_reason = f"The local account cannot evaluate this alarm: {failure}"
    if not isinstance(failure, ValueError):
        traceback.print_exception(failure, file=sys.stderr)


def _is_settled(watched: _Watched, definition: Definition, store: MetricStore, last: int) -> bool:
    """Whether nothing can have changed: there was no data when it was evaluated, nor has any come since."""
    if not watched.is_settled:
        return False
    newest = [store.newest(key) for key in definition.keys]
    return all(minute is None or minute <= last - definition.minutes for minute in newest)


def _update(alarm: Alarm, definition: Definition, verdict: Verdict) -> None:
    now = datetime.now(UTC)
    data = {
        "version": "1.0",
        "queryDate": now.isoformat(),
        "statistic": alarm.statistic or alarm.extended_statistic,
        "period": definition.period_seconds,
        "recentDatapoints": list(verdict.evaluated),
        "threshold": definition.rule.threshold,
    }
    assert verdict.state is not None  # noqa: S101 - the caller's condition, for the type checker
    alarm.update_state(_reason(alarm, definition, verdict, now), json.dumps(data), verdict.state)


def _reason(alarm: Alarm, definition: Definition, verdict: Verdict, now: datetime) -> str:
    rule = definition.rule
    if verdict.state == INSUFFICIENT_DATA:
        return f"Insufficient Data: {verdict.filled} datapoints were unknown."
    is_alarm = verdict.state == ALARM
    if not verdict.evaluated:
        treated = "Breaching" if is_alarm else "NonBreaching"
        noun = "datapoint was" if verdict.filled == 1 else "datapoints were"
        return (
            f"Threshold Crossed: no datapoints were received for {verdict.filled} period"
            f"{'' if verdict.filled == 1 else 's'} and {verdict.filled} missing {noun} treated as [{treated}]."
        )
    at = now.strftime("%d/%m/%y %H:%M:%S")
    shown = ", ".join(f"{value} ({at})" for value in verdict.evaluated)
    crossed = sum(map(rule.is_breaching, verdict.evaluated))
    counted = crossed if is_alarm else len(verdict.evaluated) - crossed
    least = rule.datapoints_to_alarm
    least = least if is_alarm else rule.evaluation_periods - least + 1
    verb = "was" if counted == 1 else "were"
    return (
        f"Threshold Crossed: {counted} out of the last {rule.evaluation_periods} datapoints [{shown}] "
        f"{verb}{'' if is_alarm else ' not'} {rule.in_words} (minimum {least} datapoint"
        f"{'' if least == 1 else 's'} for {alarm.state_value} -> {verdict.state} transition)."
    )
