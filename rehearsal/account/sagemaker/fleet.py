"""What answers for one endpoint: its variants, as one endpoint configuration describes them.

One container stands for all instances of a variant. A variant without a model is a place for inference
components, and has none.
"""

import contextlib
import random
from dataclasses import dataclass
from typing import Any

from rehearsal.account.sagemaker.data_capture import DataCapture
from rehearsal.account.sagemaker.in_flight import InFlight
from rehearsal.account.sagemaker.model_host import (
    DEFAULT_STARTUP_TIMEOUT_SECONDS,
    ModelHost,
    Place,
    Site,
)

Members = dict[str, Any]


@dataclass(frozen=True)
class Variant:
    """One production or shadow variant in service."""

    name: str
    weight: float
    host: ModelHost | None
    """None for a variant that waits for inference components."""
    instances: int = 1
    is_cold = False

    def warm_up(self) -> None:
        """Come up, and return once requests can be answered."""


class Fleet:
    """All variants of one endpoint."""

    def __init__(
        self, endpoint: str, models: dict[str, Members], configuration: Members, site: Site
    ) -> None:
        """Start every variant, or none.

        Args:
            endpoint: name of the endpoint.
            models: every model that the configuration names, by name.
            configuration: the endpoint configuration as it is described.
            site: where it runs.

        Raises:
            FleetError: a variant could not be brought into service.
        """
        self.configuration = configuration
        self.capture = DataCapture.configured(configuration, endpoint)
        self._site = site
        self._in_flight = InFlight()
        self._variants: list[Variant] = []
        self._shadows: list[Variant] = []
        try:
            for members in configuration["ProductionVariants"]:
                self._variants.append(_start(endpoint, models, members, site))
            for members in configuration.get("ShadowProductionVariants", []):
                self._shadows.append(_start(endpoint, models, members, site))
        except BaseException:
            self.stop()
            raise

    @property
    def takes_components(self) -> bool:
        """Whether inference components answer here, and not the variants."""
        return any(variant.host is None for variant in self._variants)

    @property
    def is_async(self) -> bool:
        """Whether it is asked through S3 only."""
        return "AsyncInferenceConfig" in self.configuration

    @property
    def is_serverless(self) -> bool:
        """Whether its one variant is serverless."""
        return any("ServerlessConfig" in v for v in self.configuration["ProductionVariants"])

    def serving(self) -> contextlib.AbstractContextManager[None]:
        """Count one request as in flight, for the length of a `with` block."""
        return self._in_flight.counted()

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The production variants."""
        return tuple(self._variants)

    def choose(self, target: str | None = None) -> Variant | None:
        """Return the variant called `target`, or one by weight; None when there is no such variant."""
        if target is not None:
            return next((v for v in self._variants if v.name == target), None)
        weights = [variant.weight for variant in self._variants]
        return random.choices(self._variants, weights if any(weights) else None)[0]  # noqa: S311 - traffic split

    def shadow(self) -> Variant | None:
        """Return the shadow variant if it gets a copy of this request: as many as its weight says."""
        for shadow in self._shadows:
            production = self._variants[0].weight
            if production and random.random() < shadow.weight / production:  # noqa: S311 - traffic split
                return shadow
        return None

    def retire(self) -> None:
        """End every container once the requests in flight are answered."""
        self._in_flight.wait_until_none(self._site.is_closing)
        self.stop()

    def stop(self) -> None:
        """End every container."""
        for variant in [*self._variants, *self._shadows]:
            if variant.host is not None:
                variant.host.stop()


def _start(endpoint: str, models: dict[str, Members], members: Members, site: Site) -> Variant:
    name, weight = members["VariantName"], members.get("InitialVariantWeight", 1.0)
    if "ModelName" not in members:
        return Variant(name, weight, host=None)
    place = Place(
        described=f"production variant {name}",
        owner="endpoint",
        log_group=f"/aws/sagemaker/Endpoints/{endpoint}",
        variant=name,
        startup_timeout_seconds=members.get(
            "ContainerStartupHealthCheckTimeoutInSeconds", DEFAULT_STARTUP_TIMEOUT_SECONDS
        ),
    )
    host = ModelHost(models[members["ModelName"]], place, site)
    return Variant(name, weight, host, members.get("InitialInstanceCount", 1))
