"""What capacity follows in each mode: the metrics there are, the one that suits, and what to keep it at."""

from dataclasses import dataclass

from settings.sections.endpoint import Mode
from settings.sections.scaling import ScalingMetric

METRICS: dict[Mode, tuple[ScalingMetric, ...]] = {
    "realtime": ("concurrency", "invocations", "cpu", "gpu", "gpu-memory"),
    "serverless": ("provisioned-utilization",),
    "async": ("backlog",),
    "scale-to-zero": ("concurrency", "invocations"),
}
"""The metrics that a mode publishes for scaling, the one for language model servers first."""

# The first and the backlog's are AWS's own examples (docs.aws.amazon.com/sagemaker/latest/dg/
# endpoint-auto-scaling-add-code-define.html, async-inference-autoscale.html), the rest conventions to start from.
DEFAULT_TARGETS: dict[ScalingMetric, float] = {
    "concurrency": 5,
    "invocations": 60,
    "cpu": 70,
    "gpu": 70,
    "gpu-memory": 80,
    "backlog": 5,
    "provisioned-utilization": 0.7,
}
"""By metric, in its unit."""

PERCENTAGES: frozenset[ScalingMetric] = frozenset({"cpu", "gpu", "gpu-memory"})
"""Metrics of which a stack says the share of the whole instance, and CloudWatch the sum over cores or GPUs: 400 when
four cores are busy (docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html)."""


@dataclass(frozen=True, kw_only=True)
class CapacityBounds:
    """Between what scaling may move: instances, provisioned concurrency or copies, by mode."""

    least: int
    greatest: int


def suitable_metric(mode: Mode, *, answers_many_together: bool) -> ScalingMetric:
    """What `auto` means: requests at once where a model answers many together, else what the mode has."""
    if "invocations" in METRICS[mode] and not answers_many_together:
        return "invocations"
    return METRICS[mode][0]
