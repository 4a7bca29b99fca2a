"""At most one generation under a client token: who may ask the model, and what the others get.

A run that wants to ask the model first stores a claim, on the condition that there is none: S3 lets
exactly one through. Afterwards the claim holds what came of it. A claim that ended without asking the
model, or whose run died where that may be repeated, is followed by the next one under the same token:
each is an object of its own, so that every take-over is decided by the same condition.
"""

import contextlib
import hashlib
import json
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict, cast

from handlers.answer import Answer, Deferred, answer_of
from handlers.errors import (
    AlreadyAnsweredError,
    BadRequestError,
    HandlerError,
    InProgressError,
    InternalError,
    ModelTimedOutError,
    NotConfirmedError,
    OutcomeUnknownError,
    ReplyCutOffError,
    StreamBrokenError,
    UnansweredError,
    UnexpectedReplyError,
)
from handlers.generation_request import GenerationRequest
from handlers.invocation import Invocation
from handlers.storage.bucket import Bucket, BucketError, ExistsAlreadyError, reason_of
from handlers.storage.records import ModelEntry, Record, json_bytes
from handlers.time_limit import TimeLimit

CLOCKS_APART_SECONDS = 5.0
"""How much two machines' clocks may differ before a living run is taken for dead."""
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 1.0

_MAY_HAVE_GENERATED = (
    InternalError,
    ModelTimedOutError,
    NotConfirmedError,
    ReplyCutOffError,
    StreamBrokenError,
    UnansweredError,
    UnexpectedReplyError,
)

_logger = logging.getLogger(__name__)


class _Claim(TypedDict):
    """A claim, as it is stored."""

    state: Literal["running", "free", "done"]
    """free: it ended without asking the model, and the next claim may be made."""
    run: str
    """Names the one run that made it: its own put may be answered as if another had been faster."""
    request: str
    """What was asked, as a digest that says nothing without the token."""
    request_id: str
    created_at: str
    expires_at: float
    """When a run that is still not done must be dead, in seconds since 1970."""
    record: NotRequired[Record]
    """What came of it, without the request and as much of it as is kept; of a finished claim."""
    record_uri: NotRequired[str | None]
    next_number: NotRequired[int]
    """Of the first claim under a token: those between it and this one are over."""
    deferred: NotRequired[str]
    """The result id, when the request was kept for later."""
    model: NotRequired[ModelEntry]
    is_redacted: NotRequired[bool]


@dataclass(frozen=True)
class HeldClaim:
    """The right to ask the model, once."""

    bucket: Bucket
    digest: str
    number: int
    claim: _Claim
    may_repeat: bool
    """The token is the event's own id: delivering the event again is meant to bring a result."""

    def is_freed_by(self, error: HandlerError) -> bool:
        """Whether the token may be used again after this failure."""
        if isinstance(error, _MAY_HAVE_GENERATED):
            return self.may_repeat and error.retryable
        return True

    def free(self, seconds: float) -> str | None:
        """Give the token back. The warning if S3 did not take it."""
        limit = TimeLimit.of(seconds)
        free: _Claim = {**self.claim, "state": "free"}
        warning = self._end(free, seconds)
        if self.number and warning is None:
            # Whoever comes next need not walk past every try that failed before.
            shortcut = json_bytes({**free, "next_number": self.number + 1})
            with contextlib.suppress(BucketError):
                self.bucket.put(_key(self.digest, 0), shortcut, max(0.0, limit.seconds_left()))
        return warning

    def defer(self, result_id: str, model: ModelEntry, seconds: float) -> str | None:
        """Note that the request was kept for later. The warning if S3 did not take it."""
        done: _Claim = {**self.claim, "state": "done", "deferred": result_id, "model": model}
        return self._end(done, seconds)

    def finish(
        self, record: Record, record_uri: str | None, seconds: float, *, is_redacted: bool
    ) -> str | None:
        """Note what came of it. The warning if S3 did not take it."""
        outcome = {name: value for name, value in record.items() if name != "request"}
        done: _Claim = {
            **self.claim,
            "state": "done",
            "record": cast("Record", outcome),
            "record_uri": record_uri,
            "is_redacted": is_redacted,
        }
        return self._end(done, seconds)

    def _end(self, claim: _Claim, seconds: float) -> str | None:
        try:
            self.bucket.put(_key(self.digest, self.number), json_bytes(claim), seconds)
        except Exception as error:  # noqa: BLE001 - a generated text is not lost over its claim
            reason = reason_of(error)
            _logger.warning("claim not stored", extra={"reason": reason})
            return (
                f"What came of this client token was not stored: {reason}. Sent again, it is refused"
                " as outcome_unknown."
            )
        return None


