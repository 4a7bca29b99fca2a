"""The function's URL, for callers who sign their requests."""

from typing import NamedTuple

import pulumi
import pulumi_aws as aws
from pulumi_aws import lambda_

from components.invoker.args import InvokerFunctionArgs
from components.invoker.entrance import Entrance, make_entrance
from components.invoker.function import make_streaming_function
from components.invoker.place import Place

AUTHORIZATION_TYPE = "AWS_IAM"


class WayOverUrl(NamedTuple):
    """A URL, and the function that was made for it."""

    url: pulumi.Output[str] | None = None
    streaming_function_name: pulumi.Output[str] | None = None


def make_url(name: str, args: InvokerFunctionArgs, entrance: Entrance, place: Place) -> WayOverUrl:
    """Register a URL if there is to be one; where it streams, with the function that it leads to."""
    if not args.get("function_url"):
        return WayOverUrl()
    if not args.get("streaming"):
        return WayOverUrl(_make(name, entrance, "BUFFERED", place.parent))
    streaming = make_streaming_function(name, args, place)
    at_alias = make_entrance(f"{name}-streaming-alias", args, streaming, place.parent)
    return WayOverUrl(_make(name, at_alias, "RESPONSE_STREAM", place.parent), streaming.name)


def _make(
    name: str, entrance: Entrance, invoke_mode: str, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """Take requests signed by principals of this account, whose policies allow both actions.

    URLs made since October 2025 need two permissions: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html.
    """
    child = pulumi.ResourceOptions(parent=parent)
    within = pulumi.InvokeOutputOptions(parent=parent)
    # As Lambda keeps it: of a bare account number the provider would say after each refresh that it has changed, and
    # make the permission anew. https://github.com/hashicorp/terraform-provider-aws/issues/30722 (read 2026-11-25).
    account = pulumi.Output.format(
        "arn:{}:iam::{}:root",
        aws.get_partition_output(opts=within).partition,
        aws.get_caller_identity_output(opts=within).account_id,
    )
    url = lambda_.FunctionUrl(
        f"{name}-url",
        function_name=entrance.function_name,
        qualifier=entrance.qualifier,
        authorization_type=AUTHORIZATION_TYPE,
        invoke_mode=invoke_mode,
        opts=child,
    )
    lambda_.Permission(
        f"{name}-url-permission",
        action="lambda:InvokeFunctionUrl",
        function=entrance.function_name,
        qualifier=entrance.qualifier,
        principal=account,
        function_url_auth_type=AUTHORIZATION_TYPE,
        opts=child,
    )
    lambda_.Permission(
        f"{name}-url-invoke-permission",
        action="lambda:InvokeFunction",
        function=entrance.function_name,
        qualifier=entrance.qualifier,
        principal=account,
        invoked_via_function_url=True,
        opts=child,
    )
    return url.function_url
