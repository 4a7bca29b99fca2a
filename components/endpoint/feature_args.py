"""Arguments of an endpoint's features.

No `Literal` and no union but `| None`: Pulumi's analyzer, which publishes components to other languages,
knows neither.
"""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi


class ScheduleArgs(TypedDict):
    """Capacity bounds that hold from a time on, until the next schedule."""

    schedule: str
    """When: `cron(0 20 ? * MON-FRI *)`, `rate(1 day)` or `at(2026-12-24T18:00:00)`."""

    timezone: str
    """Time zone of `schedule`, such as `Europe/Berlin`."""

    min_capacity: int
    """Least capacity from then on, in the unit of `ScalingArgs`."""

    max_capacity: int
    """Greatest capacity from then on."""


class ScalingArgs(TypedDict):
    """How capacity follows the load.

    Capacity is counted in instances (realtime, async), in provisioned concurrency (serverless) or in copies
    of the model (scale-to-zero). While it is set, SageMaker refuses to change a variant's instance type: take
    it out for one deployment first.
    """

    min_capacity: int
    """Least capacity. 0 only for async and scale-to-zero; the first request then waits for a start."""

    max_capacity: int
    """Greatest capacity."""

    metric: str
    """What to follow. realtime: `concurrency` (measured every 10 seconds, the best for text generation),
    `invocations` (per minute), `cpu`, `gpu`, `gpu-memory`. async: `backlog`. serverless:
    `provisioned-utilization`. scale-to-zero: `concurrency`, `invocations`, both per copy."""

    target: float
    """Value of the metric to hold: requests per instance or copy; percent times the number of cores or GPUs
    for `cpu`, `gpu` and `gpu-memory`; 0 to 1 for `provisioned-utilization`."""

    scale_in_cooldown_seconds: NotRequired[int]
    """Pause after capacity was taken away. Default 300."""

    scale_out_cooldown_seconds: NotRequired[int]
    """Pause after capacity was added. Default 60."""

    schedules: NotRequired[Mapping[str, ScheduleArgs]]
    """Bounds by the clock (nights, weekends), each under a short name."""


class ServerlessArgs(TypedDict):
    """Size of a serverless endpoint."""

    memory_mib: int
    """Memory: 1024, 2048, 3072, 4096, 5120 or 6144 MiB; CPU grows with it."""

    max_concurrency: int
    """Requests answered at once, 1 to 200."""

    provisioned_concurrency: NotRequired[int | None]
    """Requests that never wait for a cold start, 1 to `max_concurrency`. Default none."""


class AsyncArgs(TypedDict):
    """Queueing and notification of an asynchronous endpoint."""

    max_concurrency_per_instance: NotRequired[int]
    """Requests that one instance works on at once, 1 to 1,000. Default 4."""

    notify: NotRequired[bool]
    """Make an SNS topic for successes and one for errors, unless given below. Default false."""

    success_topic_arn: NotRequired[pulumi.Input[str] | None]
    """An existing topic that is told of every result."""

    error_topic_arn: NotRequired[pulumi.Input[str] | None]
    """An existing topic that is told of every failure."""

    include_response: NotRequired[bool]
    """Send the result along, if it is at most 128 KB. Default false."""


class InferenceComponentArgs(TypedDict):
    """What one copy of the model needs, and the instances that copies run on."""

    memory_mib: int
    """Memory of one copy, at least 128 MiB."""

    accelerator_count: NotRequired[int | None]
    """GPUs or Neuron devices of one copy, at least 1. Default none."""

    cpu_cores: NotRequired[float | None]
    """CPU cores of one copy, at least 0.25. Default: SageMaker's choice."""

    initial_copies: NotRequired[int]
    """Copies to start with. Default 1."""

    min_instances: int
    """Least instances; 0 lets the endpoint cost nothing while it has no copy."""

    max_instances: int
    """Greatest number of instances, at least 1."""


class VariantArgs(TypedDict):
    """One more variant of the endpoint; what is left out is as in the main variant.

    With another model or environment it gets a SageMaker model of its own. It is not autoscaled: it
    keeps its instance count, so give the main variant the traffic that varies.
    """

    weight: NotRequired[float]
    """Share of the traffic, relative to the other variants' weights. Default 1. Of a shadow variant:
    share of the requests that are copied to it, relative to the main variant's weight."""

    instance_type: NotRequired[pulumi.Input[str]]
    """SageMaker hosting instance type."""

    initial_instance_count: NotRequired[pulumi.Input[int]]
    """Instances, at least 1."""

    model_uri: NotRequired[pulumi.Input[str]]
    """S3 URI of another model for the same image."""

    environment: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Environment instead of the main variant's; secret variables are added here too."""

    inference_ami_version: NotRequired[pulumi.Input[str] | None]
    """Host image, which another instance type may need another of; None is SageMaker's own."""


class CaptureArgs(TypedDict):
    """Keeping of requests and replies in the data bucket, under `capture/`."""

    percent: int
    """Share of the requests to keep, 0 to 100."""

    inputs: NotRequired[bool]
    """Keep what was sent. Default true."""

    outputs: NotRequired[bool]
    """Keep what came back. Default true."""


class WaysOutArgs(TypedDict):
    """VPC endpoints to make for the containers, whose subnets have no way to the Internet."""

    vpc_id: pulumi.Input[str]
    """The VPC of the subnets."""

    route_table_ids: Sequence[pulumi.Input[str]]
    """Route tables of the subnets, for the way to S3."""


class VpcArgs(TypedDict):
    """The network that containers run in."""

    subnet_ids: Sequence[pulumi.Input[str]]
    """1 to 16 subnets; two or more, in different zones, to survive the loss of one."""

    security_group_ids: Sequence[pulumi.Input[str]]
    """1 to 5 security groups."""

    endpoints: NotRequired[WaysOutArgs | None]
    """Make a `VpcEndpoints` for these subnets and groups; it is there before a container starts. Default none."""


class RolloutArgs(TypedDict):
    """How an update reaches an endpoint that is in service."""

    strategy: str
    """`all-at-once`: a second fleet takes all traffic. `canary`: a first share, then the rest. `linear`: in
    equal steps. `rolling`: instance by instance, without a second fleet."""

    canary_percent: NotRequired[int | None]
    """First share of a canary, in percent of the fleet, at most 50. Default 10."""

    step_percent: NotRequired[int | None]
    """Each step of a linear rollout, 10 to 50 percent. Default 20."""

    batch_percent: NotRequired[int | None]
    """Each batch of a rolling update, 5 to 50 percent. Default 20."""

    wait_seconds: NotRequired[int | None]
    """Watch after each step, 0 to 3,600 seconds. Default 300. The rollback alarms need two bad minutes of
    three, so less than 180 hardly lets them see a failure."""

    termination_wait_seconds: NotRequired[int | None]
    """Keep the old fleet after all traffic has moved, 0 to 3,600 seconds. Default: SageMaker's, 0. Not for
    `rolling`, which has one fleet."""

    max_seconds: NotRequired[int | None]
    """Give up after 600 to 28,800 seconds; must exceed all waits. Default: SageMaker's own."""

    rollback: NotRequired[bool]
    """Make the alarms below and return to the old fleet when one fires during an update. Default true. The
    provider may replace the endpoint when this is switched later, so decide it before the first deployment and
    read the preview."""

    max_error_percent: NotRequired[float]
    """Greatest share of requests that may fail with a server error. Default 5."""

    max_latency_seconds: NotRequired[float | None]
    """Greatest 99th percentile of the model's latency. Default 30; None makes no alarm on latency, as for slow work
    behind a queue."""
