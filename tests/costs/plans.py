"""Plans to count with."""

from dataclasses import replace
from typing import Any

from costs import Bounds, Fleet, Plan, ScheduledBounds, Serverless
from costs.plan import Capacity

REGION = "us-east-1"


def between(least: float, greatest: float) -> Bounds:
    return Bounds(least=least, greatest=greatest)


def fixed(count: float, *schedules: ScheduledBounds) -> Capacity:
    return Capacity(usual=between(count, count), schedules=schedules)


def scheduled(expression: str, least: float, greatest: float, zone: str = "UTC") -> ScheduledBounds:
    return ScheduledBounds(schedule=expression, timezone=zone, bounds=between(least, greatest))


PLAIN_FLEET = Fleet(
    variant="AllTraffic",
    instance_type="ml.m5.large",
    capacity=fixed(1),
    volume_gb=None,
    has_own_disk=True,
)
PLAIN_PLAN = Plan(region=REGION, mode="realtime", fleets=(PLAIN_FLEET,))


def fleet(instance_type: str = "ml.m5.large", **said: Any) -> Fleet:
    return replace(PLAIN_FLEET, instance_type=instance_type, **said)


def plan(**said: Any) -> Plan:
    return replace(PLAIN_PLAN, **said)


def serverless(memory_mib: int = 4096, provisioned: Capacity | None = None) -> Plan:
    made = Serverless(memory_mib=memory_mib, provisioned=provisioned)
    return replace(PLAIN_PLAN, mode="serverless", fleets=(), serverless=made)
