"""Inference components: models that are placed on the instances of an endpoint's variant."""

import time
from typing import Any

from catalog.errors import CatalogError
from catalog.instances import lookup_instance
from rehearsal.account.sagemaker.inference_component_host import ComponentHost
from rehearsal.account.sagemaker.model_host import (
    DEFAULT_STARTUP_TIMEOUT_SECONDS,
    FleetError,
    ModelHost,
    Place,
)
from rehearsal.account.sagemaker.models import startable
from rehearsal.account.sagemaker.state import Members, Operations, State, refuse_if_busy
from rehearsal.account.wire_errors import AwsError

COPIES = "sagemaker:inference-component:DesiredCopyCount"
_RESOURCE_ID = "inference-component/"
_MIB_PER_GIB = 1024


class InferenceComponents:
    """Operations on inference components."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.operations: Operations = {
            "CreateInferenceComponent": self._create,
            "DescribeInferenceComponent": lambda r: state.components.find(
                r["InferenceComponentName"]
            ),
            "UpdateInferenceComponent": self._update,
            "UpdateInferenceComponentRuntimeConfig": self._update_copies,
            "DeleteInferenceComponent": self._delete,
            "ListInferenceComponents": state.components.page,
        }

    def capacity_of(self, resource_id: str, _dimension: str) -> int | None:
        """Return how many copies are desired; None if there is no such component in service."""
        name = resource_id.removeprefix(_RESOURCE_ID)
        if name not in self._state.component_hosts:
            return None
        return self._state.components.find(name)["RuntimeConfig"]["DesiredCopyCount"]

    def set_capacity(self, resource_id: str, _dimension: str, count: int) -> None:
        """Desire so many copies.

        Raises:
            AwsError: there is no such component, or it is on its way.
        """
        name = resource_id.removeprefix(_RESOURCE_ID)
        self._update_copies(
            {"InferenceComponentName": name, "DesiredRuntimeConfig": {"CopyCount": count}}
        )

    def _create(self, members: Members) -> Members:
        name = members["InferenceComponentName"]
        self._state.components.refuse_duplicate(name)
        endpoint = self._state.endpoints.find(members["EndpointName"])
        variant = self._variant(endpoint, members.get("VariantName"))
        host = self._host(name, variant, _played_specification(members))
        copies = members.get("RuntimeConfig", {}).get("CopyCount", 1)
        arn = self._state.components.add(
            name,
            {
                **{key: members[key] for key in ("Specification", "Tags") if key in members},
                "InferenceComponentName": name,
                "EndpointName": endpoint["EndpointName"],
                "EndpointArn": endpoint["EndpointArn"],
                "VariantName": variant["VariantName"],
                "InferenceComponentStatus": "Creating",
                "RuntimeConfig": {"DesiredCopyCount": copies, "CurrentCopyCount": 0},
                "LastModifiedTime": time.time(),
            },
        )
        self._scale(name, host, copies, "Failed")
        return {"InferenceComponentArn": arn}

    def _update(self, members: Members) -> Members:
        name = members["InferenceComponentName"]
        component = self._idle(name)
        specification = {**component["Specification"], **members.get("Specification", {})}
        endpoint = self._state.endpoints.find(component["EndpointName"])
        variant = self._variant(endpoint, component["VariantName"])
        host = self._host(name, variant, specification)
        now = component["RuntimeConfig"]["DesiredCopyCount"]
        copies = members.get("RuntimeConfig", {}).get("CopyCount", now)
        component["InferenceComponentStatus"] = "Updating"
        self._scale(name, host, copies, "InService", Specification=specification)
        return {"InferenceComponentArn": component["InferenceComponentArn"]}

    def _update_copies(self, members: Members) -> Members:
        name = members["InferenceComponentName"]
        component = self._idle(name)
        copies = members["DesiredRuntimeConfig"]["CopyCount"]
        component["InferenceComponentStatus"] = "Updating"
        self._scale(name, self._state.component_hosts[name], copies, "InService")
        return {"InferenceComponentArn": component["InferenceComponentArn"]}

    def _delete(self, members: Members) -> Members:
        name = members["InferenceComponentName"]
        _refuse_if_busy(self._state.components.find(name))
        self._state.components.remove(name)
        host = self._state.component_hosts.pop(name, None)
        if host is not None:
            self._state.end(f"end-{name}", host.stop)
        return {}

    def _idle(self, name: str) -> Members:
        component = self._state.components.find(name)
        _refuse_if_busy(component)
        if component["InferenceComponentStatus"] == "Failed":
            raise AwsError(
                "ValidationException",
                f'Cannot update failed inference component "{component["InferenceComponentArn"]}": it '
                "can only be deleted.",
            )
        return component

    def _variant(self, endpoint: Members, name: str | None) -> Members:
        arn = endpoint["EndpointArn"]
        if endpoint["EndpointStatus"] != "InService":
            raise AwsError(
                "ValidationException",
                f'Inference components need the endpoint "{arn}" to be InService; it is '
                f"{endpoint['EndpointStatus']}.",
            )
        configuration = self._state.configurations.find(endpoint["EndpointConfigName"])
        variants = configuration["ProductionVariants"]
        found = [v for v in variants if name in {None, v["VariantName"]} and "ModelName" not in v]
        if len(found) != 1:
            raise AwsError(
                "ValidationException",
                f'The endpoint "{arn}" has no single variant {name or ""} that takes inference '
                "components: one without a ModelName.",
            )
        return found[0]

    def _host(self, name: str, variant: Members, specification: Members) -> ComponentHost:
        model = startable(self._state, specification["ModelName"])
        startup = specification.get("StartupParameters", {})
        place = Place(
            described=f"inference component {name}",
            owner="inference component",
            log_group=f"/aws/sagemaker/InferenceComponents/{name}",
            variant=variant["VariantName"],
            startup_timeout_seconds=startup.get(
                "ContainerStartupHealthCheckTimeoutInSeconds", DEFAULT_STARTUP_TIMEOUT_SECONDS
            ),
        )
        needs = specification["ComputeResourceRequirements"]

        def start() -> ModelHost:
            _check_that_it_fits(needs, variant["InstanceType"])
            return ModelHost(model, place, self._state.site)

        return ComponentHost(variant["VariantName"], start)

    def _scale(
        self,
        name: str,
        host: ComponentHost,
        copies: int,
        status_if_it_fails: str,
        **changed: Members,
    ) -> None:
        """Let `host` answer with so many copies; members that are `changed` count once it does."""
        component = self._state.components.find(name)
        component["RuntimeConfig"]["DesiredCopyCount"] = copies

        def work() -> None:
            host.scale_to(copies, self._state.site.is_closing)
            with self._state.lock:
                replaced = self._state.component_hosts.get(name)
                self._state.component_hosts[name] = host
                component.pop("FailureReason", None)
                component.update(changed)
                _settle(component, "InService", copies)
            if replaced is not None and replaced is not host:
                replaced.in_flight.wait_for_those_of_now(self._state.site.is_closing)
                replaced.stop()

        def fail(reason: str) -> None:
            with self._state.lock:
                running = self._state.component_hosts.get(name)
                component["FailureReason"] = reason
                _settle(component, status_if_it_fails, running.copies if running else 0)

        self._state.start(f"scale-{name}", work, fail)


def _settle(component: Members, status: str, copies: int) -> None:
    component["RuntimeConfig"] = {"DesiredCopyCount": copies, "CurrentCopyCount": copies}
    component.update(InferenceComponentStatus=status, LastModifiedTime=time.time())


def _refuse_if_busy(component: Members) -> None:
    refuse_if_busy(
        "inference component", component, "InferenceComponentStatus", "InferenceComponentArn"
    )


def _played_specification(members: Members) -> Members:
    specification = members.get("Specification", {})
    if not {"ModelName", "ComputeResourceRequirements"} <= specification.keys():
        raise AwsError(
            "ValidationException",
            "the local account plays inference components with a Specification of ModelName and "
            "ComputeResourceRequirements",
        )
    return specification


def _check_that_it_fits(needs: Members, instance_type: str) -> None:
    """Refuse a copy that is larger than a whole instance, as far as the instance type is known."""
    try:
        instance = lookup_instance(instance_type)
    except CatalogError:
        return
    accelerators: Any = instance.accelerators
    for member, wanted, there in (
        (
            "NumberOfAcceleratorDevicesRequired",
            needs.get("NumberOfAcceleratorDevicesRequired", 0),
            accelerators.count if accelerators else 0,
        ),
        ("NumberOfCpuCoresRequired", needs.get("NumberOfCpuCoresRequired", 0), instance.vcpu),
        (
            "MinMemoryRequiredInMb",
            needs["MinMemoryRequiredInMb"],
            instance.memory_gib * _MIB_PER_GIB,
        ),
    ):
        if wanted > there:
            raise FleetError(
                f"The inference component cannot be placed: {member} is {wanted:g}, and an "
                f"{instance_type} instance has {there:g}."
            )
