"""Capacity that is only described, until SageMaker itself has some: the numbers of endpoints and components."""

from typing import Any

from rehearsal.account.sagemaker.state import State

Members = dict[str, Any]


class DescribedCapacity:
    """Reads and writes what DescribeEndpoint tells of a variant."""

    def __init__(self, state: State) -> None:
        self._state = state

    def capacity_of(self, resource_id: str, dimension: str) -> int | None:
        """Return how much is wanted now; None if there is no such variant."""
        with self._state.lock:
            variant = self._variant(resource_id)
            if variant is None:
                return None
            if dimension.endswith("Concurrency"):
                return variant["DesiredServerlessConfig"].get("ProvisionedConcurrency")
            return variant.get("DesiredInstanceCount")

    def set_capacity(self, resource_id: str, dimension: str, count: int) -> None:
        """Want so much from now on, and have it."""
        with self._state.lock:
            variant = self._variant(resource_id)
            if variant is None:
                return
            if dimension.endswith("Concurrency"):
                wanted = {**variant["DesiredServerlessConfig"], "ProvisionedConcurrency": count}
                variant.update(DesiredServerlessConfig=wanted, CurrentServerlessConfig=wanted)
            else:
                variant.update(DesiredInstanceCount=count, CurrentInstanceCount=count)

    def _variant(self, resource_id: str) -> Members | None:
        if not resource_id.startswith("endpoint/"):
            return None
        _, endpoint, _, variant = resource_id.split("/")
        variants = self._state.endpoints.find(endpoint)["ProductionVariants"]
        return next((each for each in variants if each["VariantName"] == variant), None)
