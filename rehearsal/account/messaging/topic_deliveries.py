"""What topics deliver: to queues that let them, to functions, which moto would run in Docker, and to URLs of this machine.

Nothing is sent anywhere else: mail is not, and a subscriber's URL out in the world is never asked for.
"""

import ipaddress
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from moto.sns.models import Subscription

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.iam.authorization import Call
from rehearsal.account.iam.resource_policies import lets_service

_SERVICE = "sns.amazonaws.com"
_OVER_HTTP = ("http", "https")
_ACTIONS = {"sqs": "sqs:SendMessage", "lambda": "lambda:InvokeFunction"}
AcceptEvent = Callable[[str, dict[str, Any]], None]
"""`(function's ARN, event)`: takes an asynchronous invocation."""

_deliver = Subscription.publish


def deliver_from_topics(accept_event: AcceptEvent) -> None:
    """Replace moto's own deliveries, for the whole process."""

    def publish(
        self: Subscription,
        message: str,
        message_id: str,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        *rest: Any,
        **more: Any,
    ) -> None:
        action = _ACTIONS.get(self.protocol)
        context = {
            "aws:SourceArn": self.topic.arn,
            "aws:SourceAccount": ACCOUNT_ID,
            "aws:SecureTransport": "true",
        }
        if action and not lets_service(_SERVICE, Call(action, self.endpoint, context)):
            return  # SNS retries, then drops what a subscriber does not take
        if self.protocol in _OVER_HTTP and not is_on_this_machine(self.endpoint):
            return
        if self.protocol == "lambda":
            accept_event(
                self.endpoint, _event(self, message, message_id, subject, message_attributes)
            )
        else:
            _deliver(self, message, message_id, subject, message_attributes, *rest, **more)

    Subscription.publish = publish


def is_on_this_machine(url: str) -> bool:
    """Whether a URL leads to a loopback address, given as one: a name may lead anywhere."""
    try:
        return ipaddress.ip_address(urlsplit(url).hostname or "").is_loopback
    except ValueError:
        return False


def _event(
    subscription: Subscription,
    message: str,
    message_id: str,
    subject: str | None,
    message_attributes: dict[str, Any] | None,
) -> dict[str, Any]:
    # https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html, read in November 2026.
    envelope = subscription.get_post_data(message, message_id, subject)
    envelope["SigningCertUrl"] = envelope.pop("SigningCertURL")
    envelope["UnsubscribeUrl"] = envelope.pop("UnsubscribeURL")
    envelope["Subject"] = subject
    envelope["MessageAttributes"] = message_attributes or {}
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription.arn,
        "Sns": envelope,
    }
    return {"Records": [record]}
