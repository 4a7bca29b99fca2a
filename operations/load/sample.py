"""What came of one request under load."""

from dataclasses import dataclass

from operations.asking import ACCEPTED, Reply, is_failed


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One request; its times are in seconds, and its moments count from the beginning of the load."""

    due_at: float
    """When it should have been sent."""
    sent_at: float
    ended_at: float
    first_text_at: float | None = None
    """When the first piece of a stream came."""
    error: str = ""
    """Why there is no text; empty if there is one."""
    tokens: int | None = None
    """How many the container says it generated."""

    @property
    def latency(self) -> float:
        """How long its caller waited, from the moment when it was due.

        Counted from its sending, a pause of the stack would be seen by the few requests that were under way, and not
        by all that could not be sent ("coordinated omission").
        """
        return self.ended_at - self.due_at

    @property
    def first_text(self) -> float | None:
        """How long its caller waited for the first piece of the text."""
        return None if self.first_text_at is None else self.first_text_at - self.due_at

    @property
    def late(self) -> float:
        """How long after its moment it was sent."""
        return self.sent_at - self.due_at


def error_of(reply: Reply) -> str:
    """Return why a reply is no text; empty if it is one."""
    if is_failed(reply):
        return str(reply.get("error", {}).get("type", "unknown"))
    if reply.get("status") == ACCEPTED:
        return f"answered later: {reply.get('state')}"
    return ""


def tokens_of(reply: Reply) -> int | None:
    """Return how many tokens were generated, as the container counted them."""
    return (reply.get("usage") or {}).get("completion_tokens")
