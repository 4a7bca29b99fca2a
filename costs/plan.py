"""What is billed of a stack, without how it is made."""

from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["realtime", "serverless", "async", "scale-to-zero"]


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Between how much runs; an average over time may be a fraction."""

    least: float
    greatest: float


@dataclass(frozen=True, kw_only=True)
class ScheduledBounds:
    """Other bounds from a moment on, as a scheduled action of scaling sets them."""

    schedule: str
    """`cron(...)`, `rate(...)` or `at(...)`."""

    timezone: str
    bounds: Bounds


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """How much runs when: instances, or provisioned concurrency."""

    usual: Bounds
    schedules: tuple[ScheduledBounds, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """The instances behind one variant."""

    variant: str
    instance_type: str
    capacity: Capacity

    volume_gb: int | None
    """Of each instance; None leaves the size to SageMaker."""

    has_own_disk: bool
    """Whether the type has local storage, which comes with it, instead of a volume."""


@dataclass(frozen=True, kw_only=True)
class Serverless:
    """An endpoint without instances."""

    memory_mib: int
    provisioned: Capacity | None = None
    """What is kept warm; None is nothing."""


@dataclass(frozen=True, kw_only=True)
class Watching:
    """What CloudWatch keeps an eye on."""

    alarm_metrics: int = 0
    """Metrics of alarms that look every minute; an alarm on an expression counts each metric in it."""

    fast_alarm_metrics: int = 0
    """Metrics of alarms that look every ten seconds."""

    has_custom_metrics: bool = False
    """Whether the function publishes metrics of its own."""

    composite_alarms: int = 0
    """Alarms over other alarms."""

    dashboards: int = 0


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """What is kept of a request, and for how long."""

    records: Literal["full", "metadata", "off"] = "full"
    has_claims: bool = True
    """Whether a request with a client token leaves an object of its own."""

    record_days: int = 30
    capture_percent: int = 0
    """Share of the requests that SageMaker keeps as well."""

    log_days: int = 30


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One stack."""

    region: str
    mode: Mode
    is_enabled: bool = True
    """Whether there is an endpoint at all."""

    fleets: tuple[Fleet, ...] = ()
    """Empty in the mode serverless."""

    serverless: Serverless | None = None
    needs_gpu: bool = False
    """Whether it runs on one now, or its serving image needs one."""

    function_memory_mib: int = 512
    has_http_api: bool = False
    has_inputs: bool = False
    """Whether Lambda asks a queue for files of prompts."""

    notifies: bool = False
    """Whether results of the mode async are published to a topic."""

    keeping: Keeping = field(default_factory=Keeping)
    watching: Watching = field(default_factory=Watching)
    vpc_interfaces: int = 0
    """Network interfaces of VPC endpoints: services times zones."""
