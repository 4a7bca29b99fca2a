"""Metrics, as alarms, scaling policies and dashboards name them, and the units that AWS counts in.

Which metric has which dimensions is in `catalog/data/metrics.json`; a test holds everything registered against it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pulumi

INVOCATIONS = "AWS/SageMaker"
INSTANCES = "/aws/sagemaker/Endpoints"
COMPONENTS = "/aws/sagemaker/InferenceComponents"
FUNCTIONS = "AWS/Lambda"
QUEUES = "AWS/SQS"

MICROSECONDS_PER_SECOND = 1_000_000
MILLISECONDS_PER_SECOND = 1_000
SECONDS_PER_MINUTE = 60

Dimensions = Mapping[str, pulumi.Input[str]]


class Metric(NamedTuple):
    """One metric of one thing."""

    namespace: str
    name: str
    dimensions: Dimensions

    def by(self, statistic: str) -> "Series":
        """Return one statistic of it: `Sum`, `Average`, `p99`."""
        return Series(self, statistic)


class Series(NamedTuple):
    """What an alarm or a dashboard looks at: a metric by one statistic."""

    metric: Metric
    statistic: str

    def query(self, query_id: str, period_seconds: int) -> dict[str, Any]:
        """Return the query that metric math refers to by `query_id`."""
        return {
            "id": query_id,
            "metric": {
                "namespace": self.metric.namespace,
                "metric_name": self.metric.name,
                "dimensions": self.metric.dimensions,
                "stat": self.statistic,
                "period": period_seconds,
            },
        }


class Math(NamedTuple):
    """Metric math over series, each by the id that the expression has for it."""

    expression: str
    label: str
    series: Mapping[str, Series]

    steps: Mapping[str, str] = {}
    """Expressions that the last one refers to, by id: a list in metric math takes ids."""
