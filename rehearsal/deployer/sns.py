"""Topics, their policies and subscriptions."""

import json
from typing import Any

from rehearsal.account import ACCOUNT_ID
from rehearsal.deployer.kind import (
    Created,
    Inputs,
    Kind,
    call,
    physical_name,
    put_again,
    tag_list,
    tags_by,
    unless_gone,
)
from rehearsal.deployer.requests import InputError
from rehearsal.deployer.state import Deployed
from rehearsal.local_account import LocalAccount

_ATTRIBUTES = {
    "displayName": "DisplayName",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "deliveryPolicy": "DeliveryPolicy",
}
# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html, and topic_policy.go of the provider.
_ACTIONS_OF_THE_OWNER = (
    *("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission"),
    *("DeleteTopic", "Subscribe", "ListSubscriptionsByTopic", "Publish", "Receive"),
)
_SUBSCRIPTION_ATTRIBUTES = {
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
}


def _topic(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    topic_name = physical_name(name, inputs)
    unknown = inputs.keys() - _ATTRIBUTES.keys() - {"name", "tags"}
    if unknown:
        raise InputError(f"the rehearsal does not set {', '.join(sorted(unknown))} of a topic")
    arn = account.client("sns").create_topic(
        Name=topic_name,
        Attributes={_ATTRIBUTES[key]: inputs[key] for key in _ATTRIBUTES if key in inputs},
        Tags=tag_list(inputs),
    )["TopicArn"]
    return Created(arn, {"name": topic_name, "arn": arn})


def _topic_policy(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    account.client("sns").set_topic_attributes(
        TopicArn=inputs["arn"], AttributeName="Policy", AttributeValue=inputs["policy"]
    )
    return Created(inputs["arn"], {})


def _topic_subscription(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    plain = {"topic": "TopicArn", "protocol": "Protocol", "endpoint": "Endpoint"}
    unknown = inputs.keys() - plain.keys() - _SUBSCRIPTION_ATTRIBUTES.keys()
    if unknown:
        raise InputError(
            f"the rehearsal does not set {', '.join(sorted(unknown))} of a subscription"
        )
    members = {member: inputs[key] for key, member in plain.items()}
    arn = account.client("sns").subscribe(
        **members, Attributes=_subscription_attributes(inputs), ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    return Created(arn, {"arn": arn})


def _subscription_attributes(inputs: Inputs) -> dict[str, str]:
    return {
        _SUBSCRIPTION_ATTRIBUTES[key]: str(inputs[key]).lower()
        if isinstance(inputs[key], bool)
        else inputs[key]
        for key in _SUBSCRIPTION_ATTRIBUTES
        if key in inputs
    }


def _update_topic(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
    for key, attribute in _ATTRIBUTES.items():
        if inputs.get(key) != was.inputs.get(key):
            account.client("sns").set_topic_attributes(
                TopicArn=was.id, AttributeName=attribute, AttributeValue=inputs.get(key, "")
            )
    return was.outputs


def _update_subscription(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
    for attribute, value in _subscription_attributes(inputs).items():
        account.client("sns").set_subscription_attributes(
            SubscriptionArn=was.id, AttributeName=attribute, AttributeValue=value
        )
    return was.outputs


def _forget_policy(account: LocalAccount, policy: Deployed) -> None:
    """A topic always has a policy: without one of its own, that its account may do everything with it."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in _ACTIONS_OF_THE_OWNER],
        "Resource": policy.id,
        "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT_ID}},
    }
    document = json.dumps({"Version": "2008-10-17", "Statement": [statement]})
    unless_gone(
        lambda: account.client("sns").set_topic_attributes(
            TopicArn=policy.id, AttributeName="Policy", AttributeValue=document
        )
    )


KINDS = {
    "aws:sns/topic:Topic": Kind(
        create=_topic,
        update=_update_topic,
        delete=call("sns", "delete_topic", TopicArn="id"),
        tag=tags_by("sns", "ResourceArn"),
    ),
    "aws:sns/topicSubscription:TopicSubscription": Kind(
        create=_topic_subscription,
        update=_update_subscription,
        delete=call("sns", "unsubscribe", SubscriptionArn="id"),
    ),
    "aws:sns/topicPolicy:TopicPolicy": Kind(
        create=_topic_policy, update=put_again(_topic_policy), delete=_forget_policy
    ),
}
