"""Where callers reach a function: at its alias, or at the function itself where there is none."""

from typing import NamedTuple

import pulumi
from pulumi_aws import lambda_

from components.invoker.args import InvokerFunctionArgs

ALIAS_NAME = "live"


class Entrance(NamedTuple):
    """A function as callers name it."""

    function_name: pulumi.Output[str]
    qualifier: pulumi.Output[str] | None
    arn: pulumi.Output[str]
    invoke_arn: pulumi.Output[str]


def make_entrance(
    alias_resource_name: str,
    args: InvokerFunctionArgs,
    function: lambda_.Function,
    parent: pulumi.Resource,
) -> Entrance:
    """Register the alias if there is to be one.

    A share of the calls may still go to a version from before: `previous_version` takes `previous_percent`.
    """
    if args.get("alias") is None:
        return Entrance(function.name, None, function.arn, function.invoke_arn)
    alias = lambda_.Alias(
        alias_resource_name,
        # Callers name it, so it is fixed.
        name=ALIAS_NAME,
        description="The version that callers reach",
        function_name=function.name,
        function_version=function.version,
        routing_config=_routing(args),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return Entrance(function.name, alias.name, alias.arn, alias.invoke_arn)


def _routing(args: InvokerFunctionArgs) -> lambda_.AliasRoutingConfigArgsDict | None:
    alias = args.get("alias") or {}
    previous, percent = alias.get("previous_version"), alias.get("previous_percent")
    if previous is None or percent is None:
        return None
    return {"additional_version_weights": {previous: percent / 100}}
