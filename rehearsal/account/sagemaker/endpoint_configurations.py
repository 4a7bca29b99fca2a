"""Endpoint configurations."""

from rehearsal.account.sagemaker.configuration_rules import configuration_problem
from rehearsal.account.sagemaker.state import Members, Operations, State
from rehearsal.account.wire_errors import AwsError


class EndpointConfigurations:
    """Operations on endpoint configurations."""

    def __init__(self, state: State) -> None:
        self._state = state
        configurations = state.configurations
        self.operations: Operations = {
            "CreateEndpointConfig": self._create,
            "DescribeEndpointConfig": lambda r: configurations.find(r["EndpointConfigName"]),
            "DeleteEndpointConfig": self._delete,
            "ListEndpointConfigs": configurations.page,
        }

    def _create(self, members: Members) -> Members:
        name = members["EndpointConfigName"]
        self._state.configurations.refuse_duplicate(name)
        for variant in all_variants(members):
            if "ModelName" in variant:
                self._state.models.find(variant["ModelName"])
        if problem := configuration_problem(members, self._state.models.find):
            raise AwsError("ValidationException", problem)
        return {"EndpointConfigArn": self._state.configurations.add(name, members)}

    def _delete(self, members: Members) -> Members:
        name: str = members["EndpointConfigName"]
        for endpoint in self._state.endpoints.all():
            pending = endpoint.get("PendingDeploymentSummary", {})
            shift = self._state.shifts.get(endpoint["EndpointName"])
            shifted_to = shift.new.configuration["EndpointConfigName"] if shift else None
            used = endpoint["EndpointConfigName"], pending.get("EndpointConfigName"), shifted_to
            if name in used:
                # AWS lets it go, and cannot update the endpoint ever after.
                arn = self._state.configurations.arn(name)
                raise AwsError(
                    "ValidationException",
                    f'Cannot delete endpoint configuration "{arn}": '
                    f'endpoint "{endpoint["EndpointArn"]}" uses it.',
                )
        self._state.configurations.remove(name)
        return {}


def all_variants(configuration: Members) -> list[Members]:
    """Return the production and the shadow variants of a configuration."""
    return [
        *configuration["ProductionVariants"],
        *configuration.get("ShadowProductionVariants", []),
    ]
