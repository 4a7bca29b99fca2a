"""SQS: the one call that the function makes itself (moto, and its faults on the wire)."""

from typing import Any

import boto3
import pytest

from handlers.aws.clients import sqs
from handlers.aws.errors import AwsError, ReadTimedOutError
from tests.handlers.wire_endpoint import WireEndpoint

QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:inputs"


@pytest.fixture
def queue(bucket: Any, moto_url: str) -> Any:
    """moto's SQS with a message in a queue; a client to look into it."""
    assert bucket
    client: Any = boto3.client("sqs", region_name="us-east-1", endpoint_url=moto_url)
    url = client.create_queue(QueueName="inputs")["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="body")
    return client


def received(queue: Any) -> list[Any]:
    return queue.receive_message(QueueUrl="inputs").get("Messages", [])


def test_a_message_that_was_received_comes_back_when_it_is_told(queue: Any) -> None:
    (message,) = received(queue)
    assert received(queue) == []

    sqs().change_visibility(QUEUE_ARN, message["ReceiptHandle"], 0, seconds=5)

    assert [again["Body"] for again in received(queue)] == ["body"]
    queue.close()


def test_a_queue_that_does_not_exist_is_said_so(queue: Any) -> None:
    with pytest.raises(AwsError) as caught:
        sqs().change_visibility(f"{QUEUE_ARN}-2", "handle", 0, seconds=5)

    assert caught.value.code == "QueueDoesNotExist"
    queue.close()


def test_silence_ends_with_the_time_that_was_given(wire: WireEndpoint) -> None:
    wire.stays_silent()

    with pytest.raises(ReadTimedOutError):
        sqs().change_visibility(QUEUE_ARN, "handle", 0, seconds=0.1)

    assert len(wire.requests) == 1
