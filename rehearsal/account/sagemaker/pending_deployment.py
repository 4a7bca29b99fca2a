"""What DescribeEndpoint tells of a deployment under way."""

import math
import time
from fractions import Fraction
from typing import Any

Members = dict[str, Any]
_VARIANT_KINDS = ("ProductionVariants", "ShadowProductionVariants")


class PendingDeployment:
    """The new fleet as it grows."""

    def __init__(self, configuration: Members, *, is_rolling: bool = False) -> None:
        """`configuration` is what the endpoint comes to; in a rolling deployment its fleet grows by and by."""
        self.configuration_name: str = configuration["EndpointConfigName"]
        self._configuration = configuration
        self._is_rolling = is_rolling
        self._began = time.time()

    def described(self, status: str, share: Fraction) -> Members:
        """Return the PendingDeploymentSummary.

        Args:
            status: VariantStatus of every variant.
            share: of the traffic, what the new fleet has.
        """
        return {
            "EndpointConfigName": self.configuration_name,
            "StartTime": self._began,
            **{
                kind: [self._variant(members, status, share) for members in variants]
                for kind in _VARIANT_KINDS
                if (variants := self._configuration.get(kind))
            },
        }

    def _variant(self, members: Members, status: str, share: Fraction) -> Members:
        weight = members.get("InitialVariantWeight", 1.0)
        summary: Members = {
            "VariantName": members["VariantName"],
            "CurrentWeight": weight,
            "DesiredWeight": weight,
            "VariantStatus": [{"Status": status, "StartTime": time.time()}],
        }
        if serverless := members.get("ServerlessConfig"):
            return {
                **summary,
                "CurrentServerlessConfig": serverless,
                "DesiredServerlessConfig": serverless,
            }
        desired = members["InitialInstanceCount"]
        there = Fraction(status != "Creating")
        return {
            **summary,
            "InstanceType": members["InstanceType"],
            "CurrentInstanceCount": math.ceil(desired * (share if self._is_rolling else there)),
            "DesiredInstanceCount": desired,
        }
