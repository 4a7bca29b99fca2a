"""What SageMaker tells CloudWatch of the requests that it answers.

Names, units and dimensions: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html (read
2026-08). Asynchronous endpoints publish neither Invocations, InvocationsPerInstance nor OverheadLatency.
"""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass

from rehearsal.account.cloudwatch.metrics import Observation, Unit, observe
from rehearsal.account.wire_errors import AwsError

NAMESPACE = "AWS/SageMaker"
_IN_A_SECOND: dict[Unit, int] = {"Microseconds": 1_000_000, "Milliseconds": 1000}
_OK, _CLIENT_ERROR, _SERVER_ERROR = 200, 400, 500


@dataclass(frozen=True)
class VariantMetrics:
    """What is told of one variant."""

    region: str
    endpoint: str
    variant: str

    def tell(self, name: str, value: float, unit: Unit = "Count") -> None:
        """Note one value."""
        observe(self.observation(name, value, unit))

    def tell_since(self, name: str, began: float, unit: Unit = "Microseconds") -> None:
        """Note the time since `began`, which the monotonic clock has shown."""
        self.tell(name, (time.monotonic() - began) * _IN_A_SECOND[unit], unit)

    def observation(self, name: str, value: float, unit: Unit = "Count") -> Observation:
        """Return one value with the variant's dimensions."""
        dimensions = {"EndpointName": self.endpoint, "VariantName": self.variant}
        return Observation(self.region, NAMESPACE, name, dimensions, value, unit)


@dataclass(frozen=True)
class ComponentMetrics:
    """What is told of one inference component."""

    region: str
    component: str

    def tell(self, name: str, value: float) -> None:
        """Note one value."""
        observe(self.observation(name, value))

    def observation(self, name: str, value: float) -> Observation:
        """Return one value with the component's dimension."""
        dimensions = {"InferenceComponentName": self.component}
        return Observation(self.region, NAMESPACE, name, dimensions, value, "Count")


class UnderWay:
    """How many requests each variant or component is answering."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[VariantMetrics | ComponentMetrics] = Counter()

    @contextlib.contextmanager
    def counted(self, answering: VariantMetrics | ComponentMetrics) -> Generator[int]:
        """Count one request for the length of a `with` block, and say how many there are with it."""
        with self._lock:
            self._counts[answering] += 1
            count = self._counts[answering]
        try:
            yield count
        finally:
            with self._lock:
                self._counts[answering] -= 1
                if not self._counts[answering]:
                    del self._counts[answering]

    def count(self, answering: VariantMetrics | ComponentMetrics) -> int:
        """Return how many there are now."""
        with self._lock:
            return self._counts[answering]


under_way = UnderWay()
"""One for the process, which is one account, as what is told to CloudWatch is."""


class Outcome:
    """How the model took one request; good unless it is said otherwise."""

    status = _OK
    """What the container answered with; 0 for no answer, or none that was whole."""


@contextlib.contextmanager
def measured(variant: VariantMetrics) -> Generator[Outcome]:
    """Tell how the model took the request that a `with` block sends it, and for how long."""
    outcome, began = Outcome(), time.monotonic()
    try:
        yield outcome
    except AwsError as failure:
        status = failure.members.get("OriginalStatusCode", 0)
        outcome.status = status if isinstance(status, int) else 0
        raise
    finally:
        variant.tell_since("ModelLatency", began)
        status = outcome.status
        variant.tell("Invocation4XXErrors", int(_CLIENT_ERROR <= status < _SERVER_ERROR))
        variant.tell("Invocation5XXErrors", int(status >= _SERVER_ERROR))
        variant.tell("InvocationModelErrors", int(status != _OK))


def tell_of_real_time(variant: VariantMetrics, instances: int, received: float) -> None:
    """Tell what asynchronous endpoints do not publish, of a request that now goes to the model.

    `received` is when it came, as the monotonic clock has shown. On its way back a reply loses no time here.
    """
    variant.tell("Invocations", 1)
    variant.tell("InvocationsPerInstance", 1 / max(1, instances))
    variant.tell_since("OverheadLatency", received)
