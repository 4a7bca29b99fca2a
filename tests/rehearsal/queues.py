"""Queues and the functions that are asked for each batch of theirs."""

import json
from typing import Any

from tests.rehearsal.tenant import (
    WRITE_LOGS,
    Statement,
    Tenant,
    allow,
    document,
    poll,
    trust,
    unique,
)

TAKE_MESSAGES = allow(
    ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], "arn:aws:sqs:*:*:*"
)


class Queue:
    """A queue with a name of its own, and its dead letters if it has any."""

    def __init__(self, tenant: Tenant, max_receives: int | None = None, **attributes: str) -> None:
        self._sqs = tenant.client("sqs")
        self.dead_letters = Queue(tenant) if max_receives else None
        if self.dead_letters:
            redrive = {
                "deadLetterTargetArn": self.dead_letters.arn,
                "maxReceiveCount": max_receives,
            }
            attributes["RedrivePolicy"] = json.dumps(redrive)
        name = unique("queue")
        self._sqs.create_queue(QueueName=name, Attributes=attributes)
        self._is_called(tenant, name)

    @classmethod
    def known(cls, tenant: Tenant, name: str) -> "Queue":
        """A queue that is there already."""
        queue = cls.__new__(cls)
        queue._sqs, queue.dead_letters = tenant.client("sqs"), None
        queue._is_called(tenant, name)
        return queue

    def _is_called(self, tenant: Tenant, name: str) -> None:
        self.name = name
        self.url = f"{tenant.url}/123456789012/{name}"
        self.arn = f"arn:aws:sqs:{tenant.region}:123456789012:{name}"

    def send(self, *bodies: str, **more: Any) -> list[str]:
        """Send a message of each text, and return their ids."""
        return [
            self._sqs.send_message(QueueUrl=self.url, MessageBody=body, **more)["MessageId"]
            for body in bodies
        ]

    def count(self) -> int:
        """How many messages it holds, whether somebody has them at the moment or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return sum(int(value) for value in found["Attributes"].values())

    def let(self, service: str, *source_arns: str) -> None:
        """Let a service of AWS send on behalf of these resources, and nobody else."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
            "Condition": {
                "ArnEquals": {"aws:SourceArn": source_arns},
                "StringEquals": {"aws:SourceAccount": "123456789012"},
            },
        }
        self._sqs.set_queue_attributes(
            QueueUrl=self.url, Attributes={"Policy": document(statement)}
        )

    def is_empty(self) -> bool:
        return self.count() == 0

    def empty(self) -> None:
        """Take off everything that nobody has at the moment."""
        while messages := self.receive():
            for message in messages:
                self.delete(message)

    def delete(self, message: dict[str, Any]) -> None:
        self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def receive(self, most: int = 10) -> list[dict[str, Any]]:
        """Take what is there at the moment."""
        found = self._sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=most, MessageSystemAttributeNames=["All"]
        )
        return found.get("Messages", [])

    def wait_for_message(self) -> dict[str, Any]:
        """Wait for one message and take it off the queue."""
        message = poll(lambda: self.receive(1), f"a message in {self.name}")[0]
        self.delete(message)
        return message


def taking_role(tenant: Tenant, *statements: Statement) -> str:
    """A role for a function that takes messages."""
    return tenant.role(trust("lambda"), WRITE_LOGS, TAKE_MESSAGES, *statements)


def mapped(tenant: Tenant, queue: Queue, function: str, **members: Any) -> str:
    """Map a queue to a function and return the mapping's id."""
    made = tenant.client("lambda").create_event_source_mapping(
        EventSourceArn=queue.arn, FunctionName=function, **members
    )
    return made["UUID"]
