"""Whatever happens in between: the result has every line once, and no stored line is asked again."""

import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.aws.errors import AwsError, NotConnectedError
from handlers.aws.s3 import PutObject, StoredObject
from handlers.batch import parts
from handlers.batch.entries import read_entry
from handlers.batch.input_object import PARTS_PREFIX, InputObject
from handlers.errors import (
    EndpointThrottledError,
    EndpointUnavailableError,
    HandlerError,
    ModelFailedError,
    ModelRejectedRequestError,
)
from tests.handlers.batch.rig import Asked, Outcome, Rig, texts
from tests.handlers.doubles import FakeS3

T = TypeVar("T")

PASSING = (EndpointThrottledError, EndpointUnavailableError, ModelFailedError)
MOST_RUNS = 40


class KilledError(BaseException):
    """Lambda ended the process: nothing catches it, and nothing that runs after it has an effect."""


@dataclass
class Faults:
    """What goes wrong in one run."""

    seed: int = 0
    s3_percent: int = 0
    model_percent: int = 0
    killed_at_s3_call: int | None = None
    killed_after_effect: bool = False
    killed_at_line: int | None = None
    """Counted as they are asked."""
    delivered_again_at_s3_call: int | None = None


@dataclass
class FaultyS3(FakeS3):
    """S3 that fails as planned, and remembers which lines have their final answer in a part."""

    planned: Faults = field(default_factory=Faults)
    settled: set[int] = field(default_factory=set[int])
    is_dead: bool = False
    deliver_again: Callable[[], object] = lambda: None
    _call_number: int = 0
    _random: random.Random = field(default_factory=random.Random)

    def plan(self, faults: Faults) -> None:
        """What goes wrong from now on, in a process that lives."""
        self.planned, self.is_dead, self._call_number = faults, False, 0
        self._random.seed(faults.seed)

    def put(
        self, bucket: str, key: str, body: bytes | BinaryIO, *, seconds: float, **options: Any
    ) -> PutObject:
        content = body if isinstance(body, bytes) else from_start(body)

        def act() -> PutObject:
            stored = super(FaultyS3, self).put(bucket, key, content, seconds=seconds, **options)
            if key.startswith(PARTS_PREFIX):
                entries = [read_entry(text) for text in content.splitlines(keepends=True)]
                self.settled |= {entry.line for entry in entries if not entry.is_pending}
            return stored

        return self._met(act)

    def get(self, bucket: str, key: str, **options: Any) -> StoredObject:
        return self._met(lambda: super(FaultyS3, self).get(bucket, key, **options))

    def exists(self, bucket: str, key: str, *, seconds: float) -> bool:
        return self._met(lambda: super(FaultyS3, self).exists(bucket, key, seconds=seconds))

    def list_keys(self, bucket: str, prefix: str, *, seconds: float) -> list[str]:
        return self._met(lambda: super(FaultyS3, self).list_keys(bucket, prefix, seconds=seconds))

    def _met(self, act: Callable[[], T]) -> T:
        plan = self.planned
        with self._lock:
            self._call_number += 1
            number = self._call_number
            chance = self._random.random() * 100
        if number == plan.delivered_again_at_s3_call:
            self.deliver_again()
        is_last = number == plan.killed_at_s3_call
        self.die_if(dies=is_last and not plan.killed_after_effect)
        if chance < plan.s3_percent / 2:
            raise NotConnectedError
        outcome = act()
        self.die_if(dies=is_last)
        if chance < plan.s3_percent:
            raise AwsError("InternalError", "We encountered an internal error.", 500)
        return outcome

    def die_if(self, *, dies: bool) -> None:
        """End the process now, or notice that it has ended."""
        if dies:
            self.is_dead = True
        if self.is_dead:
            raise KilledError