@dataclass(frozen=True)
class Claims:
    """The claims in one bucket."""

    bucket: Bucket
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time
    """Seconds since 1970."""

    def hold(
        self, token: str, request: GenerationRequest, invocation: Invocation
    ) -> HeldClaim | Answer:
        """The right to ask the model, or what it answered when it was asked under this token before.

        While another run has the right, waits for what comes of it, within the deadline.
        Raises the HandlerError of that time, or the one that says why there is neither.
        """
        digest = hashlib.sha256(token.encode()).hexdigest()
        may_repeat = token == invocation.request_id
        wanted: _Claim = {
            "state": "running",
            "run": os.urandom(16).hex(),
            "request": _digest(token, request),
            "request_id": invocation.request_id,
            "created_at": invocation.created_at.isoformat(timespec="milliseconds"),
            "expires_at": self.clock()
            + invocation.deadline.remaining_milliseconds() / 1000
            + CLOCKS_APART_SECONDS,
        }
        number = 0
        while True:
            claim = self._stored(_key(digest, number), wanted, invocation)
            if claim["run"] == wanted["run"]:
                return HeldClaim(self.bucket, digest, number, wanted, may_repeat)
            if claim["request"] != wanted["request"]:
                raise BadRequestError(
                    "Bad request: client_token was used before, with another request. A token names"
                    " one request: send another one."
                )
            if claim["state"] == "done":
                return _answer(claim)
            if claim["state"] == "running" and not may_repeat:
                raise OutcomeUnknownError(
                    f"The run {claim['request_id']} had this client token and ended without saying"
                    " how: it may have generated a text. To generate one again, send another token."
                )
            number = claim.get("next_number", number + 1)

    def _stored(self, key: str, wanted: _Claim, invocation: Invocation) -> _Claim:
        """The claim at a key, ours or another one; not one whose run may still be alive.

        Raises InProgressError when the deadline comes first.
        """
        pause_seconds = _FIRST_PAUSE_SECONDS
        claim = self._put(key, wanted, invocation)
        while claim is None or self._is_alive(claim, wanted):
            if not invocation.deadline.has_time_after(pause_seconds):
                raise InProgressError(
                    "A request with the same client token is being answered at this moment."
                    " Send this one again to get the same answer."
                )
            self.pause(pause_seconds)
            pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
            # None: another claim was on its way and did not arrive, so ours has another chance.
            claim = (
                self._put(key, wanted, invocation) if claim is None else self._get(key, invocation)
            )
        return claim

    def _put(self, key: str, wanted: _Claim, invocation: Invocation) -> _Claim | None:
        """What lies at a key after our claim was put there, if there was none."""
        seconds = invocation.deadline.input_seconds()
        try:
            self.bucket.put(key, json_bytes(wanted), seconds, only_if_absent=True)
        except ExistsAlreadyError:
            return self._get(key, invocation)
        except BucketError as error:
            raise error.condition from error
        return wanted

    def _get(self, key: str, invocation: Invocation) -> _Claim | None:
        try:
            content = self.bucket.get(key, invocation.deadline.record_seconds_left())
        except BucketError as error:
            raise error.condition from error
        return None if content is None else json.loads(content)

    def _is_alive(self, claim: _Claim, wanted: _Claim) -> bool:
        """Whether another run may be asking the model at this moment."""
        return (
            claim["state"] == "running"
            and claim["run"] != wanted["run"]
            and self.clock() < claim["expires_at"]
        )


def _key(digest: str, number: int) -> str:
    """Where the first claim under a token lies, and those that follow it."""
    return f"claims/{digest}.{number}.json" if number else f"claims/{digest}.json"


def _digest(token: str, request: GenerationRequest) -> str:
    """What is asked, as far as the answer depends on it; not how the answer travels."""
    asked = [
        token,
        request.prompt,
        request.messages,
        request.body,
        request.parameters,
        request.asynchronous,
        request.options,
    ]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _answer(claim: _Claim) -> Answer:
    if "deferred" in claim and "model" in claim:
        return Answer(
            outcome=Deferred(claim["deferred"]),
            model=claim["model"],
            model_milliseconds=0,
            attempts=0,
            record_uri=None,
            warnings=[],
            replayed=True,
        )
    record = cast("Record", claim.get("record"))
    reply = record["reply"]
    if record["error"] is None and reply is not None and "text" not in reply:
        raise AlreadyAnsweredError(
            f"The request with this client token was answered on {claim['created_at']}, under the"
            f" request id {claim['request_id']}, and its text was not kept (GENAI_RECORDS)."
        )
    warnings = [_REDACTED] if claim.get("is_redacted") else []
    return answer_of(record, claim.get("record_uri"), warnings=warnings, replayed=True)


_REDACTED = (
    "This is the answer to the first request with this client token as it was kept: the redaction"
    " rules were applied to it."
)
