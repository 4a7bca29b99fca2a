"""The Lambda function: an event with a prompt comes in, the model's text goes out.

To run it by hand, export the variables of `handlers.environment` and AWS credentials; `context`
needs no more than LambdaContext says.
"""

import functools
import os
from typing import TYPE_CHECKING, Protocol

from handlers.aws import clients
from handlers.events.any_event import answer
from handlers.invocation import Deadline, Invocation
from handlers.services import EventServices, Services, services_for

if TYPE_CHECKING:
    from handlers.batch.runner import BatchRunner


class LambdaContext(Protocol):
    """Lambda's context object, as far as it is used."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends this run."""
        ...


def handler(event: object, context: LambdaContext) -> dict[str, object]:
    """Answer one event. What went wrong is in the reply, with its status.

    Raises DeliverAgainError alone: that is how Lambda learns that its event has to come again.
    """
    deadline = Deadline(context.get_remaining_time_in_millis)
    return answer(event, Invocation(context.aws_request_id, deadline), SERVICES)


def for_events(services: Services) -> EventServices:
    """What answers events of every kind, where `services` answers the requests in them."""

    def batch_runner() -> "BatchRunner":
        from handlers.batch.runner import BatchRunner  # noqa: PLC0415 - few functions run any

        return BatchRunner(services.generator)

    return EventServices(
        generator=services.generator,
        results=services.results,
        batch_runner=functools.cache(batch_runner),
        queues=clients.sqs,
    )


# At import, which is Lambda's init: a missing variable fails there, and not with every request.
SERVICES = for_events(services_for(os.environ))
