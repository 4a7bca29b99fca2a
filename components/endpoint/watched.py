"""What whoever watches an endpoint has to know of it."""

import pulumi

from catalog.errors import CatalogError
from catalog.instances import lookup_instance
from components.endpoint.args import GenAIEndpointArgs
from components.endpoint.inference_component import component_name
from components.modes import MAIN_VARIANT, REALTIME, SCALE_TO_ZERO
from components.watching.args import WatchedEndpointArgs


def watched_endpoint(
    args: GenAIEndpointArgs, log_group_name: pulumi.Input[str]
) -> WatchedEndpointArgs:
    """Describe the endpoint by its arguments, which are known before it is, as rollback alarms do."""
    mode = args.get("mode", REALTIME)
    types = {MAIN_VARIANT: args.get("instance_type")} | {
        name: variant.get("instance_type", args.get("instance_type"))
        for name, variant in args.get("extra_variants", {}).items()
    }
    return {
        "endpoint_name": args["endpoint_name"],
        "enabled": args.get("enabled", True),
        "mode": mode,
        "inference_component_name": component_name(args) if mode == SCALE_TO_ZERO else None,
        "gpus_by_variant": {variant: _gpus(type_) for variant, type_ in types.items()},
        "log_group_name": log_group_name,
    }


def _gpus(instance_type: pulumi.Input[str] | None) -> int:
    if not isinstance(instance_type, str):  # an output, whose value decides no resource
        return 0
    try:
        accelerators = lookup_instance(instance_type).accelerators
    except CatalogError:
        return 0
    return accelerators.count if accelerators and accelerators.are_nvidia_gpus else 0
