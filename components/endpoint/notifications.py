"""Topics that are told when an asynchronous request has ended."""

from typing import NamedTuple

import pulumi
from pulumi_aws import sns

from components import iam
from components.endpoint.args import GenAIEndpointArgs
from components.endpoint.feature_args import AsyncArgs
from components.modes import ASYNC, REALTIME

# SageMaker publishes with the execution role, and this key's policy lets every principal of the account
# use it through SNS. An AWS service that publishes as itself, such as a CloudWatch alarm, could not.
# Not run on AWS.
TOPIC_KEY = "alias/aws/sns"


class Topics(NamedTuple):
    """ARNs of the topics; None where nobody wants to be told."""

    success: pulumi.Input[str] | None = None
    error: pulumi.Input[str] | None = None

    def arns(self) -> list[pulumi.Input[str]]:
        """Return those there are."""
        return [arn for arn in (self.success, self.error) if arn is not None]


def make_topics(name: str, args: GenAIEndpointArgs, parent: pulumi.Resource) -> Topics:
    """Take the topics that are given, and register those that are wanted and not given; none unless async."""
    if args.get("mode", REALTIME) != ASYNC:
        return Topics()
    asynchronous = args.get("asynchronous") or AsyncArgs()
    success, error = asynchronous.get("success_topic_arn"), asynchronous.get("error_topic_arn")
    if not asynchronous.get("notify", False):
        return Topics(success, error)

    def make(event: str) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=parent)
        topic = sns.Topic(
            f"{name}-{event}",
            kms_master_key_id=TOPIC_KEY,
            tags=args.get("tags"),
            opts=child,
        )
        # In place of the policy that SNS gives a topic. The execution role may publish by its own.
        policy = topic.arn.apply(lambda arn: iam.document(iam.tls_only_topic(arn)))
        sns.TopicPolicy(
            f"{name}-{event}-policy",
            arn=topic.arn,
            policy=pulumi.Output.json_dumps(policy),
            opts=child,
        )
        return topic.arn

    return Topics(
        make("success") if success is None else success, make("error") if error is None else error
    )
