"""What a call takes of the endpoint's time, in money, where the price of its instances is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operations.deployment import Deployment
from operations.instance_price import PriceOfHour, listed_price

_MILLISECONDS_AN_HOUR = 3_600_000


@dataclass(frozen=True)
class CallCost:
    """The share of an instance's hour that a call took. The instance is billed between calls as well."""

    usd: float
    instance_type: str


class CallCosts:
    """Prices calls to one deployed stack; asks once which instances it runs on."""

    def __init__(self, deployment: Deployment, price_of_hour: PriceOfHour = listed_price) -> None:
        self._deployment = deployment
        self._price_of_hour = price_of_hour
        self._types: dict[str, str] | None = None

    def cost_of(self, reply: Mapping[str, Any]) -> CallCost | None:
        """Return the cost of the call that was replied to; None if its price is not known.

        A serverless endpoint, one without a price, a reply without `latency_ms`: all are not known, and never free.
        """
        milliseconds = reply.get("latency_ms")
        variant = (reply.get("model") or {}).get("variant")
        if not isinstance(milliseconds, (int, float)) or not variant:
            return None
        instance_type = self._instance_types().get(variant)
        if instance_type is None:
            return None
        usd = self._price_of_hour(instance_type, self._deployment.region)
        if usd is None:
            return None
        return CallCost(usd * milliseconds / _MILLISECONDS_AN_HOUR, instance_type)

    def _instance_types(self) -> dict[str, str]:
        if self._types is None:
            try:
                self._types = self._asked_types()
            except (ClientError, BotoCoreError):
                self._types = {}  # no permission to look: the cost is not known
        return self._types

    def _asked_types(self) -> dict[str, str]:
        sagemaker = self._deployment.client("sagemaker")
        endpoint = sagemaker.describe_endpoint(EndpointName=self._deployment.endpoint_name)
        configuration = sagemaker.describe_endpoint_config(
            EndpointConfigName=endpoint["EndpointConfigName"]
        )
        return {
            variant["VariantName"]: variant["InstanceType"]
            for variant in configuration["ProductionVariants"]
            if "InstanceType" in variant
        }
