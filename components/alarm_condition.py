"""When an alarm goes off: the one place that knows how the provider wants to be told."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import pulumi

from components.metrics import SECONDS_PER_MINUTE, Math, Series

ABOVE = "GreaterThanThreshold"
AT_LEAST = "GreaterThanOrEqualToThreshold"
BELOW = "LessThanThreshold"
RESULT_ID = "result"


@dataclass(frozen=True)
class Condition:
    """A series, or math over several, against a threshold: so many bad periods of the last ones.

    Usually two bad minutes of three: one lone error at little traffic is no reason to wake anybody, or to give up an
    update.
    """

    watched: Series | Math
    threshold: pulumi.Input[float]
    """In the unit that AWS counts in."""

    comparison: str = ABOVE
    period_seconds: int = SECONDS_PER_MINUTE
    periods: int = 3
    bad_periods: int = 2
    missing: Literal["breaching", "notBreaching", "ignore", "missing"] = "notBreaching"
    """What a period without data counts as. SageMaker and Lambda publish nothing of requests while there are none, and
    no traffic is no failure."""

    def lasting(self, periods: int) -> "Condition":
        """Return the same for so many bad periods in a row."""
        return replace(self, periods=periods, bad_periods=periods)

    def members(self) -> dict[str, Any]:
        """Return the arguments of a `MetricAlarm` that say it."""
        return {
            **self._watched_members(),
            "comparison_operator": self.comparison,
            "threshold": self.threshold,
            "evaluation_periods": self.periods,
            "datapoints_to_alarm": self.bad_periods,
            "treat_missing_data": self.missing,
        }

    def _watched_members(self) -> dict[str, Any]:
        watched = self.watched
        if isinstance(watched, Math):
            queries = [
                series.query(query_id, self.period_seconds)
                for query_id, series in watched.series.items()
            ]
            steps = [
                {"id": query_id, "expression": expression, "return_data": False}
                for query_id, expression in watched.steps.items()
            ]
            result = {"expression": watched.expression, "label": watched.label, "return_data": True}
            return {"metric_queries": [*queries, *steps, {"id": RESULT_ID, **result}]}
        metric, statistic = watched
        is_percentile = statistic.startswith("p")
        return {
            "namespace": metric.namespace,
            "metric_name": metric.name,
            "dimensions": metric.dimensions,
            "extended_statistic" if is_percentile else "statistic": statistic,
            "period": self.period_seconds,
        }
