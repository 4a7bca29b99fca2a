"""How much of something there is, and how to have more or less of it."""

from typing import Protocol


class Capacity(Protocol):
    """What scaling asks SageMaker for, by resource and scalable dimension."""

    def capacity_of(self, resource_id: str, dimension: str) -> int | None:
        """Return how much is wanted now; None if there is no such resource."""
        ...

    def set_capacity(self, resource_id: str, dimension: str, count: int) -> None:
        """Want so much from now on.

        Raises:
            AwsError: not now, or not at all.
        """
        ...
