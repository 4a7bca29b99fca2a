"""Topics and their policies."""

from rehearsal.deployer.creator import Created, Creator, Inputs, physical_name, tag_list
from rehearsal.deployer.requests import InputError
from rehearsal.local_account import LocalAccount

_ATTRIBUTES = {
    "displayName": "DisplayName",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "deliveryPolicy": "DeliveryPolicy",
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


CREATORS: dict[str, Creator] = {
    "aws:sns/topic:Topic": _topic,
    "aws:sns/topicPolicy:TopicPolicy": _topic_policy,
}
