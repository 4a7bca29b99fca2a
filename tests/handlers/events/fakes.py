"""What stands in for the parts that events are answered with, and the stored events."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from handlers.answer import Answer, Deferred, Pending
from handlers.contracts.contract import Generated
from handlers.endpoint.async_endpoint import QueuedRequest
from handlers.environment import Environment
from handlers.errors import HandlerError
from handlers.generation_request import GenerationRequest
from handlers.invocation import Deadline, Invocation
from handlers.services import EventServices
from tests.handlers.doubles import environment

REQUEST_ID = "8f507cfc-aaaa-4697-b07a-ac58fc914c95"
BUCKET = "genai-dev-records"
MODEL: Any = {"endpoint": "genai-dev", "variant": "blue", "uri": "hf:org/name"}
STORY = " there was a fox."
EVENTS = Path(__file__).parent
EVENT_NAMES = sorted(path.stem for path in EVENTS.glob("*.json"))


def stored_event(name: str) -> Any:
    """A stored event (see README.md)."""
    return json.loads((EVENTS / f"{name}.json").read_text())


def invocation(milliseconds_left: int = 30_000) -> Invocation:
    """A run of the function with a fixed time left."""
    return Invocation(REQUEST_ID, Deadline(lambda: milliseconds_left))


def text_answer(text: str = STORY, **changes: Any) -> Answer:
    """The answer of a model that wrote a text."""
    return _answer(
        Generated(text, "length", {"prompt_tokens": 4, "completion_tokens": 5}), **changes
    )


def accepted_answer(request_id: str = REQUEST_ID) -> Answer:
    """The answer of an endpoint that took the request into its queue."""
    return _answer(
        QueuedRequest(
            input_location=f"s3://{BUCKET}/async/inputs/{request_id}.json",
            result_location=f"s3://{BUCKET}/async/results/{request_id}.out",
            failure_location=None,
        )
    )


def deferred_answer() -> Answer:
    """The answer of a function that kept the request for later."""
    return _answer(Deferred(REQUEST_ID), record_uri=None)


def _answer(outcome: Any, **changes: Any) -> Answer:
    known: dict[str, Any] = {
        "outcome": outcome,
        "model": MODEL,
        "model_milliseconds": 12,
        "attempts": 1,
        "record_uri": f"s3://{BUCKET}/records/dt=2026-10-16/{REQUEST_ID}.json",
        "warnings": [],
    }
    return Answer(**{**known, **changes})


Outcome = Answer | Exception
Choice = Callable[[GenerationRequest], Outcome]


@dataclass
class FakeGenerator:
    """A generator with one answer, or one for each request; its text comes in pieces if it is heard."""

    outcome: Outcome | Choice = field(default_factory=text_answer)
    pieces: tuple[str, ...] = (" there was", " a fox.")
    before: Callable[[], object] = lambda: None
    calls: list[tuple[GenerationRequest, Invocation]] = field(default_factory=list[Any])
    contract: Any = field(default_factory=lambda: SimpleNamespace(name="pipelines"))
    environment: Environment = field(default_factory=lambda: environment(batch_workers=4))

    def generate(
        self,
        request: GenerationRequest,
        invocation: Invocation,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """Note the call, and answer it or raise."""
        self.calls.append((request, invocation))
        self.before()
        outcome = self.outcome(request) if callable(self.outcome) else self.outcome
        if on_text is not None and _is_heard(outcome):
            for piece in self.pieces:
                try:
                    on_text(piece)
                except OSError:  # as the real one: the text is generated to its end all the same
                    break
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def _is_heard(outcome: Outcome) -> bool:
    if isinstance(outcome, HandlerError):
        return bool(outcome.text_so_far)
    return isinstance(outcome, Answer) and isinstance(outcome.outcome, Generated)


@dataclass
class FakeResults:
    """The results of requests that were accepted for later."""

    found: Answer | Pending | Exception = field(default_factory=lambda: Pending(REQUEST_ID))
    asked: list[str] = field(default_factory=list[str])
    record: str | None = f"s3://{BUCKET}/records/dt=2026-10-16/{REQUEST_ID}.json"
    completed: list[Mapping[str, object]] = field(default_factory=list[Any])

    def find(self, result_id: str, invocation: Invocation) -> Answer | Pending:
        """Note the question, and answer it or raise."""
        del invocation
        self.asked.append(result_id)
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    def complete(self, notice: Mapping[str, object], invocation: Invocation) -> str | None:
        """Note what SageMaker said."""
        del invocation
        self.completed.append(notice)
        return self.record


@dataclass
class FakeOutcome:
    """What a batch run came to."""

    finished: bool = True
    retry_after_seconds: int | None = None
    lines: int = 3
    failed: int = 1
    result_uri: str | None = f"s3://{BUCKET}/results/stories.jsonl"


@dataclass
class FakeRunner:
    """A batch runner with one outcome, or one for each object."""

    outcome: Any = field(default_factory=FakeOutcome)
    runs: list[tuple[Any, Invocation, int]] = field(default_factory=list[Any])

    def run(self, found: Any, invocation: Invocation, receive_count: int) -> FakeOutcome:
        """Note the run, and answer it or raise."""
        self.runs.append((found, invocation, receive_count))
        outcome: Any = self.outcome(found) if callable(self.outcome) else self.outcome
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@dataclass
class FakeQueues:
    """A queue that notes when messages are to come back."""

    failure: Exception | None = None
    changes: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])

    def change_visibility(
        self, queue_arn: str, receipt_handle: str, visibility_seconds: int, *, seconds: float
    ) -> None:
        """Note the change, or raise."""
        assert 0 <= seconds <= 2
        if self.failure is not None:
            raise self.failure
        self.changes.append((queue_arn, receipt_handle, visibility_seconds))


def services(
    generator: FakeGenerator | None = None,
    *,
    results: FakeResults | None = None,
    runner: FakeRunner | None = None,
    queues: FakeQueues | None = None,
) -> EventServices:
    """EventServices made of fakes."""
    parts: dict[str, Any] = {
        "generator": generator or FakeGenerator(),
        "results": lambda: results or FakeResults(),
        "batch_runner": lambda: runner or FakeRunner(),
        "queues": lambda: queues or FakeQueues(),
    }
    return EventServices(**parts)
