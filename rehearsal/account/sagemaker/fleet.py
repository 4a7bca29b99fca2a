"""What answers for one endpoint: its variants, as one endpoint configuration describes them.

One container stands for all instances of a variant. A variant without a model is a place for inference
components, and has none.
"""

import contextlib
import copy
import random
from typing import Any

from rehearsal.account.sagemaker.data_capture import DataCapture
from rehearsal.account.sagemaker.in_flight import InFlight
from rehearsal.account.sagemaker.model_host import (
    DEFAULT_STARTUP_TIMEOUT_SECONDS,
    ModelHost,
    Place,
    Site,
)
from rehearsal.account.sagemaker.variant import Variant

Members = dict[str, Any]


class Fleet:
    """All variants of one endpoint."""

    configuration: Members
    """The endpoint configuration, with what has been changed for this endpoint alone."""

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
        self.configuration = copy.deepcopy(configuration)
        self.capture = DataCapture.configured(configuration, endpoint)
        self._site = site
        self._in_flight = InFlight()
        self._variants, self._shadows = (
            [
                _variant(endpoint, models, members, site)
                for members in self.configuration.get(kind, [])
            ]
            for kind in ("ProductionVariants", "ShadowProductionVariants")
        )
        try:
            self.settle()
        except BaseException:
            self.stop()
            raise

    @property
    def takes_components(self) -> bool:
        """Whether inference components answer here, and not the variants."""
        return any("ModelName" not in v for v in self.configuration["ProductionVariants"])

    @property
    def is_async(self) -> bool:
        """Whether it is asked through S3 only."""
        return "AsyncInferenceConfig" in self.configuration

    @property
    def is_serverless(self) -> bool:
        """Whether its one variant is serverless."""
        return any("ServerlessConfig" in v for v in self.configuration["ProductionVariants"])

    @property
    def is_running(self) -> bool:
        """Whether every container that should run does."""
        hosts = [variant.host for variant in self._all if variant.host is not None]
        return all(host.container.is_running for host in hosts)

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The production variants."""
        return tuple(self._variants)

    @property
    def _all(self) -> list[Variant]:
        return [*self._variants, *self._shadows]

    def serving(self) -> contextlib.AbstractContextManager[None]:
        """Count one request as in flight, for the length of a `with` block."""
        return self._in_flight.counted()

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

    def settle(self) -> None:
        """Have what is desired of each variant.

        Raises:
            FleetError: a variant could not be brought into service.
        """
        for variant in self._all:
            variant.settle(self._wait_for_requests)

    def give_up(self) -> None:
        """Desire what there is of each variant."""
        for variant in self._all:
            variant.give_up()

    def described(self) -> Members:
        """Return what DescribeEndpoint tells of the fleet in service."""
        found: Members = {"ProductionVariants": [v.described() for v in self._variants]}
        if self._shadows:
            found["ShadowProductionVariants"] = [v.described() for v in self._shadows]
        if "AsyncInferenceConfig" in self.configuration:
            found["AsyncInferenceConfig"] = self.configuration["AsyncInferenceConfig"]
        if capture := self.configuration.get("DataCaptureConfig"):
            is_enabled = capture.get("EnableCapture", True)
            found["DataCaptureConfig"] = {
                "EnableCapture": is_enabled,
                "CaptureStatus": "Started" if is_enabled else "Stopped",
                "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
                "DestinationS3Uri": capture["DestinationS3Uri"],
                "KmsKeyId": capture.get("KmsKeyId", ""),
            }
        return found

    def retire(self) -> None:
        """End every container once the requests in flight are answered."""
        self._wait_for_requests()
        self.stop()

    def stop(self) -> None:
        """End every container."""
        for variant in self._all:
            variant.stop()

    def _wait_for_requests(self) -> None:
        self._in_flight.wait_for_those_of_now(self._site.is_closing)


def _variant(endpoint: str, models: dict[str, Members], members: Members, site: Site) -> Variant:
    if "ModelName" not in members:
        return Variant(members, start=None)
    place = Place(
        described=f"production variant {members['VariantName']}",
        owner="endpoint",
        log_group=f"/aws/sagemaker/Endpoints/{endpoint}",
        variant=members["VariantName"],
        startup_timeout_seconds=members.get(
            "ContainerStartupHealthCheckTimeoutInSeconds", DEFAULT_STARTUP_TIMEOUT_SECONDS
        ),
    )
    return Variant(members, lambda: ModelHost(models[members["ModelName"]], place, site))
