"""Endpoints: they come into service, change and end."""

import time
from collections.abc import Callable

from rehearsal.account.sagemaker.configuration_rules import update_problem
from rehearsal.account.sagemaker.deployment_rules import deployment_problem
from rehearsal.account.sagemaker.endpoint_configurations import all_variants
from rehearsal.account.sagemaker.endpoint_permissions import check_alarms, check_execution_role
from rehearsal.account.sagemaker.fleet import Fleet
from rehearsal.account.sagemaker.model_host import assume_execution_role
from rehearsal.account.sagemaker.models import startable
from rehearsal.account.sagemaker.state import Members, Operations, State, refuse_if_busy
from rehearsal.account.wire_errors import AwsError

_COPIED_VARIANT_MEMBERS = ("ManagedInstanceScaling", "RoutingConfig")


class Endpoints:
    """Operations on endpoints."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.operations: Operations = {
            "CreateEndpoint": self._create,
            "DescribeEndpoint": lambda r: state.endpoints.find(r["EndpointName"]),
            "UpdateEndpoint": self._update,
            "DeleteEndpoint": self._delete,
            "ListEndpoints": state.endpoints.page,
        }

    def _create(self, members: Members) -> Members:
        name, configuration = members["EndpointName"], members["EndpointConfigName"]
        self._state.endpoints.refuse_duplicate(name)
        start = self._fleet_starter(members)
        arn = self._state.endpoints.add(
            name,
            {
                "EndpointName": name,
                "EndpointConfigName": configuration,
                "EndpointStatus": "Creating",
                "LastModifiedTime": time.time(),
                "Tags": members.get("Tags", []),
                **_last_deployment(members),
            },
        )
        self._bring_up(name, configuration, start, status_if_it_fails="Failed")
        return {"EndpointArn": arn}

    def _update(self, members: Members) -> Members:
        name, configuration = members["EndpointName"], members["EndpointConfigName"]
        endpoint = self._state.endpoints.find(name)
        _refuse_if_busy(endpoint)
        if endpoint["EndpointStatus"] == "Failed":
            raise AwsError(
                "ValidationException",
                f'Cannot update failed endpoint "{endpoint["EndpointArn"]}": it can only be deleted.',
            )
        find = self._state.configurations.find
        new = find(configuration)
        if problem := update_problem(find(endpoint["EndpointConfigName"]), new):
            raise AwsError("ValidationException", problem)
        start = self._fleet_starter(members)
        endpoint.update(
            EndpointStatus="Updating",
            LastModifiedTime=time.time(),
            PendingDeploymentSummary={"EndpointConfigName": configuration},
            **_last_deployment(members),
        )
        # The old fleet keeps answering until the new one is in service, and stays if it never is.
        self._bring_up(name, configuration, start, status_if_it_fails="InService")
        return {"EndpointArn": endpoint["EndpointArn"]}

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
        fleet = self._state.fleets.pop(name, None)
        if fleet is not None:
            fleet.stop()
        return {}

    def _fleet_starter(self, members: Members) -> Callable[[], Fleet]:
        """Return what starts the fleet of a configuration, as all of it is now.

        Raises:
            AwsError: something that the request names is not there, or its deployment cannot be done.
        """
        configuration = self._state.configurations.find(members["EndpointConfigName"])
        models = {
            variant["ModelName"]: startable(self._state, variant["ModelName"])
            for variant in all_variants(configuration)
            if "ModelName" in variant
        }
        site = self._state.site
        if deployment := members.get("DeploymentConfig"):
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
            return Fleet(members["EndpointName"], models, configuration, site)

        return start

    def _bring_up(
        self, name: str, configuration: str, start: Callable[[], Fleet], status_if_it_fails: str
    ) -> None:
        def fail(reason: str) -> None:
            self._settle(name, EndpointStatus=status_if_it_fails, FailureReason=reason)

        def put_in_service() -> None:
            fleet = start()
            with self._state.lock:
                retired = self._state.fleets.get(name)
                self._state.fleets[name] = fleet
                self._settle(
                    name,
                    EndpointStatus="InService",
                    EndpointConfigName=configuration,
                    **_summaries(fleet.configuration),
                )
            if retired is not None:
                retired.retire()

        self._state.start(f"bring-up-{name}", put_in_service, fail)

    def _settle(self, name: str, **members: object) -> None:
        with self._state.lock:
            endpoint = self._state.endpoints.find(name)
            if members["EndpointStatus"] == "InService" and "FailureReason" not in members:
                for outdated in (
                    "ShadowProductionVariants",
                    "DataCaptureConfig",
                    "AsyncInferenceConfig",
                ):
                    endpoint.pop(outdated, None)
            for outdated in ("FailureReason", "PendingDeploymentSummary"):
                endpoint.pop(outdated, None)
            endpoint.update(LastModifiedTime=time.time(), **members)


def _refuse_if_busy(endpoint: Members) -> None:
    refuse_if_busy("endpoint", endpoint, "EndpointStatus", "EndpointArn")


def _last_deployment(members: Members) -> Members:
    deployment = members.get("DeploymentConfig")
    return {"LastDeploymentConfig": deployment} if deployment else {}


def _summaries(configuration: Members) -> Members:
    """Return what DescribeEndpoint repeats of the configuration in service."""
    found: Members = {
        member: [_variant_summary(variant) for variant in configuration[member]]
        for member in ("ProductionVariants", "ShadowProductionVariants")
        if member in configuration
    }
    if "AsyncInferenceConfig" in configuration:
        found["AsyncInferenceConfig"] = configuration["AsyncInferenceConfig"]
    if capture := configuration.get("DataCaptureConfig"):
        is_enabled = capture.get("EnableCapture", True)
        found["DataCaptureConfig"] = {
            "EnableCapture": is_enabled,
            "CaptureStatus": "Started" if is_enabled else "Stopped",
            "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
            "DestinationS3Uri": capture["DestinationS3Uri"],
            "KmsKeyId": capture.get("KmsKeyId", ""),
        }
    return found


def _variant_summary(variant: Members) -> Members:
    weight = variant.get("InitialVariantWeight", 1.0)
    summary = {
        "VariantName": variant["VariantName"],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        **{key: variant[key] for key in _COPIED_VARIANT_MEMBERS if key in variant},
    }
    if serverless := variant.get("ServerlessConfig"):
        return {
            **summary,
            "CurrentServerlessConfig": serverless,
            "DesiredServerlessConfig": serverless,
        }
    count = variant["InitialInstanceCount"]
    return {**summary, "CurrentInstanceCount": count, "DesiredInstanceCount": count}
