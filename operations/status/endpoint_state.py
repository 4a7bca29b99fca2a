"""What SageMaker says of a stack's endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from botocore.exceptions import ClientError

from operations.deployment import Deployment

Mode = Literal["realtime", "serverless", "async", "scale-to-zero"]
_UNDER_WAY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


@dataclass(frozen=True)
class VariantState:
    """One variant of the endpoint; its instances are None where it has none."""

    name: str
    instance_type: str | None
    current_instances: int | None
    desired_instances: int | None
    weight: float | None
    """Share of the requests it gets, against the other variants' weights."""


@dataclass(frozen=True)
class ComponentState:
    """The inference component of the mode scale-to-zero."""

    name: str
    status: str
    current_copies: int
    desired_copies: int
    failure_reason: str | None


@dataclass(frozen=True)
class EndpointState:
    """The endpoint, and what it was last told to be."""

    name: str
    status: str
    mode: Mode
    configuration: str
    created: datetime
    last_changed: datetime
    failure_reason: str | None
    variants: list[VariantState] = field(default_factory=list[VariantState])
    pending_configuration: str | None = None
    """What a rollout that is under way leads to."""
    pending_since: datetime | None = None
    component: ComponentState | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it is being made, changed or deleted."""
        return self.status in _UNDER_WAY


def look_at_endpoint(deployment: Deployment, component: str | None) -> EndpointState | None:
    """Return the endpoint's state; None if there is no endpoint.

    Args:
        deployment: the stack.
        component: name of its inference component, if it has one.
    """
    sagemaker = deployment.client("sagemaker")
    try:
        found = sagemaker.describe_endpoint(EndpointName=deployment.endpoint_name)
    except ClientError as error:
        # SageMaker has no code of its own for it.
        if "Could not find" in str(error):
            return None
        raise
    configuration = sagemaker.describe_endpoint_config(
        EndpointConfigName=found["EndpointConfigName"]
    )
    declared = {each["VariantName"]: each for each in configuration["ProductionVariants"]}
    pending = found.get("PendingDeploymentSummary", {})
    return EndpointState(
        name=found["EndpointName"],
        status=found["EndpointStatus"],
        mode=_mode(configuration, component),
        configuration=found["EndpointConfigName"],
        created=found["CreationTime"],
        last_changed=found["LastModifiedTime"],
        failure_reason=found.get("FailureReason"),
        variants=[
            _variant(each, declared.get(each["VariantName"], {}))
            for each in found.get("ProductionVariants", [])
        ],
        pending_configuration=pending.get("EndpointConfigName"),
        pending_since=pending.get("StartTime"),
        component=_component(sagemaker, component) if component else None,
    )


def _mode(configuration: Mapping[str, Any], component: str | None) -> Mode:
    if component:
        return "scale-to-zero"
    if "AsyncInferenceConfig" in configuration:
        return "async"
    if any("ServerlessConfig" in each for each in configuration["ProductionVariants"]):
        return "serverless"
    return "realtime"


def _variant(found: Mapping[str, Any], declared: Mapping[str, Any]) -> VariantState:
    return VariantState(
        name=found["VariantName"],
        instance_type=declared.get("InstanceType"),
        current_instances=found.get("CurrentInstanceCount"),
        desired_instances=found.get("DesiredInstanceCount"),
        weight=found.get("CurrentWeight"),
    )


def _component(sagemaker: Any, name: str) -> ComponentState | None:
    try:
        found = sagemaker.describe_inference_component(InferenceComponentName=name)
    except ClientError as error:
        if "Could not find" in str(error):
            return None
        raise
    copies = found.get("RuntimeConfig", {})
    return ComponentState(
        name=name,
        status=found["InferenceComponentStatus"],
        current_copies=copies.get("CurrentCopyCount", 0),
        desired_copies=copies.get("DesiredCopyCount", 0),
        failure_reason=found.get("FailureReason"),
    )
