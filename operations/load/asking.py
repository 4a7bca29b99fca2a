"""How a load asks a deployed stack: directly, or its URL for streams."""

from collections.abc import Callable

from operations.asking import Event, Reply, ask_function, failure_as_reply
from operations.deployment import Deployment
from operations.errors import OperationError
from operations.load.run import AskTimed
from operations.streaming import StreamingUrl


def asking(deployment: Deployment, *, is_streamed: bool) -> AskTimed:
    """Return what asks the stack once, and never raises.

    Raises:
        OperationError: a stream is wanted, and the stack has no URL that streams.
    """
    url = StreamingUrl(deployment) if is_streamed else None

    def ask(event: Event, on_first_text: Callable[[], None]) -> Reply:
        waiting = [on_first_text]

        def on_text(_: str) -> None:
            if waiting:
                waiting.pop()()

        try:
            return url.ask(event, on_text) if url else ask_function(deployment, event)
        except OperationError as failure:
            return failure_as_reply(failure)

    return ask
