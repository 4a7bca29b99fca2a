"""One passage through the lines of an input: many are asked at once, and stored in their order."""

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

from handlers.batch.asking import Asker
from handlers.batch.entries import Entry
from handlers.batch.input_file import Line, read_lines
from handlers.batch.parts import MOST_SECONDS, Part, PartStore, Segment, Span, spans_of

_WINDOW_LINES_PER_WORKER = 4
_WINDOW_BYTES = 16 * 1024 * 1024


@dataclass
class _Slot:
    """A line in the window."""

    line: Line
    span: Span | None
    """The stored range that it is in; None behind all of them."""
    stored: Entry | None
    """What an earlier run made of it."""
    size: int
    """Bytes that it holds in memory, about."""
    asked: "Future[Entry | None] | None" = None

    @property
    def needs_asking(self) -> bool:
        return self.stored is None or self.stored.is_pending

    @property
    def is_done(self) -> bool:
        return self.asked is None or self.asked.done()

    @property
    def entry(self) -> Entry | None:
        """What is known of the line now."""
        new = self.asked.result() if self.asked and self.asked.done() else None
        return new or self.stored


def _slot(line: Line, span: Span | None, stored: Entry | None) -> _Slot:
    size = len(line.text or b"") + (len(stored.text) if stored else 0)
    return _Slot(line, span, stored, size)


class Passage:
    """Asks every line that no stored part has an answer to, as far as the time allows."""

    def __init__(
        self,
        file: BinaryIO,
        store: PartStore,
        parts: list[Part],
        asker: Asker,
        workers: int,
    ) -> None:
        """`parts` are those stored; new ones are added to them."""
        self._file = file
        self._store = store
        self._parts = parts
        self._asker = asker
        self._workers = workers
        self._spans = spans_of(parts)
        self._slots = self._waiting_slots()
        self._window = deque[_Slot]()
        self._window_bytes = 0
        self._lock = threading.Lock()
        self._segment: Segment | None = None
        self._segment_span: Span | None = None
        self._stored_to = 0
        self._unsettled_lines = 0
        self._is_at_end = False

    @property
    def is_settled(self) -> bool:
        """Whether every line of the input has its final answer."""
        return self._is_at_end and not self._unsettled_lines

    def go(self) -> None:
        """Go through the lines. Raises StorageUnavailableError when S3 does not take a part."""
        executor = ThreadPoolExecutor(self._workers, thread_name_prefix="batch")
        try:
            self._fill(executor)
            while self._window and self._wait_for_first():
                self._take_first()
                self._fill(executor)
            self._end()
        finally:
            # Also when this ends by an exception: nobody is to ask for a run that is over.
            self._asker.pace.stop()
            executor.shutdown(wait=False, cancel_futures=True)

    def _waiting_slots(self) -> Iterator[_Slot]:
        spans = iter(self._spans)
        span = next(spans, None)
        entries: dict[int, Entry] | None = None
        for line in read_lines(self._file):
            while span and line.number > span.last:
                span, entries = next(spans, None), None
            if span is None:
                yield _slot(line, None, None)
            elif not span.is_settled:
                if entries is None:
                    entries = self._store.entries(span.part)
                yield _slot(line, span, entries.get(line.number))
        self._is_at_end = True

    def _fill(self, executor: ThreadPoolExecutor) -> None:
        pace, time = self._asker.pace, self._asker.time
        while self._has_room() and not pace.is_stopped:
            if (slot := next(self._slots, None)) is None:
                return
            if slot.needs_asking and not time.has_time_for_line():
                pace.stop()
                return
            self._hold(slot.size)
            if slot.needs_asking:
                slot.asked = executor.submit(self._ask, slot)
            self._window.append(slot)

    def _has_room(self) -> bool:
        most_lines = self._workers * _WINDOW_LINES_PER_WORKER
        return len(self._window) < most_lines and self._window_bytes < _WINDOW_BYTES

    def _ask(self, slot: _Slot) -> Entry | None:
        entry = self._asker.ask(slot.line)
        answer_size = len(entry.text) if entry else 0
        slot.size += answer_size
        self._hold(answer_size)
        return entry

    def _hold(self, size: int) -> None:
        """So many bytes more are in the window, or fewer."""
        with self._lock:
            self._window_bytes += size

    def _wait_for_first(self) -> bool:
        """Wait for the first line of the window; false when the time is over before it is there."""
        asked = self._window[0].asked
        while asked and not asked.done():
            time_left = self._asker.time.seconds_for_lines()
            if time_left <= 0:
                return False
            try:
                asked.result(timeout=max(0.001, min(time_left, self._store_what_is_due())))
            except TimeoutError:
                continue
        return True

    def _store_what_is_due(self) -> float:
        """Store the segment if it has waited long enough; returns the seconds until the next is due."""
        if not (self._segment and self._segment.entries):
            return MOST_SECONDS
        due_in = self._segment.started_at + MOST_SECONDS - self._asker.clock.monotonic()
        if due_in > 0:
            return due_in
        self._store_segment()
        return MOST_SECONDS

    def _take_first(self) -> None:
        slot = self._window.popleft()
        self._hold(-slot.size)
        if self._segment and slot.span is not self._segment_span:
            self._store_segment()
        if self._segment is None:
            begins_at = slot.span.first if slot.span else self._end_of_spans() + 1
            first = max(self._stored_to + 1, begins_at)
            self._segment = Segment(first, self._asker.clock.monotonic())
            self._segment_span = slot.span
        entry = slot.entry
        self._segment.take(slot.line.number, entry)
        if entry is None or entry.is_pending:
            self._unsettled_lines += 1
        if self._segment.is_full:
            self._store_segment()

    def _end(self) -> None:
        """Take what is answered of the window, and store all that is not stored."""
        self._is_at_end = self._is_at_end and not self._window
        known = [slot for slot in self._window if slot.is_done and slot.entry]
        while known and self._window[0] is not known[-1]:
            self._take_first()
        if known:
            self._take_first()
        if self._segment and self._segment.entries:
            self._store_segment()

    def _end_of_spans(self) -> int:
        return self._spans[-1].last if self._spans else 0

    def _store_segment(self) -> None:
        segment = self._segment
        if segment is None:
            return
        part = segment.part()
        self._store.put(part, segment.entries)
        self._parts.append(part)
        self._asker.time.parts = len(self._parts)
        self._stored_to = part.last
        self._segment = None
