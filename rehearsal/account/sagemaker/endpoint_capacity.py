"""How many instances, and which weight and concurrency, an endpoint's variants have while it is in service.

Facts: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html and
aws-facts on the scalable dimensions. The wording of what is refused is ours.
"""

import re
import time

from rehearsal.account.sagemaker.endpoints import refuse_change
from rehearsal.account.sagemaker.fleet import Fleet
from rehearsal.account.sagemaker.state import Members, Operations, State
from rehearsal.account.sagemaker.variant import Variant
from rehearsal.account.wire_errors import AwsError

INSTANCES = "sagemaker:variant:DesiredInstanceCount"
PROVISIONED = "sagemaker:variant:DesiredProvisionedConcurrency"
_VARIANT_ID = re.compile(r"endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)")


class EndpointCapacity:
    """What an endpoint's variants have, and how to give them more or less."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.operations: Operations = {"UpdateEndpointWeightsAndCapacities": self._update}

    def capacity_of(self, resource_id: str, dimension: str) -> int | None:
        """Return what is desired of a variant; None if there is no such variant in service."""
        match = _VARIANT_ID.fullmatch(resource_id)
        fleet = self._state.fleets.get(match["endpoint"]) if match else None
        variant = fleet.choose(match["variant"]) if fleet and match else None
        if variant is None:
            return None
        if dimension == PROVISIONED:
            return (variant.desired_serverless or {}).get("ProvisionedConcurrency")
        return None if variant.serverless else variant.desired_instances

    def set_capacity(self, resource_id: str, dimension: str, count: int) -> None:
        """Desire so much of a variant.

        Raises:
            AwsError: it is not there, on its way, or cannot have so much.
        """
        match = _VARIANT_ID.fullmatch(resource_id)
        if match is None:
            raise AwsError("ValidationException", f"{resource_id} is no variant of an endpoint.")
        wanted: Members = (
            {"ServerlessUpdateConfig": {"ProvisionedConcurrency": count}}
            if dimension == PROVISIONED
            else {"DesiredInstanceCount": count}
        )
        of_variant = {"VariantName": match["variant"], **wanted}
        self._update(
            {"EndpointName": match["endpoint"], "DesiredWeightsAndCapacities": [of_variant]}
        )

    def _update(self, members: Members) -> Members:
        name = members["EndpointName"]
        endpoint = self._state.endpoints.find(name)
        refuse_change(endpoint)
        if name in self._state.shifts:
            raise AwsError(
                "ValidationException",
                f'Cannot scale endpoint "{endpoint["EndpointArn"]}" between two configurations: update it first.',
            )
        fleet = self._state.fleets[name]
        wanted = members["DesiredWeightsAndCapacities"]
        for each in wanted:
            _refuse(each, fleet)
        for each in wanted:
            _desire(each, _variant(each, fleet))
        endpoint.update(EndpointStatus="Updating", LastModifiedTime=time.time())
        self._state.start(
            f"scale-{name}",
            lambda: self._settle(endpoint, fleet),
            lambda reason: self._give_up(endpoint, fleet, reason),
        )
        return {"EndpointArn": endpoint["EndpointArn"]}

    def _settle(self, endpoint: Members, fleet: Fleet) -> None:
        fleet.settle()
        with self._state.lock:
            endpoint.pop("FailureReason", None)
            endpoint.update(EndpointStatus="InService", LastModifiedTime=time.time())

    def _give_up(self, endpoint: Members, fleet: Fleet, reason: str) -> None:
        with self._state.lock:
            fleet.give_up()
            endpoint.update(
                EndpointStatus="InService", LastModifiedTime=time.time(), FailureReason=reason
            )


def _variant(wanted: Members, fleet: Fleet) -> Variant:
    found = fleet.choose(wanted["VariantName"])
    if found is None:
        raise AwsError(
            "ValidationException",
            f"Could not find variant {wanted['VariantName']} of the endpoint.",
        )
    return found


def _refuse(wanted: Members, fleet: Fleet) -> None:
    variant = _variant(wanted, fleet)
    said = f"Variant {variant.name}"
    change = wanted.get("ServerlessUpdateConfig")
    if change is not None and variant.serverless is None:
        raise AwsError("ValidationException", f"{said} is not serverless.")
    if variant.serverless is not None:
        if "DesiredInstanceCount" in wanted:
            raise AwsError("ValidationException", f"{said} is serverless and has no instances.")
        limits = {**variant.serverless, **(change or {})}
        if limits.get("ProvisionedConcurrency", 0) > limits["MaxConcurrency"]:
            raise AwsError(
                "ValidationException",
                "ProvisionedConcurrency must be less than or equal to MaxConcurrency.",
            )
    may_be_none = fleet.is_async or fleet.takes_components
    if wanted.get("DesiredInstanceCount") == 0 and not may_be_none:
        raise AwsError(
            "ValidationException",
            f"{said}: DesiredInstanceCount must be at least 1; only asynchronous endpoints and those of "
            "inference components can do without instances.",
        )


def _desire(wanted: Members, variant: Variant) -> None:
    variant.desired_weight = wanted.get("DesiredWeight", variant.desired_weight)
    variant.desired_instances = wanted.get("DesiredInstanceCount", variant.desired_instances)
    if variant.serverless is not None:
        change = wanted.get("ServerlessUpdateConfig", {})
        variant.desired_serverless = {**variant.serverless, **change}
