"""What lies in a stack's queues."""

from dataclasses import dataclass

from operations.deployment import Deployment

# Output of the stack -> what the queue is for.
_QUEUES = {
    "inputs_queue_arn": "inputs",
    "dead_letter_queue_url": "dead letters",
    "failed_events_queue_url": "failed events",
}
_ARN_PARTS = 6


@dataclass(frozen=True)
class QueueState:
    """One queue; SQS counts approximately."""

    purpose: str
    waiting: int
    under_way: int
    """Taken, and not answered yet."""

    @property
    def is_trouble(self) -> bool:
        """Whether something lies in it that nobody takes out by itself."""
        return self.purpose != "inputs" and self.waiting + self.under_way > 0


def queue_names_of(deployment: Deployment) -> list[str]:
    """Return the names of the stack's queues."""
    return [
        str(deployment.outputs[output]).replace("/", ":").split(":")[-1]
        for output in _QUEUES
        if output in deployment.outputs
    ]


def look_at_queues(deployment: Deployment) -> list[QueueState]:
    """Return what is in each queue that the stack exports."""
    queues = deployment.client("sqs")
    found: list[QueueState] = []
    for output, purpose in _QUEUES.items():
        if output not in deployment.outputs:
            continue
        url = _url(deployment, deployment.output(output))
        counts = queues.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
        found.append(
            QueueState(
                purpose,
                int(counts["ApproximateNumberOfMessages"]),
                int(counts["ApproximateNumberOfMessagesNotVisible"]),
            )
        )
    return found


def _url(deployment: Deployment, url_or_arn: str) -> str:
    parts = url_or_arn.split(":")
    if parts[0] != "arn" or len(parts) != _ARN_PARTS:
        return url_or_arn
    return deployment.client("sqs").get_queue_url(
        QueueName=parts[5], QueueOwnerAWSAccountId=parts[4]
    )["QueueUrl"]
