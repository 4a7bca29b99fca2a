"""The endpoint itself, through the provider or through Cloud Control."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pulumi
from pulumi_aws import cloudwatch, sagemaker

from components.endpoint import cloud_control
from components.endpoint.args import GenAIEndpointArgs
from components.endpoint.arns import sagemaker_arn
from components.endpoint.rollout import deployment_config
from components.modes import REALTIME

CLOUD_CONTROL_TYPE = "AWS::SageMaker::Endpoint"
# A large model on a new fleet: download, start and, on a guarded rollout, the waits between its steps.
UPDATE_TIMEOUT = "60m"
# Kept over an update is what scaling decided, the number of instances; what the program decides is not.
_DECIDED_BY_THE_PROGRAM = ("DesiredWeight", "DataCaptureConfig")


class HostedEndpoint(NamedTuple):
    """The endpoint's resource, and its name and ARN that are known once it exists."""

    resource: pulumi.CustomResource
    name: pulumi.Output[str]
    arn: pulumi.Output[str]


def make_endpoint(
    name: str,
    args: GenAIEndpointArgs,
    configuration: sagemaker.EndpointConfiguration,
    *,
    alarms: Sequence[cloudwatch.MetricAlarm],
    after: Sequence[pulumi.Resource],
    parent: pulumi.Resource,
) -> HostedEndpoint:
    """Register the endpoint with the configuration it is to serve.

    Args:
        name: logical name of the component.
        args: of the component.
        configuration: a changed one is rolled out in place.
        alarms: to roll an update back on.
        after: what has to exist before the first container starts.
        parent: the component.
    """
    rollout = args.get("rollout")
    deployment = deployment_config(rollout, [alarm.name for alarm in alarms]) if rollout else None
    opts = pulumi.ResourceOptions(
        parent=parent,
        depends_on=list(after),
        # UpdateEndpoint hardly ever turns one mode into another: it may not remove a queue
        # (https://github.com/aws/sagemaker-python-sdk/pull/3124, read 2026-11-25) nor make instances serverless.
        # And the name is free for another endpoint only once the old one is gone.
        replacement_trigger=args.get("mode", REALTIME),
        delete_before_replace=True,
        custom_timeouts=pulumi.CustomTimeouts(
            create=UPDATE_TIMEOUT, update=UPDATE_TIMEOUT, delete=UPDATE_TIMEOUT
        ),
    )
    if args.get("retain_scaled_capacity", False):
        return _through_cloud_control(name, args, configuration, deployment, opts)
    _warn_of_the_scale_in_trap(name, args, parent)
    endpoint = sagemaker.Endpoint(
        f"{name}-endpoint",
        name=args["endpoint_name"],
        endpoint_config_name=configuration.name,
        deployment_config=(
            sagemaker.EndpointDeploymentConfigArgs(**deployment) if deployment else None
        ),
        tags=args.get("tags"),
        opts=opts,
    )
    return HostedEndpoint(endpoint, endpoint.name, endpoint.arn)


def _through_cloud_control(
    name: str,
    args: GenAIEndpointArgs,
    configuration: sagemaker.EndpointConfiguration,
    deployment: Mapping[str, Any] | None,
    opts: pulumi.ResourceOptions,
) -> HostedEndpoint:
    properties: dict[str, Any] = {
        "endpoint_name": args["endpoint_name"],
        "endpoint_config_name": configuration.name,
        "retain_all_variant_properties": True,
        "exclude_retained_variant_properties": [
            {"variant_property_type": kind} for kind in _DECIDED_BY_THE_PROGRAM
        ],
    }
    if deployment:
        properties["deployment_config"] = deployment
    endpoint = cloud_control.make(
        f"{name}-endpoint", CLOUD_CONTROL_TYPE, properties, args.get("tags"), opts
    )
    arn = sagemaker_arn("endpoint", args["endpoint_name"], endpoint)
    return HostedEndpoint(
        endpoint, _once_exists(endpoint, args["endpoint_name"]), _once_exists(endpoint, arn)
    )


def _once_exists(resource: pulumi.CustomResource, value: pulumi.Input[str]) -> pulumi.Output[str]:
    """`value`, for whoever must not use it before the resource is there."""
    return pulumi.Output.all(value, resource.id).apply(lambda known: known[0])


def _warn_of_the_scale_in_trap(name: str, args: GenAIEndpointArgs, parent: pulumi.Resource) -> None:
    if args.get("scaling") and args.get("mode", REALTIME) == REALTIME:
        pulumi.log.warn(
            f"{name}: every new configuration returns the endpoint to initial_instance_count instances, "
            "however many scaling had added. Set retain_scaled_capacity before the first deployment, or "
            "deploy at quiet times with an initial_instance_count that carries the load.",
            resource=parent,
        )
