"""docs/records.md: its examples are what the function makes, and no field or failure is left out."""

import contextlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from handlers.errors import (
    AlreadyAnsweredError,
    BadRequestError,
    HandlerError,
    InProgressError,
    ModelFailedError,
    OutcomeUnknownError,
    StorageUnavailableError,
    StreamBrokenError,
)
from handlers.generation_request import GenerationRequest
from handlers.generator import Generator
from handlers.invocation import Invocation
from handlers.metrics import metrics_of
from handlers.run import Run
from handlers.storage import records
from tests.handlers.doubles import (
    FakeEndpoint,
    FakeReply,
    FakeS3,
    FakeStream,
    generator,
    invocation,
)

DOCUMENT = (Path(__file__).parents[3] / "docs" / "records.md").read_text()
ASKING = GenerationRequest(
    messages=(
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Who lives in the forest?"},
    ),
    parameters={"max_new_tokens": 20, "stop": ["END"]},
    stream=True,
    client_token="order-7",
)
STORY = b"""{"token": {"text": "A fo"}}
{"token": {"text": "x."}, "generated_text": "A fox.", "finish_reason": "stop",
 "usage": {"prompt_tokens": 12, "completion_tokens": 4}}
""".replace(b",\n", b",")


def example(name: str) -> Any:
    [found] = re.findall(rf"^```json {name}\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)
    return json.loads(found)


def run_of_the_document(milliseconds: list[int]) -> Invocation:
    """A run at the document's moment, whose clock tells these times one after the other."""
    run, times = invocation(), iter(milliseconds)
    object.__setattr__(run, "created_at", datetime(2026, 3, 9, 12, 0, 0, 250_000, tzinfo=UTC))
    object.__setattr__(run, "elapsed_milliseconds", lambda: next(times))
    return run


def record_of(made: Generator, request: GenerationRequest, milliseconds: list[int]) -> Any:
    s3 = made.bucket.client()
    assert isinstance(s3, FakeS3)
    with contextlib.closing(made), contextlib.suppress(ModelFailedError, StreamBrokenError):
        made.generate(request, run_of_the_document(milliseconds))
    [key] = [key for key in s3.called("put") if key.startswith("records/dt=2026-03-09/")]
    return s3.value(key)


def made_with(answer: object, **settings: Any) -> Generator:
    return generator(
        FakeEndpoint([answer]), FakeS3(), model_uri="hf:Qwen/Qwen3-0.6B@main", **settings
    )


STREAM_TIMES = [5, 120, 805, 810, 820]


def test_the_record_is_the_one_of_the_function() -> None:
    made = made_with(FakeStream([STORY]))

    assert record_of(made, ASKING, STREAM_TIMES) == example("record")


def test_the_failure_is_the_one_of_the_function() -> None:
    error = ModelFailedError(
        "The model's container failed (500): CUDA out of memory",
        {
            "log_stream_arn": "arn:aws:logs:us-east-1:123456789012:log-group"
            ":/aws/sagemaker/Endpoints/genai-dev"
        },
    )
    error.attempts = 2
    request = GenerationRequest(prompt="Once upon a time")

    assert record_of(made_with(error), request, [5, 805, 810]) == example("failure")


def test_the_broken_stream_is_the_one_of_the_function() -> None:
    error = StreamBrokenError("The connection broke while the model's reply was arriving.")
    error.attempts = 1
    stream = FakeStream([STORY.splitlines(keepends=True)[0], error])
    request = GenerationRequest(prompt="Once upon a time", stream=True)

    record = record_of(made_with(stream), request, STREAM_TIMES)

    assert {name: record[name] for name in example("partial")} == example("partial")


def test_the_record_without_texts_is_the_one_of_the_function() -> None:
    made = made_with(FakeStream([STORY]), records="metadata")

    record = record_of(made, ASKING, STREAM_TIMES)

    assert {name: record[name] for name in example("metadata")} == example("metadata")


def test_the_redacted_record_is_the_one_of_the_function() -> None:
    reply = FakeReply(b'[{"generated_text": "Dear fox@example.com!"}]')
    made = made_with(reply, redaction=tuple(example("rules")))
    request = GenerationRequest(prompt="Write to fox@example.com about order 4711.")

    record = record_of(made, request, [5, 805, 810])

    assert {name: record[name] for name in example("redacted")} == example("redacted")


def test_the_metrics_are_those_of_the_function(capsys: pytest.CaptureFixture[str]) -> None:
    record_of(made_with(FakeStream([STORY]), metrics_namespace="genai"), ASKING, STREAM_TIMES)

    line = json.loads(capsys.readouterr().out)
    line["_aws"]["Timestamp"] = example("metrics")["_aws"]["Timestamp"]
    assert line == example("metrics")


def documented(kind: type[Any]) -> Iterator[str]:
    for name in kind.__annotations__:
        if not re.search(rf"`(?:latency_ms\.)?{name}`|\"{name}\":", DOCUMENT):
            yield name


@pytest.mark.parametrize(
    "entry",
    [
        records.Record,
        records.RequestEntry,
        records.MessageEntry,
        records.ReplyEntry,
        records.ErrorEntry,
        records.LocationsEntry,
        records.ModelEntry,
        records.LatencyEntry,
    ],
)
def test_every_field_is_told_of(entry: type[Any]) -> None:
    assert entry.__annotations__
    assert list(documented(entry)) == []


def test_every_metric_is_told_of() -> None:
    whole = Run(
        request=GenerationRequest(prompt="x"),
        invocation=invocation(),
        mode="stream",
        model={"endpoint": "e", "variant": None, "uri": "hf:x"},
        model_milliseconds=1,
        first_text_milliseconds=1,
        usage={"prompt_tokens": 1, "completion_tokens": 1},
    )

    for name, unit, _ in metrics_of(whole, 200):
        assert re.search(rf"^\| .*`{name}`.* \| {unit} \|", DOCUMENT, re.MULTILINE), name


@pytest.mark.parametrize(
    "error",
    [
        InProgressError,
        BadRequestError,
        AlreadyAnsweredError,
        OutcomeUnknownError,
        StorageUnavailableError,
    ],
)
def test_what_a_client_token_can_end_in_is_told_with_its_status(error: type[HandlerError]) -> None:
    assert f"`{error.type}` ({error.status})" in DOCUMENT
