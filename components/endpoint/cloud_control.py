"""Resources that pulumi-aws does not have, or not whole, through AWS Cloud Control.

Cloud Control takes CloudFormation's properties as JSON text; a changed text becomes an update in place.
Not run on AWS.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_aws import cloudcontrol


def make(
    logical_name: str,
    type_name: str,
    properties: Mapping[str, Any],
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None,
    opts: pulumi.ResourceOptions,
) -> cloudcontrol.Resource:
    """Register a resource of CloudFormation type `type_name`, with `properties` in snake_case."""
    state = {**_pascal_cased(properties), "Tags": _tag_list(tags)}
    return cloudcontrol.Resource(
        logical_name,
        type_name=type_name,
        desired_state=pulumi.Output.json_dumps(state),
        opts=opts,
    )


def _pascal_cased(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            "".join(word.capitalize() for word in key.split("_")): _pascal_cased(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_pascal_cased(item) for item in value]
    return value


def _tag_list(
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None,
) -> pulumi.Output[list[dict[str, Any]]]:
    return pulumi.Output.from_input(tags or {}).apply(
        lambda known: [{"Key": key, "Value": value} for key, value in sorted(known.items())]
    )
