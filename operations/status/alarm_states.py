"""The alarms that watch a stack, whoever made them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from operations.deployment import Deployment

_SCALES = (":scalingPolicy:", "autoscaling")


@dataclass(frozen=True)
class AlarmState:
    """One alarm."""

    name: str
    state: str
    """`OK`, `ALARM` or `INSUFFICIENT_DATA`."""
    reason: str
    is_for_scaling: bool
    """It moves capacity, and going off is its work."""


def look_at_alarms(deployment: Deployment, watched: Iterable[str]) -> list[AlarmState]:
    """Return the alarms on the stack, those that went off first.

    Args:
        deployment: the stack.
        watched: names of what it is made of, of which an alarm's dimensions name one.
    """
    names = {*watched}
    pages = (
        deployment.client("cloudwatch")
        .get_paginator("describe_alarms")
        .paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    )
    found: list[AlarmState] = []
    for page in pages:
        single = [each for each in page.get("MetricAlarms", []) if names & {*_watches(each)}]
        composite = [
            each
            for each in page.get("CompositeAlarms", [])
            if each["AlarmName"].startswith(f"{deployment.endpoint_name}-")
        ]
        found += [_state(each) for each in (*single, *composite)]
    return sorted(found, key=lambda alarm: (alarm.state != "ALARM", alarm.name))


def _watches(alarm: Mapping[str, Any]) -> Iterable[str]:
    """The values of an alarm's dimensions, within metric math too."""
    queried = [each.get("MetricStat", {}).get("Metric", {}) for each in alarm.get("Metrics", [])]
    for metric in (alarm, *queried):
        for dimension in metric.get("Dimensions", []):
            yield dimension["Value"]


def _state(alarm: Mapping[str, Any]) -> AlarmState:
    actions = [
        action
        for action in alarm.get("AlarmActions", [])
        if any(mark in action for mark in _SCALES)
    ]
    return AlarmState(
        alarm["AlarmName"], alarm["StateValue"], alarm.get("StateReason", ""), bool(actions)
    )
