"""What a deployed stack's instances cost an hour, as far as that is known."""

from datetime import UTC, datetime

from botocore.exceptions import ClientError

from operations.deployment import Deployment
from operations.instance_price import PriceOfHour, listed_price
from operations.status.endpoint_state import look_at_endpoint
from operations.status.spend import spend_today


def usd_per_hour_of(deployment: Deployment, price: PriceOfHour = listed_price) -> float | None:
    """Return what the instances that run now cost an hour; None where that is not known."""
    try:
        endpoint = look_at_endpoint(deployment, None)
    except ClientError:  # we may not look
        return None
    return spend_today(endpoint, deployment.region, price, datetime.now(UTC)).usd_per_hour
