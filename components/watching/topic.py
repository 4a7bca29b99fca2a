"""The topic that alarms tell, and who hears of it."""

import hashlib
import re
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws
from pulumi_aws import sns

from components import iam
from components.watching.args import ObservabilityArgs

# SNS sends JSON by mail with email-json; people read the text.
PROTOCOLS: Mapping[str, re.Pattern[str]] = {
    "email": re.compile(r"[^@\s:/]+@[^@\s]+"),
    "https": re.compile(r"https://\S+"),
    "sqs": re.compile(r"arn:[a-z-]+:sqs:\S+"),
    "lambda": re.compile(r"arn:[a-z-]+:lambda:\S+"),
}


def protocol_of(subscriber: str) -> str | None:
    """Return how SNS reaches a subscriber, by the form of its address; None for no known form."""
    return next((name for name, form in PROTOCOLS.items() if form.fullmatch(subscriber)), None)


def make_topic(name: str, args: ObservabilityArgs, parent: pulumi.Resource) -> pulumi.Output[str]:
    """Register the topic with its policy and subscriptions, unless one is given; return its ARN.

    Without a key of its owner's the topic is not encrypted at rest: alarms cannot publish to one under SNS's own key
    (https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns, read 2026-11-25).
    """
    given = args.get("topic_arn")
    if given is not None:
        return pulumi.Output.from_input(given)
    child = pulumi.ResourceOptions(parent=parent)
    topic = sns.Topic(
        f"{name}-alarms",
        display_name=pulumi.Output.concat(args["endpoint"]["endpoint_name"], " alarms"),
        kms_master_key_id=args.get("topic_kms_key_arn"),
        tags=args.get("tags"),
        opts=child,
    )
    policy = sns.TopicPolicy(
        f"{name}-alarms-policy", arn=topic.arn, policy=_policy(args, topic.arn, parent), opts=child
    )
    for subscriber in args.get("subscribers", ()):
        # By its address, so that a list in another order changes nothing.
        digest = hashlib.sha256(subscriber.encode()).hexdigest()[:8]
        sns.TopicSubscription(
            f"{name}-alarms-{digest}",
            topic=topic.arn,
            protocol=protocol_of(subscriber) or "",
            endpoint=subscriber,
            opts=child,
        )
    # Whoever is given the ARN comes after the policy: the first alarm may go off at once.
    return pulumi.Output.all(topic.arn, policy.id).apply(lambda known: known[0])


def _policy(
    args: ObservabilityArgs, topic_arn: pulumi.Output[str], parent: pulumi.Resource
) -> pulumi.Output[str]:
    within = pulumi.InvokeOutputOptions(parent=parent)
    account_id = aws.get_caller_identity_output(opts=within).account_id
    alarm_arns = pulumi.Output.format(
        "arn:{}:cloudwatch:{}:{}:alarm:{}-*",
        aws.get_partition_output(opts=within).partition,
        aws.get_region_output(opts=within).region,
        account_id,
        args["endpoint"]["endpoint_name"],
    )
    return pulumi.Output.json_dumps(
        pulumi.Output.all(topic_arn, alarm_arns, account_id).apply(
            lambda known: iam.document(iam.let_alarms_publish(*known), iam.tls_only_topic(known[0]))
        )
    )
