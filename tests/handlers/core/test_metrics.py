"""The line from which CloudWatch makes metrics: numbers, and never a text."""

import contextlib
import json
from types import SimpleNamespace
from typing import Any

import pytest

from handlers.contracts.contract import Generated
from handlers.errors import EndpointThrottledError
from handlers.generation_request import GenerationRequest
from handlers.metrics import write_metrics
from handlers.run import Run
from tests.handlers.doubles import (
    ENDPOINT_NAME,
    STORY,
    STORY_REPLY,
    FakeEndpoint,
    FakeReply,
    FakeS3,
    FakeStream,
    generator,
    invocation,
    s3_error,
)

PROMPT = "Tell me of the quokka"
REPLY = json.dumps([{**STORY_REPLY[0], "generated_text": "The quokka slept"}]).encode()


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    out = capsys.readouterr().out
    assert "quokka" not in out
    return [json.loads(line) for line in out.splitlines()]


def measured(capsys: pytest.CaptureFixture[str], endpoint: FakeEndpoint, **settings: Any) -> Any:
    """The metrics of one request."""
    made = generator(endpoint, settings.pop("s3", FakeS3()), metrics_namespace="genai", **settings)
    request = GenerationRequest(prompt=PROMPT, stream=True)
    with contextlib.suppress(EndpointThrottledError):
        made.generate(request, invocation())
    [line] = lines_of(capsys)
    return line


def a_run(**known: Any) -> Run:
    """A request on its way, of which this is known."""
    return Run(
        request=GenerationRequest(prompt=PROMPT),
        invocation=invocation(),
        mode="sync",
        model={"endpoint": ENDPOINT_NAME, "variant": None, "uri": "hf:x"},
        **known,
    )


def test_a_line_is_in_the_embedded_metric_format(capsys: pytest.CaptureFixture[str]) -> None:
    whole = a_run(
        model_milliseconds=10,
        first_text_milliseconds=5,
        usage={"prompt_tokens": 4, "completion_tokens": 6},
        attempts=3,
        is_record_lost=True,
    )

    write_metrics("genai", whole, 200)

    [line] = lines_of(capsys)
    described = line.pop("_aws")
    assert 1.7e12 < described.pop("Timestamp") < 1e13  # milliseconds
    assert described == {
        "CloudWatchMetrics": [
            {
                "Namespace": "genai",
                "Dimensions": [["Endpoint"], ["Endpoint", "Status"]],
                "Metrics": [
                    {"Name": "Requests", "Unit": "Count"},
                    {"Name": "Failures", "Unit": "Count"},
                    {"Name": "Retries", "Unit": "Count"},
                    {"Name": "RecordsNotStored", "Unit": "Count"},
                    {"Name": "TotalLatency", "Unit": "Milliseconds"},
                    {"Name": "ModelLatency", "Unit": "Milliseconds"},
                    {"Name": "TimeToFirstText", "Unit": "Milliseconds"},
                    {"Name": "PromptTokens", "Unit": "Count"},
                    {"Name": "CompletionTokens", "Unit": "Count"},
                ],
            }
        ]
    }
    assert 0 <= line.pop("TotalLatency") < 10_000
    assert line == {
        "Endpoint": ENDPOINT_NAME,
        "Status": "200",
        "Requests": 1,
        "Failures": 0,
        "Retries": 2,
        "RecordsNotStored": 1,
        "ModelLatency": 10,
        "TimeToFirstText": 5,
        "PromptTokens": 4,
        "CompletionTokens": 6,
    }


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": None, "completion_tokens": 6}])
def test_what_nobody_counted_is_no_metric(capsys: pytest.CaptureFixture[str], usage: Any) -> None:
    write_metrics("genai", a_run(usage=usage), 404)

    [line] = lines_of(capsys)
    names = {metric["Name"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert names & {"ModelLatency", "TimeToFirstText", "PromptTokens"} == set()
    assert ("CompletionTokens" in names) == (usage is not None)
    assert names < line.keys()
    assert (line["Failures"], line["Retries"]) == (1, 0)


def test_nothing_is_written_without_a_namespace(capsys: pytest.CaptureFixture[str]) -> None:
    generator(FakeEndpoint(), FakeS3()).generate(GenerationRequest(prompt="x"), invocation())

    assert capsys.readouterr().out == ""


def test_a_text_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    line = measured(capsys, FakeEndpoint([FakeStream([REPLY], attempts=2)]))

    assert (line["Endpoint"], line["Status"], line["Requests"]) == (ENDPOINT_NAME, "200", 1)
    assert (line["Failures"], line["Retries"], line["RecordsNotStored"]) == (0, 1, 0)
    assert (line["PromptTokens"], line["CompletionTokens"]) == (4, 5)
    assert line.keys() > {"ModelLatency", "TotalLatency", "TimeToFirstText"}


def test_a_failure_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    error = EndpointThrottledError(PROMPT)
    error.attempts = 3

    line = measured(capsys, FakeEndpoint([error]))

    assert (line["Status"], line["Failures"], line["Retries"]) == ("429", 1, 2)
    assert "CompletionTokens" not in line


def test_a_lost_record_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    s3 = FakeS3()
    s3.fail(s3_error("SlowDown"), "put")

    line = measured(capsys, FakeEndpoint([FakeStream([REPLY])]), s3=s3)

    assert (line["Status"], line["RecordsNotStored"]) == ("200", 1)


def test_a_request_that_is_answered_later_is_no_failure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = generator(FakeEndpoint(), FakeS3(), metrics_namespace="genai", has_queue=True)

    made.generate(GenerationRequest(prompt=PROMPT, asynchronous=True), invocation())

    [line] = lines_of(capsys)
    assert (line["Status"], line["Failures"]) == ("202", 0)


def test_a_replayed_text_costs_no_tokens(capsys: pytest.CaptureFixture[str]) -> None:
    made = generator(FakeEndpoint([FakeReply(REPLY)]), FakeS3(), metrics_namespace="genai")
    request = GenerationRequest(prompt=PROMPT, client_token="t")

    made.generate(request, invocation())
    made.generate(request, invocation())

    first, second = lines_of(capsys)
    assert first["CompletionTokens"] == 5
    assert (second["Status"], "CompletionTokens" in second, "ModelLatency" in second) == (
        "200",
        False,
        False,
    )


def test_every_request_of_a_batch_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    made = generator(FakeEndpoint(), FakeS3(), metrics_namespace="genai")

    for request in (GenerationRequest(prompt="x"), GenerationRequest(body={})):
        made.record_of(request, invocation())

    assert [line["Status"] for line in lines_of(capsys)] == ["200", "400"]


def test_a_text_is_not_lost_because_the_line_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_line: str) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("sys.stdout", SimpleNamespace(write=broken))
    made = generator(FakeEndpoint(), FakeS3(), metrics_namespace="genai")

    answer = made.generate(GenerationRequest(prompt=PROMPT), invocation())

    assert isinstance(answer.outcome, Generated)
    assert answer.outcome.text == STORY
