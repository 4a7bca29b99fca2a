"""What is done of an unfinished batch, in parts that are joined to its result.

Each part holds a range of lines, and its name says which. A part that has pending lines is never changed.
When they are asked again, smaller parts are laid over it: whatever ends a run, and between whichever two
calls, what the parts say together holds.
"""

import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

from handlers.batch.entries import Entry, read_entry
from handlers.batch.input_file import read_lines
from handlers.batch.objects import Objects
from handlers.errors import NotFoundError, StorageUnavailableError

_GIVEN_UP = "given-up"
_SETTLED = "settled"
_NAME = re.compile(r"(\d+)-(\d+)\.lines-(\d+)\.failed-(\d+)\.pending-(\d+)\.jsonl")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A range of the input's lines, and how many in it are what."""

    first: int
    last: int
    lines: int
    """Without blank ones."""
    failed: int
    """Finally, or pending with an error."""
    pending: int
    """To be asked, or asked again: those without an entry and those with one that says so."""

    @property
    def name(self) -> str:
        """Sorts as the lines do."""
        return (
            f"{self.first:09}-{self.last:09}.lines-{self.lines}.failed-{self.failed}"
            f".pending-{self.pending}.jsonl"
        )

    @classmethod
    def named(cls, name: str) -> "Part | None":
        """The part of a name, or None when it is no part's."""
        if not (found := _NAME.fullmatch(name)):
            return None
        first, last, lines, failed, pending = map(int, found.groups())
        return cls(first=first, last=last, lines=lines, failed=failed, pending=pending)


@dataclass(frozen=True)
class Span:
    """A range of lines for which one part is the one to read."""

    first: int
    last: int
    part: Part

    @property
    def is_settled(self) -> bool:
        """Whether nothing in it is to be asked again."""
        return self.part.pending == 0


def spans_of(parts: Collection[Part]) -> list[Span]:
    """Which part to read for which lines, from line 1 as far as there are parts without a gap.

    The smallest part is the newest one, see above; of two for the same lines the one with less to
    do. Parts of two runs at once, which a lease keeps from happening, may lie in any other way: then
    too, each line is in one span.
    """
    waiting = sorted(parts, key=lambda part: part.first, reverse=True)
    spans: list[Span] = []
    here: list[Part] = []
    first = 1
    while True:
        while waiting and waiting[-1].first <= first:
            here.append(waiting.pop())
        here = [part for part in here if part.last >= first]
        if not here:
            return spans
        best = min(here, key=lambda part: (part.last - part.first, part.pending))
        spans.append(Span(first, best.last, best))
        first = best.last + 1


@dataclass(frozen=True)
class PartStore:
    """The parts of one batch in the bucket."""

    objects: Objects
    prefix: str

    def stored(self) -> list[Part]:
        """All of them."""
        names = [key.removeprefix(self.prefix) for key in self.objects.keys(self.prefix)]
        return [part for name in names if (part := Part.named(name))]

    def is_given_up(self) -> bool:
        """Whether the result that there is has lines that are still to be asked."""
        names = {key.removeprefix(self.prefix) for key in self.objects.keys(self.prefix)}
        return _GIVEN_UP in names and _SETTLED not in names

    def note_giving_up(self) -> None:
        """Before a result is stored that is not the last word."""
        self.objects.put(self.prefix + _GIVEN_UP, b"")

    def note_settled(self) -> None:
        """After the result is stored that is the last word."""
        self.objects.put(self.prefix + _SETTLED, b"")

    def entries(self, part: Part) -> dict[int, Entry]:
        """What a part holds, by line."""
        try:
            content = self.objects.read(self.prefix + part.name)
            entries = [read_entry(text) for text in content.splitlines(keepends=True)]
        except (NotFoundError, ValueError) as error:
            raise StorageUnavailableError(
                "A part of the unfinished batch is gone or damaged since this run began. The next"
                " one asks its lines again."
            ) from error
        return {entry.line: entry for entry in entries}

    def put(self, part: Part, entries: Iterable[Entry]) -> None:
        """Store a part."""
        content = b"".join(entry.text for entry in entries)
        self.objects.put(self.prefix + part.name, content)


MOST_LINES = 100
MOST_SECONDS = 10.0
_MOST_BYTES = 8 * 1024 * 1024


class Segment:
    """A part in the making: a range of lines without a gap."""

    def __init__(self, first: int, started_at: float) -> None:
        self._first = first
        self._lines = 0
        self._bytes = 0
        self.started_at = started_at
        self._last = first - 1
        self.entries: list[Entry] = []

    def take(self, line: int, entry: Entry | None) -> None:
        """Add the next line; None when it is yet to be asked."""
        self._last = line
        self._lines += 1
        if entry is not None:
            self.entries.append(entry)
            self._bytes += len(entry.text)

    @property
    def is_full(self) -> bool:
        """Whether it is large enough to be stored."""
        return self._lines >= MOST_LINES or self._bytes >= _MOST_BYTES

    def part(self) -> Part:
        """What it will be called."""
        settled = sum(not entry.is_pending for entry in self.entries)
        return Part(
            first=self._first,
            last=self._last,
            lines=self._lines,
            failed=sum(entry.is_failed for entry in self.entries),
            pending=self._lines - settled,
        )


_PARTS_AT_ONCE = 4


@dataclass
class Totals:
    """How many lines a result has."""

    lines: int = 0
    failed: int = 0


def write_result(
    result: BinaryIO,
    lines: BinaryIO,
    store: PartStore,
    spans: Sequence[Span],
    not_asked: Callable[[int], Entry],
) -> Totals:
    """Write one entry for each line of the input; `not_asked` makes those that no part has."""
    totals = Totals()
    with ThreadPoolExecutor(_PARTS_AT_ONCE, thread_name_prefix="parts") as executor:
        loaded = _loaded(spans, store, executor)
        span, entries = next(loaded, (None, {}))
        for line in read_lines(lines):
            while span and line.number > span.last:
                span, entries = next(loaded, (None, {}))
            entry = (entries.get(line.number) or not_asked(line.number)).as_final()
            result.write(entry.text)
            totals.lines += 1
            totals.failed += entry.is_failed
    result.seek(0)
    return totals


def _loaded(
    spans: Sequence[Span], store: PartStore, executor: ThreadPoolExecutor
) -> Iterator[tuple[Span, dict[int, Entry]]]:
    """Each span with its entries; the next few are under way meanwhile."""
    under_way = deque[tuple[Span, Future[dict[int, Entry]]]]()
    waiting = iter(spans)
    while True:
        while len(under_way) < _PARTS_AT_ONCE and (span := next(waiting, None)):
            under_way.append((span, executor.submit(store.entries, span.part)))
        if not under_way:
            return
        span, entries = under_way.popleft()
        yield span, entries.result()
