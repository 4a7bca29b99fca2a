"""One delivery of one input object: everything of it that is not done yet, as far as the time allows."""

import math
from collections import abc
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from handlers.aws.s3 import StoredObject
from handlers.batch.asking import Asker, line_id
from handlers.batch.entries import Entry, entry_of, error_record
from handlers.batch.input_file import (
    check_room_for,
    is_json_text,
    temporary_file,
    write_as_json_lines,
)
from handlers.batch.input_object import (
    INPUTS_PREFIX,
    BatchNames,
    InputObject,
    batch_names,
    identity,
    queued_id,
)
from handlers.batch.lease import BusyError, Lease
from handlers.batch.objects import Objects
from handlers.batch.parts import Part, PartStore, Totals, spans_of, write_result
from handlers.batch.passage import Passage
from handlers.batch.timing import Clock, Pace, RunTime
from handlers.errors import (
    BadRequestError,
    HandlerError,
    NotFoundError,
    NoTimeLeftError,
    PayloadTooLargeError,
    only_handler_errors,
)
from handlers.generator import Generator
from handlers.invocation import Invocation

_LONGEST_RETRY_SECONDS = 900
_FEWEST_FAILURES_IN_ROW = 20


@dataclass(frozen=True, kw_only=True)
class BatchOutcome:
    """How one delivery of an input object ended."""

    finished: bool
    """The message is done with. False: it has to come back, or to go to the dead letters."""
    retry_after_seconds: int | None = None
    """When it should come back; None when it is finished, or was tried for the last time."""
    lines: int = 0
    """Lines with a final answer; 0 too when an earlier delivery had finished the batch."""
    failed: int = 0
    """How many of the lines have an error instead of a text."""
    result_uri: str | None = None
    """S3 URI of the result, if there is one."""


@dataclass(frozen=True)
class BatchRunner:
    """Answers objects of prompts with objects of results."""

    generator: Generator
    clock: Clock = field(default_factory=Clock)

    def run(
        self, input_object: InputObject, invocation: Invocation, receive_count: int
    ) -> BatchOutcome:
        """Do what is left of a batch; `receive_count` is how often its message was delivered.

        Raises HandlerError for what concerns the whole object and no result can say.
        """
        with only_handler_errors():
            return _Run(self, input_object, invocation, receive_count).outcome()


