"""What the real provider asks of SNS for our resources, in its order.

Read in hashicorp/terraform-provider-aws, internal/service/sns, November 2026: topic.go at 00a35305dc1b.
"""

import json
from typing import Any

import pytest

from tests.rehearsal.queues import Queue
from tests.rehearsal.tenant import Tenant, allow, document, refusal, unique

GONE = "NotFound"


@pytest.fixture
def sns(tenant: Tenant) -> Any:
    return tenant.client("sns")


def attributes(sns: Any, arn: str) -> dict[str, str]:
    return sns.get_topic_attributes(TopicArn=arn)["Attributes"]


def tags(sns: Any, arn: str) -> dict[str, str]:
    found = sns.list_tags_for_resource(ResourceArn=arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_a_topic_is_created_read_as_given_updated_and_gone(sns: Any) -> None:
    given = [{"Key": "Project", "Value": "genai"}, {"Key": "old", "Value": "1"}]
    arn = sns.create_topic(Name=unique("topic"), Tags=given)["TopicArn"]
    for name, value in {"KmsMasterKeyId": "alias/mine", "DisplayName": "told"}.items():
        sns.set_topic_attributes(TopicArn=arn, AttributeName=name, AttributeValue=value)
    found = attributes(sns, arn)
    assert (found["TopicArn"], found["Owner"]) == (arn, "123456789012")
    assert (found["KmsMasterKeyId"], found["DisplayName"]) == ("alias/mine", "told")
    assert tags(sns, arn) == {"Project": "genai", "old": "1"}

    sns.set_topic_attributes(TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue="")
    sns.untag_resource(ResourceArn=arn, TagKeys=["old"])
    sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "new", "Value": "2"}])
    assert not attributes(sns, arn).get("KmsMasterKeyId")
    assert tags(sns, arn) == {"Project": "genai", "new": "2"}

    sns.delete_topic(TopicArn=arn)
    assert refusal(lambda: attributes(sns, arn))[0] == GONE
    sns.delete_topic(TopicArn=arn)  # of SNS, no error


def test_the_policy_of_a_topic_is_put_read_as_given_and_replaced_by_the_default(sns: Any) -> None:
    """Deleting a `TopicPolicy` sets the policy that a topic has at first."""
    arn = sns.create_topic(Name=unique("topic"))["TopicArn"]
    at_first = attributes(sns, arn)["Policy"]
    policy = document(allow("sns:Publish", arn, Principal={"Service": "sagemaker.amazonaws.com"}))

    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    assert json.loads(attributes(sns, arn)["Policy"]) == json.loads(policy)

    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=at_first)
    assert json.loads(attributes(sns, arn)["Policy"]) == json.loads(at_first)
    (statement,) = json.loads(at_first)["Statement"]
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": "123456789012"}}


def test_a_subscription_is_made_read_as_given_updated_and_gone(sns: Any, tenant: Tenant) -> None:
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    queue = Queue(tenant).arn
    arn = sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue,
        Attributes={"RawMessageDelivery": "true"},
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]

    def read() -> dict[str, str]:
        return sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]

    given = {
        "TopicArn": topic,
        "Protocol": "sqs",
        "Endpoint": queue,
        "RawMessageDelivery": "true",
        "PendingConfirmation": "false",
        "ConfirmationWasAuthenticated": "true",
        "Owner": "123456789012",
        "SubscriptionArn": arn,
    }
    assert read() == given

    only = json.dumps({"state": ["done"]})
    sns.set_subscription_attributes(
        SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue=only
    )
    assert json.loads(read()["FilterPolicy"]) == json.loads(only)

    sns.unsubscribe(SubscriptionArn=arn)
    assert refusal(read)[0] == GONE
