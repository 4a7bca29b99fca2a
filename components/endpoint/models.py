"""SageMaker models: one for the endpoint, and one for each variant that serves something else."""

from collections.abc import Sequence
from typing import cast

import pulumi
from pulumi_aws import sagemaker

from components.endpoint.args import GenAIEndpointArgs
from components.endpoint.container import primary_container
from components.endpoint.feature_args import VariantArgs
from components.modes import MAIN_VARIANT, REALTIME, SERVERLESS

_OWN_MODEL = ("model_uri", "environment")


def make_models(
    name: str,
    args: GenAIEndpointArgs,
    role_arn: pulumi.Input[str],
    *,
    after: Sequence[pulumi.Resource],
    parent: pulumi.Resource,
) -> dict[str, sagemaker.Model]:
    """Register the models, and return the one that each variant serves.

    They have no name of our choice, so that a changed one is made beside the one in service.

    Args:
        name: logical name of the endpoint.
        args: of the endpoint.
        role_arn: role that SageMaker reads image and model with.
        after: what the role must have first, or CreateModel cannot read the model.
        parent: the component.
    """
    opts = pulumi.ResourceOptions(parent=parent, depends_on=list(after))

    def make(logical_name: str, of: GenAIEndpointArgs) -> sagemaker.Model:
        return sagemaker.Model(
            logical_name,
            execution_role_arn=role_arn,
            primary_container=primary_container(of, parent),
            enable_network_isolation=_network_isolation(of),
            vpc_config=_vpc_config(of),
            tags=of.get("tags"),
            opts=opts,
        )

    models = {MAIN_VARIANT: make(f"{name}-model", args)}
    for variant_name, variant in variants_beside_main(args).items():
        models[variant_name] = (
            make(f"{name}-{variant_name}-model", _as_variant(args, variant))
            if any(key in variant for key in _OWN_MODEL)
            else models[MAIN_VARIANT]
        )
    return models


def variants_beside_main(args: GenAIEndpointArgs) -> dict[str, VariantArgs]:
    """Return the extra and the shadow variants by name."""
    return {**args.get("extra_variants", {}), **args.get("shadow_variants", {})}


def _as_variant(args: GenAIEndpointArgs, variant: VariantArgs) -> GenAIEndpointArgs:
    own = {key: value for key, value in variant.items() if key in _OWN_MODEL}
    return cast("GenAIEndpointArgs", {**args, **own})


def _network_isolation(args: GenAIEndpointArgs) -> pulumi.Input[bool] | None:
    if args.get("mode", REALTIME) == SERVERLESS:
        return None
    return args.get("network_isolation", True)


def _vpc_config(args: GenAIEndpointArgs) -> sagemaker.ModelVpcConfigArgs | None:
    vpc = args.get("vpc")
    if not vpc:
        return None
    return sagemaker.ModelVpcConfigArgs(
        subnets=vpc["subnet_ids"], security_group_ids=vpc["security_group_ids"]
    )
