"""One line of a batch: asked until the answer is final, or the run has no time for more."""

from dataclasses import dataclass

from handlers import errors
from handlers.batch.entries import Entry, entry_of, error_record
from handlers.batch.input_file import Line, request_in
from handlers.batch.timing import MOST_ROUNDS, Clock, Pace, RunTime
from handlers.errors import HandlerError, only_handler_errors
from handlers.generation_request import GenerationRequest
from handlers.generator import Generator
from handlers.invocation import LONGEST_READ_TIMEOUT_SECONDS, Invocation
from handlers.storage.records import Record

_LONGEST_ID = 64
_PAUSE_SECONDS = 5
"""For trouble that does not say how long."""

_PASSING_TROUBLE: tuple[type[HandlerError], ...] = (
    errors.EndpointThrottledError,
    errors.EndpointUnavailableError,
    errors.EndpointUnreachableError,
    errors.EndpointWakingError,
    errors.EndpointNotInServiceError,
    errors.UnansweredError,
    errors.StorageUnavailableError,
    errors.InputNotStoredError,
)
_LASTING_TROUBLE: tuple[type[HandlerError], ...] = (
    errors.EndpointMissingError,
    errors.AccessDeniedError,
    errors.CredentialsError,
    errors.BucketMissingError,
)
_PAUSES = {kind.type: kind.retry_after_seconds or _PAUSE_SECONDS for kind in _PASSING_TROUBLE}
"""Not the line's fault, and over sooner or later: everybody pauses, and the line is asked again."""
_LASTING = {kind.type for kind in _LASTING_TROUBLE}
"""Not the line's fault, and somebody has to act: asking the other lines would only fail them all."""


@dataclass(frozen=True, kw_only=True)
class Asker:
    """What every line of a run is asked with."""

    generator: Generator
    max_new_tokens: int
    id_base: str
    """The lines' request ids start so."""
    time: RunTime
    pace: Pace
    clock: Clock

    def ask(self, line: Line) -> Entry | None:
        """What came of a line, be it for now; None when it was not asked in this run."""
        request_id = line_id(self.id_base, line.number)
        try:
            with only_handler_errors():
                request = request_in(line, self.max_new_tokens)
                return self._ask(request, line.number, request_id)
        except HandlerError as error:
            return entry_of(line.number, error_record(request_id, error))

    def _ask(self, request: GenerationRequest, number: int, request_id: str) -> Entry | None:
        pending: Entry | None = None
        for _ in range(MOST_ROUNDS):
            turn = self.pace.wait_for_turn()
            if turn is None or not self.time.has_time_for_line():
                return pending
            had_full_time = self._has_full_time()
            record = self._record(request, request_id)
            error = record["error"]
            if error is None:
                self.pace.answered()
                return entry_of(number, record)
            kind = error["type"]
            if kind in _PAUSES:
                self.pace.slow_down(turn, _PAUSES[kind])
            elif kind in _LASTING or kind == errors.NoTimeLeftError.type:
                self.pace.stop()
            elif error["retryable"]:
                self.pace.failed()
                return entry_of(number, record, is_pending=True)
            else:
                self.pace.answered()
                was_cut_off = kind == errors.ModelTimedOutError.type and not had_full_time
                return entry_of(number, record, is_pending=was_cut_off)
            pending = entry_of(number, record, is_pending=True)
        return pending

    def _record(self, request: GenerationRequest, request_id: str) -> Record:
        before = self.clock.monotonic()
        record = self.generator.record_of(
            request, Invocation(request_id, self.time.line_deadline())
        )
        self.time.line_took(self.clock.monotonic() - before)
        return record

    def _has_full_time(self) -> bool:
        """Whether a time-out of a line that is asked now is the model's, and not this run's end."""
        return (
            self.time.is_as_good_as_any()
            or self.time.seconds_for_lines() > LONGEST_READ_TIMEOUT_SECONDS + _PAUSE_SECONDS
        )


def line_id(base: str, number: int) -> str:
    """The request id of a line: SageMaker takes up to 64 characters."""
    suffix = f"-{number}"
    return base[: _LONGEST_ID - len(suffix)] + suffix
