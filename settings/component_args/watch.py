"""What the settings mean for `Observability`."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from catalog.prices import instance_hour
from settings.component_args.group import Group
from settings.stack_settings import StackSettings


class ThresholdsArgs(TypedDict):
    """When the alarms go off."""

    latency_seconds: float | None
    error_percent: float
    model_error_percent: float
    overhead_seconds: float
    gpu_memory_percent: float
    disk_percent: float
    idle_hours: int
    backlog: int
    oldest_request_seconds: float
    failed_requests: int
    failed_reply_percent: float
    function_error_percent: float
    throttled_percent: float
    duration_percent: float
    dead_letters: int


class WatchArgs(TypedDict):
    """For `Observability`."""

    thresholds: Group
    without: Sequence[str]
    notify: Sequence[str]
    subscribers: Sequence[str]
    topic_arn: str | None
    topic_kms_key_arn: str | None
    dashboard: bool
    hourly_usd: float | None
    tags: Mapping[str, str]


def watch_args(settings: StackSettings) -> WatchArgs:
    """Map the settings to the arguments of `Observability`."""
    watch = settings.watch
    return {
        # Under the names of the settings, which are the arguments' too.
        "thresholds": watch.thresholds.model_dump(),
        "without": watch.without,
        "notify": [alarm for alarm in watch.notify if alarm not in watch.without],
        "subscribers": watch.subscribers,
        "topic_arn": watch.topic_arn,
        "topic_kms_key_arn": settings.keys.alarms_arn,
        "dashboard": watch.dashboard,
        "hourly_usd": _hourly_usd(settings),
        "tags": settings.all_tags,
    }


def _hourly_usd(settings: StackSettings) -> float | None:
    """Return what one instance of the main variant costs an hour, as far as that is known."""
    instance_type = settings.endpoint.instance_type
    price = instance_hour(instance_type, settings.region) if instance_type else None
    return None if price is None else price.usd
