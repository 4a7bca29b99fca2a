"""What came of the faults that a rehearsal asked for, and whether it is what a caller was promised.

A step that faults strike ends well in one of these ways:

- **Answered.** The text is there and its record too, or a warning in the reply says why there is no record. The
  rehearsal asks as a sensible caller does: again, up to four times in all, after an answer that says `retryable`, and after
  Lambda's own error for a process that a fault has killed.
- **Refused.** The function answers with an error of its contract (`status`, and an `error` with `type`, `message`,
  `retryable` and `request_id`) of a type that one of the faults which struck may end as: `_ENDS` says which. A part of a
  text comes with `finish_reason: error`. The record of the failure is there, unless S3 itself was struck.
- **Killed.** The process was killed each time that it was asked, and Lambda said so.
- **Waiting.** A batch has no result yet, and its message is in the queue or among the dead letters: nothing is lost.

Everything else fails the rehearsal: a step that nothing struck, an error that no fault explains, a reply outside the
contract, an answer without a text, a line of a batch without an entry, a record that is missing without a word, a
function that runs into its own time-out.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from rehearsal.account.faults.plan import FaultPlan
from rehearsal.account.pace import shortened
from rehearsal.local_account import LocalAccount
from rehearsal.transcript import (
    BatchUnfinishedError,
    FunctionAnsweredError,
    LinesFailedError,
    Step,
    StepFailedError,
    StepUnderFaults,
    Transcript,
)

T = TypeVar("T")
Reply = dict[str, Any]
MOST_ASKED = 4
BATCH_LIMIT_SECONDS = 15
_FIRST_ERROR_STATUS, _LAST_STATUS = 400, 599
_DEFAULT_PAUSE_SECONDS = 5
_STORAGE = frozenset({"storage_unavailable", "input_not_stored", "in_progress", "outcome_unknown"})
# By fault, or by fault and kind: the types of the errors that it may end as. Any may use up the time for the others.
_ENDS: Mapping[str, frozenset[str]] = {
    "throttle": frozenset({"endpoint_throttled"}),
    "server-error": frozenset({"endpoint_unavailable"}),
    "not-ready": frozenset({"endpoint_unavailable"}),
    "model-error:500": frozenset({"model_failed"}),
    "model-error:503": frozenset({"model_failed"}),
    "model-error:400": frozenset({"model_rejected_request"}),
    "model-error:422": frozenset({"model_rejected_request"}),
    "slow": frozenset({"model_timed_out", "not_confirmed"}),
    "cut-connection": frozenset({"endpoint_unanswered"}),
    "cut-stream": frozenset({"stream_broken", "unexpected_reply"}),
    "s3-unavailable": _STORAGE,
    "s3-slow": _STORAGE,
    "access-denied": _STORAGE | {"access_denied"},
    "clock-skew": _STORAGE | {"credentials"},
    "duplicate-event": frozenset({"in_progress", "already_answered"}),
    "function-killed": frozenset({"in_progress", "outcome_unknown"}),
}
_ALWAYS = frozenset({"no_time_left"})
_OF_STORAGE = ("s3-", "access-denied", "clock-skew")


class Survival:
    """A caller who expects faults, and notes what came of them."""

    def __init__(self, account: LocalAccount, plan: FaultPlan, transcript: Transcript) -> None:
        self._account = account
        self._plan = plan
        self._is_active = bool(plan)
        self._transcript = transcript
        self._before_step = 0
        self._asked = 0
        self._was_killed = False
        self._warnings: list[str] = []

    def begin(self) -> None:
        """Make the faults from now on."""
        if self._is_active:
            self._account.inject(*self._plan.texts, seed=self._plan.seed)

    @property
    def is_active(self) -> bool:
        """Whether any fault is asked for."""
        return self._is_active

    @property
    def batch_limit_seconds(self) -> float | None:
        """How long a batch may take: not long, where it is no failure that it takes longer."""
        return BATCH_LIMIT_SECONDS if self._is_active else None

    def ask(self, ask: Callable[[], T]) -> T:
        """Return the last answer that `ask` gets; a StepFailedError of its last try passes through."""
        self._asked = 0
        while True:
            before = len(self._account.injections()) if self._is_active else 0
            self._asked += 1
            answer, failure = _tried(ask)
            if not self._is_active:
                break
            self._was_killed = failure is not None and "function-killed" in self._names(before)
            reply = failure.reply if isinstance(failure, FunctionAnsweredError) else answer
            may_help = self._was_killed or _is_retryable(reply)
            if not may_help or self._asked == MOST_ASKED:
                break
            time.sleep(shortened(_DEFAULT_PAUSE_SECONDS))
        if failure is not None:
            raise failure
        whole = getattr(answer, "reply", answer)
        self._warnings = whole.get("warnings") or [] if isinstance(whole, dict) else []
        return cast("T", answer)

    def excuse(self, failure: StepFailedError) -> str | None:
        """Return what came of a step that failed, if the faults that struck it explain that; None if not."""
        if not self._is_active or not self._names(self._before_step):
            return None
        if isinstance(failure, FunctionAnsweredError):
            return self._refused(failure.status, failure.reply)
        if isinstance(failure, LinesFailedError):
            return self._lines_refused(failure)
        if isinstance(failure, BatchUnfinishedError):
            return self._waiting()
        if self._was_killed:
            return f"no answer: the function was killed each of the {self._asked} times"
        return None

    def note(self, step: Step) -> None:
        """Note which faults struck a step that is over, and what came of them."""
        if not self._is_active:
            return
        injections = self._account.injections()
        new, self._before_step = injections[self._before_step :], len(injections)
        self._transcript.injections = injections
        self._transcript.faults = dict(Counter(map(named, injections)))
        if new:
            struck = dict(Counter(map(named, new)))
            came_of_it = "; ".join([step.summary, *self._warnings])
            self._transcript.outcomes.append(
                StepUnderFaults(step.name, struck, came_of_it, self._asked)
            )
        if step.name == "record" and self._transcript.record:
            self._tell_attempts(self._transcript.record)
        self._asked, self._was_killed, self._warnings = 0, False, []

    def end(self) -> None:
        """Make no more faults."""
        self._account.inject()
        self._is_active = False

    def record_of_failure(self, bucket: str) -> str:
        """Look for the record of a request that failed, and return where it is, or why there is none.

        Raises:
            StepFailedError: there should be one.
        """
        reply = self._transcript.reply
        if reply is None:
            return "none: the function was killed before it could answer"
        request_id = reply["error"]["request_id"]
        s3 = self._account.client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="records/")
        for key in (found["Key"] for page in pages for found in page.get("Contents", [])):
            if key.endswith(f"/{request_id}.json"):
                body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                self._transcript.record = record = json.loads(body)
                if (record.get("error") or {}).get("type") != reply["error"]["type"]:
                    raise StepFailedError(f"s3://{bucket}/{key} tells of another end")
                return f"s3://{bucket}/{key} tells of the failure"
        if any(_kept_from_storing(each, request_id) for each in self._account.injections()):
            return "none: S3 did not take it"
        raise StepFailedError(f"no record of the failed request {request_id} was stored")

    def lost_record(self, reply: Reply) -> str | None:
        """Return the warning of a reply that has no record, if S3 was struck; None if it should have one."""
        warnings: list[str] = reply.get("warnings") or []
        is_struck = any(_is_of_storage(each) for each in self._account.injections())
        if not self._is_active or reply.get("record") or not warnings or not is_struck:
            return None
        return f"could not be stored, and the reply says so: {'; '.join(warnings)}"

    def _tell_attempts(self, record: Reply) -> None:
        """Only the record knows how often the function asked the endpoint."""
        self._transcript.outcomes = [
            replace(outcome, attempts=record.get("attempts"))
            if outcome.step == "invoke"
            else outcome
            for outcome in self._transcript.outcomes
        ]

    def _refused(self, status: int, reply: Reply) -> str | None:
        if not is_error_of_contract(status, reply) or not self._explains(reply["error"]["type"]):
            return None
        error, is_retryable = reply["error"], _is_retryable(reply)
        again = f", {self._asked} times" if self._asked > 1 else ""
        part = f", with {len(reply['text'])} characters of text" if reply.get("text") else ""
        return (
            f"answered {status} {error['type']}{again} "
            f"({'' if is_retryable else 'not '}retryable{part}): {error['message']}"
        )

    def _lines_refused(self, failure: LinesFailedError) -> str | None:
        errors = [entry["error"] for entry in failure.entries if entry.get("error")]
        if not all(error.get("message") and self._explains(error["type"]) for error in errors):
            return None
        self._transcript.batch = failure.entries
        types = ", ".join(f"{count} x {kind}" for kind, count in _counted(errors).items())
        return f"{len(failure.entries) - len(errors)} of {len(failure.entries)} prompts answered; {types}"

    def _waiting(self) -> str | None:
        exports, sqs = self._transcript.exports, self._account.client("sqs")
        waiting: dict[str, int] = {}
        for what, export in (
            ("in the queue", "inputs_queue_arn"),
            ("among the dead letters", "dead_letter_queue_url"),
        ):
            if name := exports.get(export):
                url = sqs.get_queue_url(QueueName=name.rpartition("/" if "://" in name else ":")[2])
                waiting[what] = _count(sqs, url["QueueUrl"])
        told = ", ".join(f"{count} {what}" for what, count in waiting.items() if count)
        return f"not finished; its message waits: {told}" if told else None

    def _explains(self, error_type: str) -> bool:
        ends = (
            _ENDS.get(each["fault"]) or _ENDS.get(named(each), frozenset())
            for each in self._account.injections()
        )
        return error_type in _ALWAYS or any(error_type in types for types in ends)

    def _names(self, since: int) -> set[str]:
        return {each["fault"] for each in self._account.injections()[since:]}


def named(injection: Mapping[str, Any]) -> str:
    """Return a fault that came as `--fault` spells it."""
    kind = injection["kind"]
    return f"{injection['fault']}:{kind}" if kind else injection["fault"]


def is_error_of_contract(status: int, reply: Any) -> bool:
    """Whether a reply is an error as the function promises them."""
    error = reply.get("error") if isinstance(reply, dict) else None
    return (
        isinstance(error, dict)
        and _FIRST_ERROR_STATUS <= status <= _LAST_STATUS
        and {name: type(value) for name, value in cast("Reply", error).items()}
        == {"type": str, "message": str, "retryable": bool, "request_id": str}
        and ("text" not in reply or reply.get("finish_reason") == "error")
    )


def _tried(ask: Callable[[], T]) -> tuple[T | None, StepFailedError | None]:
    try:
        return ask(), None
    except StepFailedError as failure:
        return None, failure


def _is_retryable(reply: Any) -> bool:
    error = reply.get("error") if isinstance(reply, dict) else None
    return isinstance(error, dict) and cast("Reply", error).get("retryable") is True


def _is_of_storage(injection: Mapping[str, Any]) -> bool:
    return injection["struck"]["service"] == "s3" and injection["fault"].startswith(_OF_STORAGE)


def _kept_from_storing(injection: Mapping[str, Any], request_id: str) -> bool:
    return _is_of_storage(injection) and injection["struck"]["request_id"] == request_id


def _counted(errors: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    return dict(Counter(error["type"] for error in errors))


def _count(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(value) for value in found.values())
