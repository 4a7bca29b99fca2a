"""Topics, their policies and subscriptions."""

from rehearsal.deployer.creator import Created, Creator, Inputs, physical_name, tag_list
from rehearsal.deployer.requests import InputError
from rehearsal.local_account import LocalAccount

_ATTRIBUTES = {
    "displayName": "DisplayName",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "deliveryPolicy": "DeliveryPolicy",
}
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
    attributes = {
        _SUBSCRIPTION_ATTRIBUTES[key]: str(inputs[key]).lower()
        if isinstance(inputs[key], bool)
        else inputs[key]
        for key in _SUBSCRIPTION_ATTRIBUTES
        if key in inputs
    }
    members = {member: inputs[key] for key, member in plain.items()}
    arn = account.client("sns").subscribe(
        **members, Attributes=attributes, ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    return Created(arn, {"arn": arn})


CREATORS: dict[str, Creator] = {
    "aws:sns/topic:Topic": _topic,
    "aws:sns/topicSubscription:TopicSubscription": _topic_subscription,
    "aws:sns/topicPolicy:TopicPolicy": _topic_policy,
}
