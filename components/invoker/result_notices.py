"""How the function hears that an asynchronous endpoint has answered: from the endpoint's topics."""

from collections.abc import Mapping

import pulumi
from pulumi_aws import lambda_, sns

from components.invoker.entrance import Entrance


def subscribe(
    name: str,
    entrance: Entrance,
    topic_arns: Mapping[str, pulumi.Input[str]],
    parent: pulumi.Resource,
) -> None:
    """Have each topic call the function; `topic_arns` by what the topic tells of.

    The permission carries the topic's ARN, which names the account. Whether SNS also sends the account by itself, as a
    condition on it would need, AWS does not say.
    """
    for told, topic_arn in topic_arns.items():
        permission = lambda_.Permission(
            f"{name}-{told}-permission",
            action="lambda:InvokeFunction",
            function=entrance.function_name,
            qualifier=entrance.qualifier,
            principal="sns.amazonaws.com",
            source_arn=topic_arn,
            opts=pulumi.ResourceOptions(parent=parent),
        )
        sns.TopicSubscription(
            f"{name}-{told}-subscription",
            topic=topic_arn,
            protocol="lambda",
            endpoint=entrance.arn,
            opts=pulumi.ResourceOptions(parent=parent, depends_on=[permission]),
        )
