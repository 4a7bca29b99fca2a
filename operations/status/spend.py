"""What a stack's instances cost today so far."""

from dataclasses import dataclass
from datetime import UTC, datetime

from operations.instance_price import PriceOfHour
from operations.status.endpoint_state import EndpointState


@dataclass(frozen=True)
class Spend:
    """US dollars since midnight UTC, for as many instances as run now: earlier ones are not known."""

    usd_today: float | None
    """None where a price is not known."""
    usd_per_hour: float | None
    hours: float
    instances: int
    note: str


def spend_today(
    endpoint: EndpointState | None, region: str, price: PriceOfHour, now: datetime
) -> Spend:
    """Return what the endpoint's instances cost since midnight UTC, or since it was made.

    Args:
        endpoint: the endpoint, if there is one.
        region: its Region.
        price: what an hour of an instance costs.
        now: the present.
    """
    if endpoint is None:
        return Spend(0.0, 0.0, 0.0, 0, "no endpoint, no instances")
    if endpoint.mode == "serverless":
        return Spend(None, None, 0.0, 0, "serverless: billed by the request, not counted here")
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    hours = max(0.0, (now - max(midnight, endpoint.created)).total_seconds() / 3600)
    count = sum(variant.current_instances or 0 for variant in endpoint.variants)
    hourly = 0.0
    for variant in endpoint.variants:
        if not variant.current_instances:
            continue
        each = price(variant.instance_type, region) if variant.instance_type else None
        if each is None:
            unknown = f"the price of {variant.instance_type} in {region} is not known"
            return Spend(None, None, hours, count, unknown)
        hourly += each * variant.current_instances
    return Spend(hourly * hours, hourly, hours, count, "instances that run now, on demand")
