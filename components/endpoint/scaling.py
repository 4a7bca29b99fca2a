"""Scaling of the main variant, or of the inference component, by load and by the clock."""

from typing import NamedTuple

import pulumi
from pulumi_aws import appautoscaling, cloudwatch

from components.endpoint.args import GenAIEndpointArgs
from components.endpoint.feature_args import ScalingArgs
from components.endpoint.inference_component import component_name
from components.endpoint.scaling_metrics import metric_specification
from components.endpoint.wake_up import wake_up_of
from components.modes import MAIN_VARIANT, REALTIME, SCALE_TO_ZERO, SERVERLESS

SERVICE_NAMESPACE = "sagemaker"
DEFAULT_SCALE_IN_COOLDOWN_SECONDS = 300
DEFAULT_SCALE_OUT_COOLDOWN_SECONDS = 60


class _Scaled(NamedTuple):
    resource_id: pulumi.Input[str]
    dimension: str


def make_scaling(
    name: str, args: GenAIEndpointArgs, *, scaled: pulumi.Resource, parent: pulumi.Resource
) -> None:
    """Register target, policies and schedules; nothing if the capacity is fixed.

    Args:
        name: logical name of the component.
        args: of the component.
        scaled: the endpoint or inference component. The registration with Application Auto Scaling waits
            for it and goes with it: what is deleted is deregistered by AWS, if whoever deletes it may
            (https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-delete-with-scaling.html). So it is made
            anew with it too, under an unchanged id that must not be deregistered afterwards.
        parent: the component.
    """
    scaling = args.get("scaling")
    if not scaling:
        return
    opts = pulumi.ResourceOptions(
        parent=parent,
        depends_on=[scaled],
        deleted_with=scaled,
        replace_with=[scaled],
        delete_before_replace=True,
    )
    resource_id, dimension = _scaled(args)
    target = appautoscaling.Target(
        f"{name}-scaling",
        min_capacity=scaling["min_capacity"],
        max_capacity=scaling["max_capacity"],
        resource_id=resource_id,
        scalable_dimension=dimension,
        service_namespace=SERVICE_NAMESPACE,
        tags=args.get("tags"),
        opts=opts,
    )
    _follow_the_load(name, args, scaling, target, opts)
    _wake_from_zero(name, args, target, opts)
    for schedule_name, schedule in scaling.get("schedules", {}).items():
        appautoscaling.ScheduledAction(
            f"{name}-schedule-{schedule_name}",
            resource_id=target.resource_id,
            scalable_dimension=target.scalable_dimension,
            service_namespace=target.service_namespace,
            schedule=schedule["schedule"],
            timezone=schedule["timezone"],
            scalable_target_action={
                "min_capacity": schedule["min_capacity"],
                "max_capacity": schedule["max_capacity"],
            },
            opts=opts,
        )


def _scaled(args: GenAIEndpointArgs) -> _Scaled:
    mode = args.get("mode", REALTIME)
    if mode == SCALE_TO_ZERO:
        return _Scaled(
            pulumi.Output.concat("inference-component/", component_name(args)),
            "sagemaker:inference-component:DesiredCopyCount",
        )
    return _Scaled(
        pulumi.Output.format("endpoint/{}/variant/{}", args["endpoint_name"], MAIN_VARIANT),
        "sagemaker:variant:DesiredProvisionedConcurrency"
        if mode == SERVERLESS
        else "sagemaker:variant:DesiredInstanceCount",
    )


def _follow_the_load(
    name: str,
    args: GenAIEndpointArgs,
    scaling: ScalingArgs,
    target: appautoscaling.Target,
    opts: pulumi.ResourceOptions,
) -> None:
    mode = args.get("mode", REALTIME)
    appautoscaling.Policy(
        f"{name}-follow-load",
        policy_type="TargetTrackingScaling",
        resource_id=target.resource_id,
        scalable_dimension=target.scalable_dimension,
        service_namespace=target.service_namespace,
        target_tracking_scaling_policy_configuration=appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs(
            target_value=scaling["target"],
            scale_in_cooldown=scaling.get(
                "scale_in_cooldown_seconds", DEFAULT_SCALE_IN_COOLDOWN_SECONDS
            ),
            scale_out_cooldown=scaling.get(
                "scale_out_cooldown_seconds", DEFAULT_SCALE_OUT_COOLDOWN_SECONDS
            ),
            **metric_specification(mode, scaling["metric"], args["endpoint_name"]),
        ),
        opts=opts,
    )


def _wake_from_zero(
    name: str,
    args: GenAIEndpointArgs,
    target: appautoscaling.Target,
    opts: pulumi.ResourceOptions,
) -> None:
    wake_up = wake_up_of(args)
    if wake_up is None:
        return
    policy = appautoscaling.Policy(
        f"{name}-wake-up",
        policy_type="StepScaling",
        resource_id=target.resource_id,
        scalable_dimension=target.scalable_dimension,
        service_namespace=target.service_namespace,
        step_scaling_policy_configuration=appautoscaling.PolicyStepScalingPolicyConfigurationArgs(
            **wake_up.step_members()
        ),
        opts=opts,
    )
    cloudwatch.MetricAlarm(
        f"{name}-wake-up",
        alarm_description="A request found no capacity: start the first",
        alarm_actions=[policy.arn],
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=opts.parent),
        **wake_up.alarm_members(),
    )
