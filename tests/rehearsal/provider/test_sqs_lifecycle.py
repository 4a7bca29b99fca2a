"""What the real provider asks of SQS for our resources, in its order.

Read in hashicorp/terraform-provider-aws, internal/service/sqs, November 2026 (the stored version may be older than
the provider in use): queue.go at cda04ab9f781. After each change it asks until the attributes are those it set.
"""

import json
from typing import Any

import pytest

from tests.rehearsal.tenant import REGION, Tenant, allow, document, refusal, unique

GONE = "AWS.SimpleQueueService.NonExistentQueue"
GIVEN = {
    "VisibilityTimeout": "480",
    "MessageRetentionPeriod": "1209600",
    "ReceiveMessageWaitTimeSeconds": "20",
    "DelaySeconds": "1",
    "MaximumMessageSize": "2048",
    "SqsManagedSseEnabled": "true",
}


@pytest.fixture
def sqs(tenant: Tenant) -> Any:
    return tenant.client("sqs")


def attributes(sqs: Any, url: str) -> dict[str, str]:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def test_a_queue_is_created_read_as_given_updated_and_gone(sqs: Any) -> None:
    name = unique("queue")
    tags = {"Project": "genai", "old": "1"}
    url = sqs.create_queue(QueueName=name, Attributes=GIVEN, tags=tags)["QueueUrl"]
    found = attributes(sqs, url)
    assert found.items() >= GIVEN.items()
    assert found["QueueArn"] == f"arn:aws:sqs:{REGION}:123456789012:{name}"
    assert url.rpartition("/")[2] == name
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == tags

    changed = {"VisibilityTimeout": "60", "DelaySeconds": "0"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=changed)
    sqs.untag_queue(QueueUrl=url, TagKeys=["old"])
    sqs.tag_queue(QueueUrl=url, Tags={"new": "2"})
    assert attributes(sqs, url).items() >= {**GIVEN, **changed}.items()
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"Project": "genai", "new": "2"}

    sqs.delete_queue(QueueUrl=url)
    for ask in (sqs.get_queue_attributes, sqs.list_queue_tags, sqs.delete_queue):
        assert refusal(lambda ask=ask: ask(QueueUrl=url))[0] == GONE


@pytest.mark.fact("§7 SQS: a queue's times are whole seconds since the epoch")
def test_times_are_whole_seconds(sqs: Any) -> None:
    url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]

    found = attributes(sqs, url)

    assert found["CreatedTimestamp"].isdigit()
    assert found["LastModifiedTimestamp"].isdigit()


@pytest.mark.fact("§7 SQS: a KMS key takes the place of SQS's own keys")
def test_a_key_of_ones_own_is_read_as_given(sqs: Any) -> None:
    key = {"KmsMasterKeyId": "alias/mine", "KmsDataKeyReusePeriodSeconds": "600"}
    url = sqs.create_queue(QueueName=unique("queue"), Attributes=key)["QueueUrl"]

    assert attributes(sqs, url).items() >= {**key, "SqsManagedSseEnabled": "false"}.items()


def test_policies_are_attributes_of_their_own_that_come_and_go(sqs: Any) -> None:
    """`QueuePolicy`, `RedriveAllowPolicy` and the queue's own `redrivePolicy`."""
    letters_name, name = unique("letters"), unique("queue")
    letters = sqs.create_queue(QueueName=letters_name)["QueueUrl"]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:123456789012"
    policy = document(
        allow("sqs:SendMessage", f"{arn}:{name}", Principal={"Service": "s3.amazonaws.com"})
    )
    redrive = {"deadLetterTargetArn": f"{arn}:{letters_name}", "maxReceiveCount": 5}
    allowed = {"redrivePermission": "byQueue", "sourceQueueArns": [f"{arn}:{name}"]}

    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sqs.set_queue_attributes(
        QueueUrl=letters, Attributes={"RedriveAllowPolicy": json.dumps(allowed)}
    )
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(redrive)})

    found = attributes(sqs, url)
    assert json.loads(found["Policy"]) == json.loads(policy)
    assert json.loads(found["RedrivePolicy"]) == redrive
    assert json.loads(attributes(sqs, letters)["RedriveAllowPolicy"]) == allowed

    for queue, name_of_policy in (
        (url, "RedrivePolicy"),
        (letters, "RedriveAllowPolicy"),
        (url, "Policy"),
    ):
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={name_of_policy: ""})
    assert not {"Policy", "RedrivePolicy"} & attributes(sqs, url).keys()
    assert "RedriveAllowPolicy" not in attributes(sqs, letters)