@dataclass
class Story:
    """A batch from its upload to its result, through many runs."""

    kinds: list[str]
    """What each line of the input is."""
    rig: Rig = field(init=False)
    s3: FaultyS3 = field(default_factory=FaultyS3)
    batch: InputObject = field(init=False)
    lines_asked: int = 0
    repeated: set[int] = field(default_factory=set[int])
    """Lines that were asked although their answer was stored."""
    _random: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self.rig = Rig(s3=self.s3, max_receives=3)
        self.rig.generator.answer = self.answer
        self.batch = self.rig.upload(
            "".join(map(line_of, range(1, len(self.kinds) + 1), self.kinds)).encode()
        )
        self.s3.deliver_again = self.deliver_again

    def answer(self, asked: Asked) -> Outcome:
        """What the model says."""
        self.repeated |= {asked.line} & self.s3.settled
        self.lines_asked += 1
        self.s3.die_if(dies=self.lines_asked == self.s3.planned.killed_at_line)
        if self._random.random() * 100 < self.s3.planned.model_percent:
            return self._random.choice(PASSING)("for now")
        if self.kinds[asked.line - 1] == "refused":
            return ModelRejectedRequestError("no")
        return f"{asked.prompt}!"

    def deliver(self, faults: Faults, receive_count: int, timeout_seconds: float) -> bool:
        """One delivery; whether the message is done with."""
        self.s3.plan(faults)
        self.lines_asked = 0
        self._random.seed(faults.seed)
        try:
            outcome = self.rig.run(self.batch, receive_count, timeout_seconds=timeout_seconds)
        except (HandlerError, KilledError):
            self.rig.clock.pass_by(60)
            return False
        finally:
            await_workers()
        self.rig.clock.pass_by(outcome.retry_after_seconds or 1)
        return outcome.finished

    def deliver_again(self) -> None:
        """The same event in another message, while the first is being worked on."""
        try:
            self.rig.run(self.batch)
        except HandlerError:
            return

    def end(self) -> None:
        """Deliver until it is finished, with nothing in the way."""
        for _ in range(MOST_RUNS):
            if self.deliver(Faults(), 1, 900):
                return
        pytest.fail("the batch never finished")

    def expected(self) -> list[tuple[int, str]]:
        """The lines of a right result."""
        answers = {"refused": "(model_rejected_request)", "bad": "(bad_request)"}
        return [
            (n, answers.get(kind, f"p{n}!"))
            for n, kind in enumerate(self.kinds, 1)
            if kind != "blank"
        ]

    def result(self) -> list[tuple[int, str | None]]:
        """The lines of the result."""
        self.s3.plan(Faults())
        lines = self.rig.result(self.batch)
        return list(zip([line["line"] for line in lines], texts(lines), strict=True))


def from_start(file: BinaryIO) -> bytes:
    """What the client sends of a file, whatever was read of it before."""
    file.seek(0)
    return file.read()


def line_of(number: int, kind: str) -> str:
    """A line of an input."""
    special = {"blank": "", "bad": '{"prompt": 5', "text": json.dumps(f"p{number}")}
    return special.get(kind, json.dumps({"prompt": f"p{number}"})) + "\n"


def await_workers() -> None:
    """Nobody of a run that is over may act in the next one: a process has its threads for itself."""
    for thread in threading.enumerate():
        if thread.name.startswith(("batch", "parts")):
            thread.join()


KINDS = st.lists(
    st.sampled_from(["object", "object", "text", "bad", "blank", "refused"]), max_size=40
)
CALL_NUMBER = st.none() | st.integers(1, 40)
FAULTS = st.builds(
    Faults,
    seed=st.integers(0, 2**32),
    s3_percent=st.sampled_from([0, 0, 10, 40]),
    model_percent=st.sampled_from([0, 10, 60, 100]),
    killed_at_s3_call=CALL_NUMBER,
    killed_after_effect=st.booleans(),
    killed_at_line=CALL_NUMBER,
    delivered_again_at_s3_call=CALL_NUMBER,
)
RUNS = st.lists(
    st.tuples(FAULTS, st.integers(1, 3), st.sampled_from([20.0, 60.0, 900.0])), max_size=6
)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part every five lines: then a few lines make many."""
    monkeypatch.setattr(parts, "MOST_LINES", 5)


@pytest.mark.row("killed")
@settings(deadline=None)
@given(kinds=KINDS, runs=RUNS)
def test_no_fault_loses_or_repeats_a_line(
    kinds: list[str], runs: list[tuple[Faults, int, float]]
) -> None:
    story = Story(kinds)

    for faults, receive_count, timeout_seconds in runs:
        story.deliver(faults, receive_count, timeout_seconds)
    story.end()

    assert story.repeated == set()
    assert story.result() == story.expected()


def test_a_batch_of_1000_prompts_survives_a_fault_in_every_tenth_call() -> None:
    story = Story(["object"] * 1000)
    runs = 0

    while not story.deliver(Faults(seed=runs, s3_percent=10, model_percent=10), 1, 900):
        runs += 1
        assert runs < MOST_RUNS

    assert story.repeated == set()
    assert story.result() == [(n, f"p{n}!") for n in range(1, 1001)]
