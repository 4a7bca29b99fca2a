"""What is kept of a request, and storing it: the deployment decides how much, S3 whether at all."""

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlers.environment import Environment, RecordDetail
from handlers.invocation import Deadline, Invocation
from handlers.storage.bucket import Bucket, reason_of
from handlers.storage.records import Record, json_bytes, record_key

if TYPE_CHECKING:
    from handlers.storage.claims import HeldClaim
    from handlers.storage.redaction import Redactor

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """A record as it may be stored."""

    record: Record
    is_redacted: bool = False
    """The rules found something."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stored:
    """What became of a record."""

    uri: str | None = None
    """None: there is none, because none is wanted or S3 did not take it."""
    warnings: tuple[str, ...] = ()
    is_lost: bool = False
    """There should be one."""


@dataclass(frozen=True)
class Keeper:
    """Keeps records as one deployment wants them."""

    bucket: Bucket
    detail: RecordDetail
    redactor: "Redactor | None" = None

    def prepare(self, *, has_claim: bool) -> None:
        """Have ready, while the model is asked, what storing its answer needs."""
        if has_claim or self.detail != "off":
            self.bucket.connect_ahead()
            if self.redactor is not None:
                self.redactor.start()

    def kept(self, record: Record, deadline: Deadline) -> Kept:
        """The record as it may be stored: whole, redacted, or without texts."""
        if self.detail != "full":
            return Kept(_lengths_only(record))
        return Kept(record) if self.redactor is None else _redacted(record, self.redactor, deadline)

    def store(
        self,
        record: Record,
        invocation: Invocation,
        claim: "HeldClaim | None" = None,
        *,
        frees_claim: bool = False,
    ) -> Stored:
        """Store a record, and beside it what it means for the client token."""
        if self.detail == "off" and claim is None:
            return Stored()
        deadline = invocation.deadline
        kept = self.kept(record, deadline)
        key = record_key(invocation.created_at, invocation.request_id)
        if claim is None:
            return self._put(key, kept, deadline)
        seconds = deadline.record_seconds_left()
        record_uri = None if self.detail == "off" else self.bucket.uri(key)
        warnings: list[str | None] = []

        def end_claim() -> None:
            warnings.append(
                claim.free(seconds)
                if frees_claim
                else claim.finish(kept.record, record_uri, seconds, is_redacted=kept.is_redacted)
            )

        stored = Stored()
        if record_uri is None:
            end_claim()
        else:
            # Side by side: the caller waits for the slower of the two, and not for both.
            ending = threading.Thread(target=end_claim)
            ending.start()
            stored = self._put(key, kept, deadline)
            ending.join()
        also = tuple(warning for warning in warnings if warning)
        return Stored(stored.uri, (*stored.warnings, *also), stored.is_lost)

    def close(self) -> None:
        """End what runs beside the function."""
        if self.redactor is not None:
            self.redactor.close()

    def _put(self, key: str, kept: Kept, deadline: Deadline) -> Stored:
        try:
            uri = self.bucket.put(key, json_bytes(kept.record), deadline.record_seconds_left())
        except Exception as error:  # noqa: BLE001 - a generated text is not lost over its record
            reason = reason_of(error)
            _logger.warning("record not stored", extra={"reason": reason})
            warning = f"The record of this request was not stored: {reason}."
            return Stored(None, (*kept.warnings, warning), is_lost=True)
        return Stored(uri, kept.warnings)


def keeper_for(environment: Environment, bucket: Bucket) -> Keeper:
    """The keeper that a deployment wants."""
    if not environment.redaction or environment.records != "full":
        return Keeper(bucket, environment.records)
    from handlers.storage.redaction import Redactor  # noqa: PLC0415 - not needed without rules

    return Keeper(bucket, environment.records, Redactor(environment.redaction))


def _redacted(record: Record, redactor: "Redactor", deadline: Deadline) -> Kept:
    from handlers.storage.record_texts import (  # noqa: PLC0415 - not needed without rules
        texts_of,
        with_texts,
    )
    from handlers.storage.redaction import NotRedactedError  # noqa: PLC0415 - the same

    texts = texts_of(record)
    try:
        # Half of the time: the other half is for S3.
        redacted = redactor.redacted(texts, deadline.record_seconds_left() / 2)
    except NotRedactedError as problem:
        _logger.warning("record not redacted", extra={"reason": str(problem)})
        warning = (
            f"The record of this request was not redacted: {problem}. It holds the lengths of the"
            " texts instead of the texts. Look for a simpler pattern in GENAI_REDACT."
        )
        return Kept(_lengths_only(record), warnings=(warning,))
    following = iter(redacted)
    return Kept(with_texts(record, lambda _text: next(following)), redacted != texts)


def _lengths_only(record: Record) -> Record:
    from handlers.storage.record_texts import (  # noqa: PLC0415 - not needed with whole records
        lengths_only,
    )

    return lengths_only(record)
