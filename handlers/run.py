"""What is known of one request, while it becomes known; and the record of it."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from handlers.contracts.contract import Generated, Usage
from handlers.errors import HandlerError
from handlers.generation_request import GenerationRequest
from handlers.invocation import Invocation
from handlers.storage.records import (
    ModelEntry,
    Record,
    RecordMode,
    error_entry,
    locations_entry,
    reply_entry,
    request_entry,
)

if TYPE_CHECKING:
    # Only an asynchronous endpoint needs it at run time.
    from handlers.endpoint.async_endpoint import QueuedRequest


@dataclass(kw_only=True)
class Run:
    """One request on its way to an answer."""

    request: GenerationRequest
    invocation: Invocation
    mode: RecordMode
    model: ModelEntry
    asked_at_milliseconds: int = 0
    """When the model was asked, from the event's arrival."""
    model_milliseconds: int | None = None
    """None: the model was not asked."""
    first_text_milliseconds: int | None = None
    attempts: int = 0
    is_once: bool = False
    """No text may be generated a second time: there is a client token."""
    usage: Usage | None = None
    is_record_lost: bool = False
    """There should be a record, and S3 did not take it."""
    session_id: str | None = None
    custom_attributes: str | None = None

    def text_arrived(self) -> None:
        """Note when the first piece of a stream is there."""
        if self.first_text_milliseconds is None:
            elapsed = self.invocation.elapsed_milliseconds()
            self.first_text_milliseconds = elapsed - self.asked_at_milliseconds

    def succeeded(self, outcome: "Generated | QueuedRequest") -> Record:
        """The record of what came."""
        if isinstance(outcome, Generated):
            self.usage = outcome.usage
            return {**self._record(HTTPStatus.OK), "reply": reply_entry(outcome)}
        return {**self._record(HTTPStatus.ACCEPTED), "locations": locations_entry(outcome)}

    def failed(self, error: HandlerError) -> Record:
        """The record of what went wrong, and of what the model wrote before."""
        self.attempts = max(self.attempts, error.attempts)
        record: Record = {**self._record(error.status), "error": error_entry(error)}
        if error.text_so_far:
            record["reply"] = reply_entry(Generated(error.text_so_far, "error", None))
            record["partial"] = True
        return record

    def _record(self, status: int) -> Record:
        record: Record = {
            "request_id": self.invocation.request_id,
            "created_at": self.invocation.created_at.isoformat(timespec="milliseconds"),
            "status": int(status),
            "mode": self.mode,
            "request": request_entry(self.request),
            "reply": None,
            "error": None,
            "model": self.model,
            "latency_ms": {
                "model": self.model_milliseconds or 0,
                "total": self.invocation.elapsed_milliseconds(),
            },
            "attempts": self.attempts,
        }
        if self.first_text_milliseconds is not None:
            record["latency_ms"]["first_text"] = self.first_text_milliseconds
        if self.request.client_token is not None:
            record["client_token"] = self.request.client_token
        return record
