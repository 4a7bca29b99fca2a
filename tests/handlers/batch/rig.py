"""A batch on a stage: S3 in memory, a model that answers as planned, and time that tests move on."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from handlers.aws.s3 import S3
from handlers.batch.input_object import BatchNames, InputObject, batch_names
from handlers.batch.runner import BatchOutcome, BatchRunner
from handlers.batch.timing import Clock
from handlers.errors import HandlerError, ModelTimedOutError
from handlers.generation_request import GenerationRequest
from handlers.invocation import Deadline, Invocation
from handlers.storage.bucket import Bucket
from tests.handlers.doubles import BUCKET_NAME, ENDPOINT_NAME, MODEL_URI, FakeS3, environment

KEY = "inputs/prompts.jsonl"
MESSAGE_ID = "059f36b4-87a3-44ab-83d2-661975830a7d"


class VirtualClock(Clock):
    """Time that passes only when it is told to, or somebody waits."""

    def __init__(self) -> None:
        self.seconds = 1_790_000_000.0
        self.waits: list[float] = []
        self._lock = threading.Lock()

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self.seconds += seconds

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, interrupted: threading.Event, seconds: float) -> None:
        if interrupted.is_set():
            return
        self.waits.append(seconds)
        self.pass_by(seconds)

    def jitter(self) -> float:
        return 0.5


@dataclass(frozen=True)
class Asked:
    """One call of the model."""

    prompt: str
    request: GenerationRequest
    invocation: Invocation

    @property
    def line(self) -> int:
        """As the request id says it."""
        return int(self.invocation.request_id.rpartition("-")[2])


Outcome = str | HandlerError


@dataclass
class FakeGenerator:
    """The model: says "<prompt>!", or what `answer` makes of a call."""

    clock: VirtualClock
    answer: Callable[[Asked], Outcome] = lambda asked: f"{asked.prompt}!"
    seconds: float = 0.1
    calls: list[Asked] = field(default_factory=list[Asked])

    def record_of(self, request: GenerationRequest, invocation: Invocation) -> Any:
        """As handlers.generator.Generator's."""
        asked = Asked(request.prompt or "", request, invocation)
        self.calls.append(asked)
        left = invocation.deadline.remaining_milliseconds() / 1000
        self.clock.pass_by(min(self.seconds, max(left, 0)))
        is_late = self.seconds > left
        outcome = ModelTimedOutError("too late") if is_late else self.answer(asked)
        return record(request, invocation, outcome)

    @property
    def prompts(self) -> list[str]:
        """What was asked, in the order of the calls."""
        return [asked.prompt for asked in self.calls]


def record(request: GenerationRequest, invocation: Invocation, outcome: Outcome) -> Any:
    """A record as the function stores it."""
    failed = isinstance(outcome, HandlerError)
    return {
        "request_id": invocation.request_id,
        "created_at": "2026-11-25T00:00:00.000+00:00",
        "status": outcome.status if failed else 200,
        "mode": "batch",
        "request": {"prompt": request.prompt, "parameters": request.parameters},
        "reply": None if failed else {"text": outcome, "finish_reason": "stop", "usage": None},
        "error": {"type": outcome.type, "message": str(outcome), "retryable": outcome.retryable}
        if failed
        else None,
        "model": {"endpoint": ENDPOINT_NAME, "variant": "AllTraffic", "uri": MODEL_URI},
        "latency_ms": {"model": 100, "total": 100},
        "attempts": 1,
    }


@dataclass
class Rig:
    """A function with a queue in front, in which one batch at a time is run."""

    s3: FakeS3 = field(default_factory=FakeS3)
    clock: VirtualClock = field(default_factory=VirtualClock)
    generator: FakeGenerator = field(init=False)
    workers: int = 4
    max_receives: int = 10
    timeout_seconds: float = 900

    def __post_init__(self) -> None:
        self.generator = FakeGenerator(self.clock)

    def upload(self, content: bytes, key: str = KEY) -> InputObject:
        """Put an input; what the event about it would say."""
        stored = self.s3.put(BUCKET_NAME, key, content, seconds=1)
        return InputObject(
            bucket=BUCKET_NAME,
            key=key,
            version_id=stored.version_id,
            etag=stored.etag.strip('"'),
            size=len(content),
        )

    def run(
        self,
        input_object: InputObject,
        receive_count: int = 1,
        *,
        timeout_seconds: float | None = None,
    ) -> BatchOutcome:
        """One delivery."""
        ends_at = self.clock.seconds + (timeout_seconds or self.timeout_seconds)
        deadline = Deadline(lambda: round((ends_at - self.clock.seconds) * 1000))
        runner = batch_runner(
            self.generator,
            lambda: self.s3,
            self.clock,
            batch_workers=self.workers,
            max_receives=self.max_receives,
        )
        return runner.run(input_object, Invocation(MESSAGE_ID, deadline), receive_count)

    def result(self, input_object: InputObject) -> list[Any]:
        """The lines of its result."""
        return json_lines(self.content(names(input_object).result))

    def content(self, key: str) -> bytes:
        """What an object of the function's bucket holds now."""
        return self.s3.objects[f"s3://{BUCKET_NAME}/{key}"]

    def keys(self, prefix: str) -> list[str]:
        """Every key that starts so."""
        return self.s3.list_keys(BUCKET_NAME, prefix, seconds=1)

    def delete(self, key: str, *, with_versions: bool = True) -> None:
        """Delete an object; or let a delete marker hide it."""
        uri = f"s3://{BUCKET_NAME}/{key}"
        if with_versions:
            del self.s3.versions[uri]
        else:
            self.hidden(uri)

    def hidden(self, uri: str) -> None:
        """As behind a delete marker: a version can be read, the object is not there."""
        exists = self.s3.exists

        def seen(bucket: str, key: str, *, seconds: float) -> bool:
            return f"s3://{bucket}/{key}" != uri and exists(bucket, key, seconds=seconds)

        self.s3.exists = seen  # pyright: ignore[reportAttributeAccessIssue] - a double of a double


def batch_runner(
    generator: FakeGenerator, s3: Callable[[], S3], clock: Clock, **settings: Any
) -> BatchRunner:
    """A runner of a function with these settings."""
    parts: Any = SimpleNamespace(
        record_of=generator.record_of,
        bucket=Bucket(BUCKET_NAME, s3),
        environment=environment(**settings),
    )
    return BatchRunner(parts, clock)


def names(input_object: InputObject) -> BatchNames:
    """Where the files of an input lie."""
    content = input_object.version_id or input_object.etag or "unknown"
    return batch_names(input_object.bucket, input_object.key, content)


def json_lines(content: bytes) -> list[Any]:
    """The values of JSON Lines."""
    return [json.loads(line) for line in content.splitlines()]


def prompts(numbers: Iterable[int]) -> bytes:
    """JSON Lines with a prompt of each number."""
    return b"".join(json.dumps({"prompt": f"p{n}"}).encode() + b"\n" for n in numbers)


def texts(result: Iterable[Mapping[str, Any]]) -> list[str | None]:
    """The text of each line of a result; the error's type where there is none."""
    return [
        line["reply"]["text"] if line["reply"] else f"({line['error']['type']})" for line in result
    ]
