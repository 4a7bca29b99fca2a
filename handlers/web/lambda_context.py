"""What the adapter tells of an invocation in a header, in place of Lambda's context object."""

import time
import uuid
from dataclasses import dataclass

from handlers.json_values import is_whole_number, object_in

CONTEXT_HEADER = "x-amzn-lambda-context"
_MILLISECONDS_WITHOUT_ADAPTER = 60_000
"""How long a request may take that comes from no adapter: on a developer's machine."""


@dataclass(frozen=True)
class WebContext:
    """One invocation, like Lambda's context object as far as it is used."""

    aws_request_id: str
    deadline_milliseconds: float
    """Since 1970."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends this run."""
        return max(0, int(self.deadline_milliseconds - time.time() * 1000))


def context_from(header: str | None) -> WebContext:
    """The invocation in the adapter's header; a made-up one without."""
    told = object_in(header)
    request_id, deadline = told.get("request_id"), told.get("deadline")
    return WebContext(
        request_id if isinstance(request_id, str) and request_id else str(uuid.uuid4()),
        deadline
        if is_whole_number(deadline)
        else time.time() * 1000 + _MILLISECONDS_WITHOUT_ADAPTER,
    )
