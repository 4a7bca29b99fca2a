"""What SQS tells CloudWatch of the state of its queues, asked with each publication.

Names and units: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/
sqs-available-cloudwatch-metrics.html. A queue is told of while it holds messages, and for six hours after.
"""

import time
from collections.abc import Iterator

from moto.sqs.models import Message, Queue, sqs_backends

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.cloudwatch.metrics import Observation, Unit
from rehearsal.account.pace import shortened

_NAMESPACE = "AWS/SQS"
_ACTIVE_SECONDS = 6 * 60 * 60


class QueueGauges:
    """The gauges of all queues."""

    def __init__(self) -> None:
        self._last_held: dict[str, float] = {}  # by ARN

    def observations(self) -> Iterator[Observation]:
        """Yield what is so now."""
        now, there = time.monotonic(), set[str]()
        for region, backend in list(sqs_backends[ACCOUNT_ID].items()):
            for queue in list(backend.queues.values()):
                arn: str = queue.queue_arn
                there.add(arn)
                messages = list[Message](queue._messages)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - moto shows the visible ones only
                if messages:
                    self._last_held[arn] = now
                if now - self._last_held.get(arn, float("-inf")) < shortened(_ACTIVE_SECONDS):
                    yield from _of_queue(region, queue, messages)
        for gone in self._last_held.keys() - there:
            del self._last_held[gone]


def _of_queue(region: str, queue: Queue, messages: list[Message]) -> Iterator[Observation]:
    delayed = sum(message.delayed for message in messages)
    visible = sum(message.visible and not message.delayed for message in messages)
    oldest = min((float(message.sent_timestamp or 0) / 1000 for message in messages), default=None)
    age = 0.0 if oldest is None else max(0.0, time.time() - oldest)
    gauges: tuple[tuple[str, float, Unit], ...] = (
        ("ApproximateNumberOfMessagesVisible", visible, "Count"),
        ("ApproximateNumberOfMessagesNotVisible", len(messages) - visible - delayed, "Count"),
        ("ApproximateNumberOfMessagesDelayed", delayed, "Count"),
        ("ApproximateAgeOfOldestMessage", age, "Seconds"),
    )
    for name, value, unit in gauges:
        yield Observation(region, _NAMESPACE, name, {"QueueName": queue.name}, value, unit)
