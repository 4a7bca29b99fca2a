"""What SageMaker tells CloudWatch of the state of its endpoints, asked with each publication.

Names and dimensions: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html (read
2026-08). Not confirmed on AWS: what an endpoint without instances divides its backlog by; here by one.
"""

from collections.abc import Iterator

from rehearsal.account.cloudwatch.metrics import Observation
from rehearsal.account.sagemaker.async_backlog import Backlog
from rehearsal.account.sagemaker.async_invocations import AsyncInvocations
from rehearsal.account.sagemaker.fleet import Fleet
from rehearsal.account.sagemaker.runtime_metrics import (
    NAMESPACE,
    ComponentMetrics,
    VariantMetrics,
    under_way,
)
from rehearsal.account.sagemaker.state import State


class RuntimeGauges:
    """The gauges of one Region's endpoints."""

    def __init__(self, state: State, asynchronous: AsyncInvocations) -> None:
        self._state = state
        self._asynchronous = asynchronous

    def observations(self) -> Iterator[Observation]:
        """Yield what is so now."""
        with self._state.lock:
            fleets = list(self._state.fleets.items())
            components = list(self._state.component_hosts.items())
        region = self._state.site.region
        for endpoint, fleet in fleets:
            if fleet.is_async:
                yield from _of_backlog(
                    region, endpoint, self._asynchronous.backlog_of(endpoint), _instances(fleet)
                )
                continue
            for variant in fleet.variants:
                if variant.host is not None:
                    metrics = VariantMetrics(region, endpoint, variant.name)
                    count = under_way.count(metrics) / max(1, variant.instances)
                    yield metrics.observation("ConcurrentRequestsPerModel", count)
        for name, component in components:
            if component.copies:
                metrics = ComponentMetrics(region, name)
                count = under_way.count(metrics) / component.copies
                yield metrics.observation("ConcurrentRequestsPerCopy", count)


def _instances(fleet: Fleet) -> int:
    return sum(variant.instances for variant in fleet.variants)


def _of_backlog(
    region: str, endpoint: str, backlog: Backlog, instances: int
) -> Iterator[Observation]:
    size = backlog.size
    dimensions = {"EndpointName": endpoint}
    for name, value in (
        ("ApproximateBacklogSize", size),
        ("ApproximateBacklogSizePerInstance", size / max(1, instances)),
        ("HasBacklogWithoutCapacity", int(size > 0 and not instances)),
    ):
        yield Observation(region, NAMESPACE, name, dimensions, value, "Count")
    age_seconds = backlog.age_seconds
    yield Observation(
        region, NAMESPACE, "ApproximateAgeOfOldestRequest", dimensions, age_seconds, "Seconds"
    )
