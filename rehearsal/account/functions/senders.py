"""Send what became of an event to a queue, a topic or a function, as the function's role may."""

from collections.abc import Mapping

from rehearsal.account.clients import client
from rehearsal.account.functions.function_lookup import Target
from rehearsal.account.iam.principals import assume_for_service

SENDING = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction"}
"""The action that a function's role needs, by the service of a destination."""


def operation_of(service: str) -> str:
    """Return the operation that sends to a destination of this service."""
    return SENDING[service].partition(":")[2]


def send(
    destination: str,
    message: str,
    target: Target,
    url: str,
    attributes: Mapping[str, tuple[str, str]] | None = None,
) -> None:
    """Send one message; `attributes` are its types and values by name, for a queue or a topic.

    Raises:
        AwsError, ClientError, BotoCoreError: it did not get there.
    """
    credentials = assume_for_service(target.function.role, "lambda.amazonaws.com", target.arn)
    _, _, service, region, account, name = destination.split(":", 5)
    sender = client(service, url, region, credentials)
    told = {
        key: {"DataType": kind, "StringValue": value}
        for key, (kind, value) in (attributes or {}).items()
    }
    if service == "sqs":
        queue_url = f"{url}/{account}/{name}"
        sender.send_message(QueueUrl=queue_url, MessageBody=message, MessageAttributes=told)
    elif service == "sns":
        sender.publish(TopicArn=destination, Message=message, MessageAttributes=told)
    else:
        sender.invoke(FunctionName=destination, InvocationType="Event", Payload=message)
