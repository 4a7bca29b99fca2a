"""An alarm as moto keeps it, read: which metrics it looks at, and when it goes off."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.cloudwatch.models import Alarm

from rehearsal.account.cloudwatch.alarm_verdict import Rule
from rehearsal.account.cloudwatch.metric_math import evaluate, names_in
from rehearsal.account.cloudwatch.metric_store import MetricKey, MetricStore

_SECONDS_IN_A_MINUTE = 60
DEFAULT_PERIOD_SECONDS = 60


class AlarmError(ValueError):
    """An alarm that cannot be evaluated; the message says why."""


@dataclass(frozen=True)
class Query:
    """One metric or expression of an alarm."""

    query_id: str
    key: MetricKey | None = None
    statistic: str = ""
    unit: str | None = None
    expression: str = ""


@dataclass(frozen=True)
class Definition:
    """What an alarm looks at."""

    rule: Rule
    queries: tuple[Query, ...]
    wanted: str
    """Id of the query that is compared."""
    period_seconds: int
    keys: frozenset[MetricKey] = field(default_factory=frozenset)

    @property
    def period_minutes(self) -> int:
        """The shortest is a minute: the account publishes no more often."""
        return max(1, round(self.period_seconds / _SECONDS_IN_A_MINUTE))

    @property
    def minutes(self) -> int:
        """How many are looked at in all."""
        return self.rule.periods_to_retrieve * self.period_minutes

    def datapoints(self, store: MetricStore, last_minute: int) -> list[float | None]:
        """Return the datapoints of all periods that are looked at, oldest first.

        Raises:
            MathError: an expression cannot be evaluated.
        """
        length = self.rule.periods_to_retrieve
        known: dict[str, list[float | None]] = {}
        for query in _in_order(self.queries):
            if query.key is None:
                known[query.query_id] = evaluate(query.expression, known, length)
            else:
                known[query.query_id] = [
                    store.over(
                        query.key,
                        last_minute - back * self.period_minutes,
                        self.period_minutes,
                        query.unit,
                    ).statistic(query.statistic)
                    for back in reversed(range(length))
                ]
        return known[self.wanted]


def definition_of(alarm: Alarm) -> Definition:
    """Read what moto keeps.

    Raises:
        AlarmError: it compares nothing that is played here, such as an anomaly band.
    """
    threshold: Any = alarm.threshold  # moto says that it is never None
    if threshold is None:
        raise AlarmError("An alarm without a threshold, on an anomaly for one, is not played.")
    queries = tuple(_queries(alarm))
    returned = [q.id for q in alarm.metric_data_queries if q.return_data in {None, True, "true"}]
    wanted = returned or [queries[0].query_id]
    periods = [int(q.metric_stat.period) for q in alarm.metric_data_queries if q.metric_stat]
    evaluation_periods = int(alarm.evaluation_periods)
    return Definition(
        rule=Rule(
            comparison=alarm.comparison_operator,
            threshold=float(threshold),
            evaluation_periods=evaluation_periods,
            datapoints_to_alarm=int(alarm.datapoints_to_alarm or evaluation_periods),
            treat_missing=alarm.treat_missing_data or "missing",
        ),
        queries=queries,
        wanted=wanted[-1],
        period_seconds=max(periods or [int(alarm.period or DEFAULT_PERIOD_SECONDS)]),
        keys=frozenset(query.key for query in queries if query.key is not None),
    )


def _queries(alarm: Alarm) -> Iterator[Query]:
    if not alarm.metric_data_queries:
        key = _key(alarm.namespace, alarm.metric_name, alarm.dimensions)
        yield Query("m", key, alarm.statistic or alarm.extended_statistic or "", alarm.unit)
    for each in alarm.metric_data_queries:
        if each.metric_stat:
            metric = each.metric_stat.metric
            key = _key(metric.namespace, metric.metric_name, metric.dimensions)
            yield Query(each.id, key, each.metric_stat.stat, each.metric_stat.unit)
        else:
            yield Query(each.id, expression=each.expression or "")


def _key(namespace: str, name: str, dimensions: list[Any]) -> MetricKey:
    return MetricKey.of(namespace, name, ((each.name, each.value) for each in dimensions))


def _in_order(queries: tuple[Query, ...]) -> list[Query]:
    """Metrics first, then each expression after those that it refers to."""
    ordered = [query for query in queries if query.key is not None]
    waiting = [query for query in queries if query.key is None]
    while waiting:
        later = {query.query_id for query in waiting}
        ready = [q for q in waiting if not names_in(q.expression) & (later - {q.query_id})]
        if not ready:
            raise AlarmError("The expressions of the alarm refer to each other in a circle.")
        ordered += ready
        waiting = [query for query in waiting if query not in ready]
    return ordered
