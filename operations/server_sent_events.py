"""Server-sent events, as they arrive: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

DEFAULT_NAME = "message"


class SentEvent(NamedTuple):
    """One event."""

    name: str
    data: str


def read_events(pieces: Iterable[bytes]) -> Iterator[SentEvent]:
    """Yield each event once it is whole; `pieces` may be cut anywhere, inside a character too.

    What comes after the last blank line is no whole event, and is dropped as the standard says.
    """
    name, data = DEFAULT_NAME, list[str]()
    for line in _lines(pieces):
        if not line:
            if data:
                yield SentEvent(name, "\n".join(data))
            name, data = DEFAULT_NAME, []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode(errors="replace")
