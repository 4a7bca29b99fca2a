"""Endpoints: they come into service, change and end."""

import time
from collections.abc import Callable
from fractions import Fraction

from rehearsal.account.sagemaker.configuration_rules import update_problem
from rehearsal.account.sagemaker.deployment import Deployment
from rehearsal.account.sagemaker.deployment_plan import plan_of
from rehearsal.account.sagemaker.deployment_rules import deployment_problem
from rehearsal.account.sagemaker.endpoint_configurations import all_variants
from rehearsal.account.sagemaker.endpoint_permissions import check_alarms, check_execution_role
from rehearsal.account.sagemaker.fleet import Fleet
from rehearsal.account.sagemaker.model_host import assume_execution_role
from rehearsal.account.sagemaker.models import startable
from rehearsal.account.sagemaker.pending_deployment import PendingDeployment
from rehearsal.account.sagemaker.retained_properties import with_retained_properties
from rehearsal.account.sagemaker.state import Members, Operations, State, refuse_if_busy
from rehearsal.account.wire_errors import AwsError


class Endpoints:
    """Operations on endpoints."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.operations: Operations = {
            "CreateEndpoint": self._create,
            "DescribeEndpoint": self._describe,
            "UpdateEndpoint": self._update,
            "DeleteEndpoint": self._delete,
            "ListEndpoints": state.endpoints.page,
        }

    def _create(self, members: Members) -> Members:
        name = members["EndpointName"]
        self._state.endpoints.refuse_duplicate(name)
        configuration = self._state.configurations.find(members["EndpointConfigName"])
        deployment = members.get("DeploymentConfig")
        start = self._fleet_starter(name, configuration, deployment)
        pending = PendingDeployment(configuration)
        arn = self._state.endpoints.add(
            name,
            {
                "EndpointName": name,
                "EndpointConfigName": configuration["EndpointConfigName"],
                "EndpointStatus": "Creating",
                "LastModifiedTime": time.time(),
                "Tags": members.get("Tags", []),
                "PendingDeploymentSummary": pending.described("Creating", Fraction(0)),
                **_last_deployment(deployment),
            },
        )

        def bring_up() -> None:
            fleet = start()
            with self._state.lock:
                self._state.fleets[name] = fleet
                self._settle(name, EndpointStatus="InService")

        def fail(reason: str) -> None:
            self._settle(name, EndpointStatus="Failed", FailureReason=reason)

        self._state.start(f"create-{name}", bring_up, fail)
        return {"EndpointArn": arn}

    def _describe(self, members: Members) -> Members:
        name = members["EndpointName"]
        endpoint, fleet = self._state.endpoints.find(name), self._state.fleets.get(name)
        return {**endpoint, **(fleet.described() if fleet else {})}

    def _update(self, members: Members) -> Members:
        name = members["EndpointName"]
        endpoint = self._state.endpoints.find(name)
        refuse_change(endpoint)
        new = self._state.configurations.find(members["EndpointConfigName"])
        old = self._state.fleets[name]
        if problem := update_problem(old.configuration, new):
            raise AwsError("ValidationException", problem)
        deployment = _wanted_deployment(members, endpoint)
        configuration = with_retained_properties(new, old, members)
        start = self._fleet_starter(name, configuration, deployment)
        self._adopt_what_a_failed_rollback_left(endpoint)
        plan = plan_of(deployment, configuration)
        pending = PendingDeployment(configuration, is_rolling=plan.is_rolling)
        endpoint.update(
            EndpointStatus="Updating",
            LastModifiedTime=time.time(),
            PendingDeploymentSummary=pending.described("Creating", Fraction(0)),
            **_last_deployment(deployment),
        )
        self._play(Deployment(endpoint, plan, pending, self._state), name, start)
        return {"EndpointArn": endpoint["EndpointArn"]}

    def _play(self, deployment: Deployment, name: str, start: Callable[[], Fleet]) -> None:
        def fail(reason: str) -> None:
            with self._state.lock:
                shift = self._state.shifts.pop(name, None)
                self._settle(name, EndpointStatus="InService", FailureReason=reason)
            if shift is not None:
                shift.new.retire()

        self._state.start(f"update-{name}", lambda: deployment.play(start), fail)

    def _adopt_what_a_failed_rollback_left(self, endpoint: Members) -> None:
        """Let the fleet that still runs be the old one of the next update."""
        name = endpoint["EndpointName"]
        shift = self._state.shifts.pop(name, None)
        if shift is not None:
            self._state.fleets[name] = shift.new
            endpoint["EndpointConfigName"] = shift.new.configuration["EndpointConfigName"]
            self._state.end(f"end-{name}", shift.old.stop)

    def _delete(self, members: Members) -> Members:
        name = members["EndpointName"]
        endpoint = self._state.endpoints.find(name)
        _refuse_if_busy(endpoint)
        if any(part["EndpointName"] == name for part in self._state.components.all()):
            raise AwsError(
                "ValidationException",
                f'Cannot delete endpoint "{endpoint["EndpointArn"]}": delete its inference components '
                "first.",
            )
        self._state.endpoints.remove(name)
        fleet, shift = self._state.fleets.pop(name, None), self._state.shifts.pop(name, None)
        for left in [fleet, shift.new if shift else None]:
            if left is not None:
                self._state.end(f"end-{name}", left.stop)
        return {}

    def _fleet_starter(
        self, name: str, configuration: Members, deployment: Members | None
    ) -> Callable[[], Fleet]:
        """Return what starts the fleet of a configuration, as all of it is now.

        Raises:
            AwsError: a model is not there, or the deployment cannot be done.
        """
        models = {
            variant["ModelName"]: startable(self._state, variant["ModelName"])
            for variant in all_variants(configuration)
            if "ModelName" in variant
        }
        site = self._state.site
        if deployment:
            if problem := deployment_problem(deployment, configuration):
                raise AwsError("ValidationException", problem)
            of_no_model = {configuration.get("ExecutionRoleArn", "")} - {""}
            roles = {model["ExecutionRoleArn"] for model in models.values()} or of_no_model
            check_alarms(deployment, roles, site.region)

        def start() -> Fleet:
            if own_role := configuration.get("ExecutionRoleArn"):
                assume_execution_role(own_role, site.region)
            for model in models.values():
                check_execution_role(model, configuration, site.region)
            return Fleet(name, models, configuration, site)

        return start

    def _settle(self, name: str, **members: object) -> None:
        with self._state.lock:
            endpoint = self._state.endpoints.find(name)
            for outdated in ("FailureReason", "PendingDeploymentSummary"):
                endpoint.pop(outdated, None)
            endpoint.update(LastModifiedTime=time.time(), **members)


def refuse_change(endpoint: Members) -> None:
    """Raise an AwsError for an endpoint that is on its way, or has failed."""
    _refuse_if_busy(endpoint)
    if endpoint["EndpointStatus"] == "Failed":
        raise AwsError(
            "ValidationException",
            f'Cannot update failed endpoint "{endpoint["EndpointArn"]}": it can only be deleted.',
        )


def _refuse_if_busy(endpoint: Members) -> None:
    refuse_if_busy("endpoint", endpoint, "EndpointStatus", "EndpointArn")


def _wanted_deployment(members: Members, endpoint: Members) -> Members | None:
    """Return the DeploymentConfig of an update, which may be that of the last one."""
    if members.get("RetainDeploymentConfig") and "DeploymentConfig" not in members:
        return endpoint.get("LastDeploymentConfig")
    return members.get("DeploymentConfig")


def _last_deployment(deployment: Members | None) -> Members:
    return {"LastDeploymentConfig": deployment} if deployment else {}
