"""Variants of an endpoint configuration: which model, on what, with which share of the traffic."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_aws import sagemaker

from components.endpoint.args import (
    DEFAULT_INSTANCE_COUNT,
    DEFAULT_ROUTING_STRATEGY,
    DEFAULT_TIMEOUT_SECONDS,
    GenAIEndpointArgs,
)
from components.endpoint.feature_args import InferenceComponentArgs, ServerlessArgs, VariantArgs
from components.modes import MAIN_VARIANT

DEFAULT_WEIGHT = 1.0

_OWN_INSTANCES = ("instance_type", "initial_instance_count", "inference_ami_version")

ModelNames = Mapping[str, pulumi.Input[str]]
Members = dict[str, Any]


def production_variants(
    args: GenAIEndpointArgs, model_names: ModelNames
) -> list[sagemaker.EndpointConfigurationProductionVariantArgs]:
    """Build the main variant and the extra ones, each serving its model of `model_names`."""
    main: Members = {
        **_members_of_main(args, model_names[MAIN_VARIANT]),
        "variant_name": MAIN_VARIANT,
        "initial_variant_weight": args.get("variant_weight", DEFAULT_WEIGHT),
    }
    extra = [
        _members_beside_main(args, name, variant, model_names[name])
        for name, variant in args.get("extra_variants", {}).items()
    ]
    return [
        sagemaker.EndpointConfigurationProductionVariantArgs(**members)
        for members in [main, *extra]
    ]


def shadow_variants(
    args: GenAIEndpointArgs, model_names: ModelNames
) -> list[sagemaker.EndpointConfigurationShadowProductionVariantArgs] | None:
    """Build the shadow variant, if there is one."""
    shadows = args.get("shadow_variants")
    if not shadows:
        return None
    return [
        sagemaker.EndpointConfigurationShadowProductionVariantArgs(
            **_members_beside_main(args, name, variant, model_names[name])
        )
        for name, variant in shadows.items()
    ]


def _members_of_main(args: GenAIEndpointArgs, model_name: pulumi.Input[str]) -> Members:
    serverless = args.get("serverless")
    if serverless:
        return {"model_name": model_name, "serverless_config": _serverless_config(serverless)}
    component = args.get("inference_component")
    if component:
        return {
            **_members_of_instances(args),
            "managed_instance_scaling": _managed_instance_scaling(component),
        }
    return {
        **_members_of_instances(args),
        **_members_of_startup(args),
        "model_name": model_name,
    }


def _members_beside_main(
    args: GenAIEndpointArgs, name: str, variant: VariantArgs, model_name: pulumi.Input[str]
) -> Members:
    return {
        **_members_of_instances(args),
        **_members_of_startup(args),
        **{key: value for key, value in variant.items() if key in _OWN_INSTANCES},
        "model_name": model_name,
        "variant_name": name,
        "initial_variant_weight": variant.get("weight", DEFAULT_WEIGHT),
    }


def _members_of_instances(args: GenAIEndpointArgs) -> Members:
    return {
        "instance_type": args.get("instance_type"),
        "initial_instance_count": args.get("initial_instance_count", DEFAULT_INSTANCE_COUNT),
        "volume_size_in_gb": args.get("volume_gb"),
        "inference_ami_version": args.get("inference_ami_version"),
        "routing_configs": [
            {"routing_strategy": args.get("routing_strategy", DEFAULT_ROUTING_STRATEGY)}
        ],
    }


def _members_of_startup(args: GenAIEndpointArgs) -> Members:
    return {
        "container_startup_health_check_timeout_in_seconds": args.get(
            "startup_timeout_seconds", DEFAULT_TIMEOUT_SECONDS
        ),
        "model_data_download_timeout_in_seconds": args.get(
            "download_timeout_seconds", DEFAULT_TIMEOUT_SECONDS
        ),
    }


def _serverless_config(serverless: ServerlessArgs) -> Members:
    config: Members = {
        "memory_size_in_mb": serverless["memory_mib"],
        "max_concurrency": serverless["max_concurrency"],
    }
    provisioned = serverless.get("provisioned_concurrency")
    return config if provisioned is None else {**config, "provisioned_concurrency": provisioned}


def _managed_instance_scaling(component: InferenceComponentArgs) -> Members:
    return {
        "status": "ENABLED",
        "min_instance_count": component["min_instances"],
        "max_instance_count": component["max_instances"],
    }
