"""One variant of an endpoint: a container that stands for all its instances, as long as it has any.

What is desired and what there is are two things while the endpoint changes. Facts:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html and the
guide's chapter on serverless endpoints (as archived in 2023).
"""

from collections.abc import Callable
from typing import Any

from rehearsal.account.sagemaker.model_host import ModelHost

Members = dict[str, Any]
_COPIED_MEMBERS = ("ManagedInstanceScaling", "RoutingConfig")


class Variant:
    """One production or shadow variant in service."""

    host: ModelHost | None
    """None while it has no instance, and for a variant that waits for inference components."""

    is_cold: bool
    """Whether it is serverless and nobody has asked it yet, so that it answers nothing before it is warm."""

    def __init__(self, members: Members, start: Callable[[], ModelHost] | None) -> None:
        """Describe a variant; `settle` brings it up.

        Args:
            members: the variant in the fleet's own copy of its endpoint configuration.
            start: starts its container; None for a variant that waits for inference components.
        """
        self.name: str = members["VariantName"]
        self.weight: float = members.get("InitialVariantWeight", 1.0)
        self.instances = 0
        self.host = None
        self.is_cold = "ServerlessConfig" in members
        self.desired_weight = self.weight
        self.desired_instances: int = members.get("InitialInstanceCount", 1)
        self.desired_serverless: Members | None = members.get("ServerlessConfig")
        self._members = members
        self._start = start

    @property
    def serverless(self) -> Members | None:
        """The limits of a serverless variant."""
        return self._members.get("ServerlessConfig")

    def warm_up(self) -> None:
        """Answer from now on. The container that has proved itself when the variant came up has been kept."""
        self.is_cold = False

    def settle(self, wait_for_requests: Callable[[], None]) -> None:
        """Have what is desired; the container starts with the first instance and ends with the last.

        Args:
            wait_for_requests: returns when the requests under way are answered.

        Raises:
            FleetError: the container could not be brought into service.
        """
        if self.desired_instances and self.host is None and self._start is not None:
            self.host = self._start()
        self.instances, self.weight = self.desired_instances, self.desired_weight
        if self.desired_serverless is not None:
            self._members["ServerlessConfig"] = self.desired_serverless
            # Provisioned concurrency is initialized before it is asked.
            self.is_cold = self.is_cold and "ProvisionedConcurrency" not in self.desired_serverless
        if not self.instances and self.host is not None:
            retired, self.host = self.host, None
            wait_for_requests()
            retired.stop()

    def give_up(self) -> None:
        """Desire what there is."""
        self.desired_instances, self.desired_weight = self.instances, self.weight
        self.desired_serverless = self.serverless

    def stop(self) -> None:
        """End the container."""
        if self.host is not None:
            self.host.stop()

    def described(self) -> Members:
        """Return what DescribeEndpoint tells of it."""
        summary: Members = {
            "VariantName": self.name,
            "CurrentWeight": self.weight,
            "DesiredWeight": self.desired_weight,
            **{key: self._members[key] for key in _COPIED_MEMBERS if key in self._members},
        }
        if self.serverless is not None:
            return {
                **summary,
                "CurrentServerlessConfig": self.serverless,
                "DesiredServerlessConfig": self.desired_serverless,
            }
        return {
            **summary,
            "CurrentInstanceCount": self.instances,
            "DesiredInstanceCount": self.desired_instances,
        }
