"""The inference component: copies of a model that may be none."""

from typing import Any

import pulumi
from pulumi_aws import sagemaker

from components.endpoint import cloud_control
from components.endpoint.args import DEFAULT_TIMEOUT_SECONDS, GenAIEndpointArgs
from components.endpoint.feature_args import InferenceComponentArgs
from components.modes import COMPONENT_SUFFIX, MAIN_VARIANT

CLOUD_CONTROL_TYPE = "AWS::SageMaker::InferenceComponent"
DEFAULT_COPIES = 1


def component_name(args: GenAIEndpointArgs) -> pulumi.Output[str]:
    """Return the component's name, which is known before it exists."""
    return pulumi.Output.concat(args["endpoint_name"], COMPONENT_SUFFIX)


def make_inference_component(
    name: str,
    args: GenAIEndpointArgs,
    component: InferenceComponentArgs,
    model: sagemaker.Model,
    *,
    endpoint: pulumi.Resource,
    parent: pulumi.Resource,
) -> pulumi.CustomResource:
    """Register the component on `endpoint`.

    pulumi-aws has the resource from 7.52 on (https://www.pulumi.com/registry/packages/aws/api-docs/sagemaker/
    inferencecomponent/, v7.52.1, read 2026-11-24); until then it goes through Cloud Control. Not run on AWS.
    """
    properties = {
        "endpoint_name": args["endpoint_name"],
        "variant_name": MAIN_VARIANT,
        "specification": _specification(args, component, model.name),
        "runtime_config": {"copy_count": component.get("initial_copies", DEFAULT_COPIES)},
    }
    logical_name, tags = f"{name}-component", args.get("tags")
    opts = pulumi.ResourceOptions(
        parent=parent,
        depends_on=[endpoint],
        # The name is fixed, and an endpoint that still holds a component cannot be deleted
        # (https://github.com/aws/amazon-sagemaker-feedback/issues/49, read 2026-11-25).
        replace_with=[endpoint],
        delete_before_replace=True,
    )
    native: Any = getattr(sagemaker, "InferenceComponent", None)
    if native is not None:
        return native(logical_name, name=component_name(args), tags=tags, opts=opts, **properties)
    return cloud_control.make(
        logical_name,
        CLOUD_CONTROL_TYPE,
        {"inference_component_name": component_name(args), **properties},
        tags,
        opts,
    )


def _specification(
    args: GenAIEndpointArgs, component: InferenceComponentArgs, model_name: pulumi.Input[str]
) -> dict[str, Any]:
    compute = {
        "min_memory_required_in_mb": component["memory_mib"],
        "number_of_accelerator_devices_required": component.get("accelerator_count"),
        "number_of_cpu_cores_required": component.get("cpu_cores"),
    }
    return {
        "model_name": model_name,
        "compute_resource_requirements": {
            key: value for key, value in compute.items() if value is not None
        },
        "startup_parameters": {
            "container_startup_health_check_timeout_in_seconds": args.get(
                "startup_timeout_seconds", DEFAULT_TIMEOUT_SECONDS
            ),
            "model_data_download_timeout_in_seconds": args.get(
                "download_timeout_seconds", DEFAULT_TIMEOUT_SECONDS
            ),
        },
    }