class _Run:
    """One delivery on its way."""

    def __init__(
        self,
        runner: BatchRunner,
        input_object: InputObject,
        invocation: Invocation,
        receive_count: int,
    ) -> None:
        self._generator = runner.generator
        self._environment = runner.generator.environment
        self._clock = runner.clock
        self._bucket = replace(
            runner.generator.bucket, aftermath="What is done of the batch is kept."
        )
        self._input = input_object
        self._time = RunTime(invocation.deadline)
        self._objects = Objects(self._bucket, self._time.seconds_left, self._clock)
        self._id_base = queued_id(input_object.key) or invocation.request_id
        self._receive_count = receive_count

    def outcome(self) -> BatchOutcome:
        if not self._input.key.startswith(INPUTS_PREFIX):
            # Whatever sent the event: a batch that reads results would run for ever.
            raise BadRequestError(
                f"A batch's input lies under {INPUTS_PREFIX}, and this object does not."
            )
        if self._input.key.endswith("/"):
            # A console's folder, and nothing to ask.
            return BatchOutcome(finished=True)
        expected = identity(self._input.version_id, self._input.etag)
        if expected and (names := self._names(expected)) and self._is_done(names):
            return self._finished_before(names)
        try:
            stored = self._open()
        except NotFoundError:
            return self._missing(self._names(expected or "unknown"))
        with stored:
            return self._run(stored)

    def _run(self, stored: StoredObject) -> BatchOutcome:
        names = self._names(identity(stored.version_id, stored.etag) or "unknown")
        if self._is_done(names):
            return self._finished_before(names)
        try:
            lease = Lease.take(self._objects, names.leases, self._clock)
        except BusyError as busy:
            return BatchOutcome(finished=False, retry_after_seconds=busy.retry_after_seconds)
        try:
            return self._work(names, stored)
        finally:
            lease.give_back()

    def _names(self, content: str) -> BatchNames:
        return batch_names(self._input.bucket, self._input.key, content)

    def _is_done(self, names: BatchNames) -> bool:
        """Whether there is a result, and not one that was given up with lines yet to be asked."""
        has_result = self._objects.exists(self._bucket.name, names.result)
        return has_result and not self._store(names).is_given_up()

    def _store(self, names: BatchNames) -> PartStore:
        return PartStore(self._objects, names.parts)

    def _finished_before(self, names: BatchNames) -> BatchOutcome:
        return BatchOutcome(finished=True, result_uri=self._bucket.uri(names.result))

    def _open(self) -> StoredObject:
        """The version that the event names, unless the object was deleted: that calls a batch off."""
        bucket, key, version_id = self._input.bucket, self._input.key, self._input.version_id
        if version_id == "null":
            version_id = None
        if version_id and not self._objects.exists(bucket, key):
            raise NotFoundError("Behind the version there is nothing: the object was deleted.")
        return self._objects.open(bucket, key, version_id)

    def _missing(self, names: BatchNames) -> BatchOutcome:
        """The end of a batch without input: said beside where its result would lie."""
        gone = NotFoundError("The input object is not there any more. That calls its batch off.")
        entry = self._error_entry(1, gone)
        self._objects.put(names.missing, entry.text)
        uri = self._bucket.uri(names.missing)
        return BatchOutcome(finished=True, failed=1, result_uri=uri)

    def _error_entry(self, line: int, error: HandlerError) -> Entry:
        return entry_of(line, error_record(line_id(self._id_base, line), error))

    def _work(self, names: BatchNames, stored: StoredObject) -> BatchOutcome:
        check_room_for(stored.size)
        try:
            with self._input_lines(stored) as lines:
                return self._answer(names, lines)
        except _UnreadableInputError as unreadable:
            self._objects.put(names.result, self._error_entry(1, unreadable.condition).text)
            return BatchOutcome(
                finished=True,
                lines=1,
                failed=1,
                result_uri=self._bucket.uri(names.result),
            )

    @contextmanager
    def _input_lines(self, stored: StoredObject) -> abc.Generator[BinaryIO, None, None]:
        """The input as JSON Lines on disk: S3 would not wait for the model while it is read."""
        with temporary_file() as file:
            for chunk in self._objects.chunks(stored, self._input.key):
                file.write(chunk)
            file.flush()
            if not is_json_text(file, self._input.key):
                yield file
                return
            with temporary_file() as lines:
                try:
                    write_as_json_lines(file, lines)
                except (BadRequestError, PayloadTooLargeError) as error:
                    raise _UnreadableInputError(error) from error
                file.truncate(0)
                yield lines

    def _answer(self, names: BatchNames, lines: BinaryIO) -> BatchOutcome:
        store, workers = self._store(names), self._environment.batch_workers
        parts, was_given_up = store.stored(), store.is_given_up()
        self._time.parts = len(parts)
        pace = Pace(
            self._clock,
            self._time.has_time_for_line,
            max(_FEWEST_FAILURES_IN_ROW, 2 * workers),
        )
        asker = Asker(
            generator=self._generator,
            max_new_tokens=self._environment.max_new_tokens,
            id_base=self._id_base,
            time=self._time,
            pace=pace,
            clock=self._clock,
        )
        passage = Passage(lines, store, parts, asker, workers)
        passage.go()
        if passage.is_settled and self._has_time_to_join(pace):
            totals, uri = self._join(names, lines, store, parts)
            if was_given_up:
                store.note_settled()
            return BatchOutcome(
                finished=True, lines=totals.lines, failed=totals.failed, result_uri=uri
            )
        if self._receive_count >= self._environment.max_receives:
            store.note_giving_up()
            totals, uri = self._join(names, lines, store, parts)
            return BatchOutcome(
                finished=False, lines=totals.lines, failed=totals.failed, result_uri=uri
            )
        settled = [span.part for span in spans_of(parts)]
        return BatchOutcome(
            finished=False,
            retry_after_seconds=self._retry_after_seconds(pace),
            lines=sum(part.lines - part.pending for part in settled),
            failed=sum(part.failed for part in settled),
        )

    def _has_time_to_join(self, pace: Pace) -> bool:
        """A run that asked nothing has no better chance later."""
        return not pace.has_answers or self._time.seconds_left() > self._time.joining_seconds()

    def _join(
        self, names: BatchNames, lines: BinaryIO, store: PartStore, parts: list[Part]
    ) -> tuple[Totals, str]:
        with temporary_file() as result:
            totals = write_result(result, lines, store, spans_of(parts), self._not_asked)
            return totals, self._objects.put_file(names.result, result)

    def _not_asked(self, line: int) -> Entry:
        error = NoTimeLeftError(
            "The batch was delivered for the last time before this line was asked. Send its dead"
            " letter back to the queue, and it goes on from here."
        )
        return self._error_entry(line, error)

    def _retry_after_seconds(self, pace: Pace) -> int:
        """At once if only the time was over; later and later if lines fail or nothing answers."""
        if not self._time.has_time_for_line():
            return 1
        pause = math.ceil(pace.pause_seconds or 0)
        if pause and pace.has_answers:
            return pause
        return max(pause, min(_LONGEST_RETRY_SECONDS, 10 * 2 ** min(self._receive_count, 10)))


class _UnreadableInputError(Exception):
    """The input is not in any of the accepted forms; its result says so."""

    def __init__(self, condition: HandlerError) -> None:
        super().__init__(condition.message)
        self.condition: HandlerError = condition
