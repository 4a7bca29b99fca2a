"""A function's reply while it is still coming."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from rehearsal.account.functions.runtime_api import Outcome


@dataclass(frozen=True)
class ReplyHead:
    """What comes before a reply's body."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)


@dataclass
class FunctionStream:
    """A head and the pieces of a body; no head if there is no reply."""

    head: ReplyHead | None
    chunks: Iterator[bytes]
    failure: Outcome | None = None
    """Why there is no head, or no more pieces; known once the pieces are at their end."""
    milliseconds: float = 0.0
    """How long it took; known once it is over."""
