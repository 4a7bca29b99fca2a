"""One request from prompt to answer: payload, endpoint, reply, record."""

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from handlers.async_endpoint import AsyncModelEndpoint, QueuedRequest
from handlers.contracts import Contract, Generated
from handlers.deadline import Deadline
from handlers.errors import HandlerError, only_handler_errors
from handlers.generation_request import GenerationRequest
from handlers.model_endpoint import ModelEndpoint
from handlers.modes import Mode
from handlers.records import (
    LocationsEntry,
    ModelEntry,
    Record,
    RecordNotStoredError,
    RecordStore,
    ReplyEntry,
    error_entry,
    locations_entry,
    record_key,
    reply_entry,
    request_entry,
)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Invocation:
    """One run of the function."""

    request_id: str
    deadline: Deadline
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC), init=False)
    _started: float = field(default_factory=time.monotonic, init=False)

    def elapsed_milliseconds(self) -> int:
        """Since the event arrived."""
        return round((time.monotonic() - self._started) * 1000)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a request, and what there is to say about it."""

    outcome: Generated | QueuedRequest
    """What the model wrote, or where an asynchronous endpoint will write it."""
    model: ModelEntry
    model_milliseconds: int
    """How long the call to the endpoint took; to an asynchronous one, with storing the payload."""
    record_uri: str | None
    """Where the record lies; None when it could not be stored."""
    warnings: list[str]
    """What the caller should know although the request succeeded."""


@dataclass(kw_only=True)
class _Call:
    """What is known of a call to the endpoint, while it becomes known."""

    request: GenerationRequest
    invocation: Invocation
    model: ModelEntry
    model_milliseconds: int = 0


@dataclass(frozen=True, kw_only=True)
class Generator:
    """What one deployed function generates with."""

    contract: Contract
    mode: Mode
    endpoint: ModelEndpoint | AsyncModelEndpoint
    records: RecordStore
    model_uri: str

    def generate(self, request: GenerationRequest, invocation: Invocation) -> Answer:
        """The model's text for a request, or from an asynchronous endpoint where it will be.

        Raises HandlerError when there is neither. Either way, once the request has been found fit to
        send, a record of it is stored.
        """
        payload = json.dumps(self.contract.payload(request), ensure_ascii=False).encode()
        self.mode.check_size(payload)
        call = _Call(
            request=request,
            invocation=invocation,
            model={"endpoint": self.endpoint.name, "variant": None, "uri": self.model_uri},
        )
        try:
            with only_handler_errors():
                outcome = self._ask(payload, call)
        except HandlerError as error:
            self._record(call, error.status, error=error_entry(error))
            raise
        if isinstance(outcome, QueuedRequest):
            record_uri, warnings = self._record(call, 202, locations=locations_entry(outcome))
        else:
            record_uri, warnings = self._record(call, 200, reply=reply_entry(outcome))
        return Answer(
            outcome=outcome,
            model=call.model,
            model_milliseconds=call.model_milliseconds,
            record_uri=record_uri,
            warnings=warnings,
        )

    def _ask(self, payload: bytes, call: _Call) -> Generated | QueuedRequest:
        before = call.invocation.elapsed_milliseconds()
        try:
            reply = self.endpoint.invoke(
                payload, call.invocation.request_id, call.invocation.deadline
            )
        finally:
            call.model_milliseconds = call.invocation.elapsed_milliseconds() - before
        if isinstance(reply, QueuedRequest):
            return reply
        call.model["variant"] = reply.variant
        return self.contract.read_reply(reply.body)

    def _record(
        self,
        call: _Call,
        status: int,
        *,
        reply: ReplyEntry | None = None,
        error: Mapping[str, object] | None = None,
        locations: LocationsEntry | None = None,
    ) -> tuple[str | None, list[str]]:
        """Store the record; its URI and no warning, or None and the warning why there is none."""
        invocation = call.invocation
        record: Record = {
            "request_id": invocation.request_id,
            "created_at": invocation.created_at.isoformat(timespec="milliseconds"),
            "status": status,
            "request": request_entry(call.request),
            "reply": reply,
            "error": error,
            "model": call.model,
            "latency_ms": {
                "model": call.model_milliseconds,
                "total": invocation.elapsed_milliseconds(),
            },
        }
        if locations is not None:
            record["locations"] = locations
        try:
            uri = self.records.put(
                record_key(invocation.created_at, invocation.request_id),
                record,
                invocation.deadline.record_seconds_left(),
            )
        except RecordNotStoredError as problem:
            _logger.warning("record not stored", extra={"reason": str(problem)})
            return None, [f"The record of this request was not stored: {problem}."]
        return uri, []
