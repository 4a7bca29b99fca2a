"""Whatever comes, the answer is well-formed, and the log keeps quiet about what people wrote."""

import json
import logging
import math
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.answering import answer
from handlers.bucket import Bucket
from handlers.clients import s3, sagemaker_runtime
from handlers.contracts import CONTRACTS
from handlers.generation import Generator
from handlers.model_endpoint import ModelEndpoint
from handlers.modes import REALTIME
from handlers.records import RecordStore
from tests.handlers.doubles import (
    BUCKET_NAME,
    MODEL_URI,
    REQUEST_ID,
    STORY_REPLY,
    FakeRuntime,
    FakeS3,
    async_generator,
    event,
    generator,
    invocation,
)
from tests.handlers.wire_endpoint import WireEndpoint

MARKER = "quokka-7f3a"
ASKING = {"prompt": f"Tell me of the {MARKER}", "parameters": {"stop": [MARKER]}}
TELLING = json.dumps([{"generated_text": f"The {MARKER} slept."}]).encode()

JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
# Close enough to real requests that most get past the first check.
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "prompt": st.text() | JSON_VALUES,
        "parameters": st.dictionaries(
            st.sampled_from(["max_new_tokens", "temperature", "seed", "top_p", "stop", "maximum"]),
            st.integers(0, 5) | st.floats() | st.lists(st.text(), max_size=2) | JSON_VALUES,
        ),
        "version": st.just("2.0") | JSON_VALUES,
        "\ud800": JSON_VALUES,
    },
)
HTTP_EVENTS = st.fixed_dictionaries(
    {"version": st.just("2.0")},
    optional={
        "requestContext": st.just({"http": {"method": "POST"}}) | JSON_VALUES,
        "headers": st.fixed_dictionaries({"content-type": st.text() | JSON_VALUES}) | JSON_VALUES,
        "body": REQUESTS.map(json.dumps) | JSON_VALUES,
        "isBase64Encoded": st.booleans() | JSON_VALUES,
    },
)


def check_reply(reply: dict[str, Any]) -> None:
    """Assert the promised shape, and that Lambda's runtime can send it."""
    json.dumps(reply, ensure_ascii=False).encode()
    status = reply.get("statusCode") or reply["status"]
    body = json.loads(reply["body"]) if "body" in reply else reply
    assert status in {200, 400, 405, 413, 415}
    if status == 200:
        assert isinstance(body["text"], str)
        assert body["record"].startswith("s3://")
    else:
        error = body["error"]
        assert error.keys() == {"type", "message", "retryable", "request_id"}
        assert error["message"]
        assert error["type"] != "internal"


@settings(max_examples=150)
@given(JSON_VALUES | REQUESTS | HTTP_EVENTS)
def test_any_event_gets_a_well_formed_reply(any_event: object) -> None:
    model = FakeRuntime(json.dumps(STORY_REPLY).encode())

    check_reply(answer(any_event, invocation(), generator(model, FakeS3())))


@settings(max_examples=50)
@given(st.binary() | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_answer_of_the_container_gets_a_well_formed_reply(body: bytes) -> None:
    for contract in CONTRACTS:
        reply: Any = answer(
            {"prompt": "x"}, invocation(), generator(FakeRuntime(body), FakeS3(), contract)
        )

        json.dumps(reply, ensure_ascii=False, allow_nan=False).encode()
        assert reply["status"] in {200, 502}


def test_an_event_a_thousand_levels_deep_is_refused() -> None:
    deep: object = "prompt"
    for _ in range(1_000):
        deep = [deep]

    reply: Any = answer({"prompt": deep}, invocation(), generator(FakeRuntime(), FakeS3()))

    assert (reply["status"], reply["error"]["type"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "bad_event", [{}, {"Records": []}, {"prompt": "x", "temperature": math.nan}]
)
def test_an_object_that_is_no_request_is_told_what_to_send(bad_event: object) -> None:
    reply: Any = answer(bad_event, invocation(), generator(FakeRuntime(), FakeS3()))

    assert reply["status"] == 400
    assert 'Send for example {"prompt": ' in reply["error"]["message"]


def test_what_nobody_foresaw_is_answered_without_a_trace_and_logged_without_the_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    runtime = FakeRuntime(RuntimeError(f"cannot digest {MARKER}"))

    reply: Any = answer(ASKING, invocation(), generator(runtime, FakeS3()))

    assert (reply["status"], reply["error"]["type"]) == (500, "internal")
    assert MARKER not in reply["error"]["message"]
    (failure,) = [record for record in caplog.records if record.msg == "unforeseen failure"]
    assert fields(failure)["exception_type"] == "RuntimeError"
    assert fields(failure)["raised_at"][-1].startswith("handlers/doubles.py:")
    assert failure.exc_info is None


def test_what_nobody_foresaw_leaves_a_record_too() -> None:
    bucket = FakeS3()

    answer(ASKING, invocation(), generator(FakeRuntime(RuntimeError("no")), bucket))

    (record,) = (json.loads(body) for body in bucket.objects.values())
    assert (record["status"], record["error"]["exception_type"]) == (500, "RuntimeError")


def test_each_request_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    model = FakeRuntime(json.dumps(STORY_REPLY).encode())

    answer({"prompt": "Once"}, invocation(), generator(model, FakeS3()))

    (line,) = caplog.records
    logged = fields(line)
    assert line.levelname == "INFO"
    assert (logged["request_id"], logged["status"], logged["contract"]) == (
        REQUEST_ID,
        200,
        "pipelines",
    )
    assert (logged["prompt_characters"], logged["completion_tokens"]) == (4, 5)
    assert 0 <= logged["model_latency_ms"] <= logged["latency_ms"]


def test_an_asynchronous_request_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    answer({"prompt": "Once"}, invocation(), async_generator(FakeRuntime(), FakeS3()))

    (line,) = caplog.records
    assert (fields(line)["status"], fields(line)["prompt_characters"]) == (202, 4)
    assert 0 <= fields(line)["model_latency_ms"] <= fields(line)["latency_ms"]


@settings(max_examples=50)
@given(JSON_VALUES | REQUESTS | HTTP_EVENTS)
def test_any_event_gets_a_well_formed_reply_in_the_mode_async(any_event: object) -> None:
    reply: Any = answer(any_event, invocation(), async_generator(FakeRuntime(), FakeS3()))

    json.dumps(reply, ensure_ascii=False).encode()
    body = json.loads(reply["body"]) if "body" in reply else reply
    if (reply.get("statusCode") or reply["status"]) == 202:
        assert (body["state"], body["warnings"]) == ("accepted", [])
    else:
        assert body["error"]["type"] != "internal"


def test_a_failed_request_is_one_line_with_its_type(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    answer({"prompt": "Once"}, invocation(), generator(FakeRuntime(b"no"), FakeS3()))

    (line,) = caplog.records
    assert (fields(line)["status"], fields(line)["error_type"]) == (502, "unexpected_reply")


@pytest.mark.parametrize(
    "outcome",
    [
        TELLING,
        f"plain {MARKER}".encode(),
        RuntimeError(MARKER),
        ClientError(
            {
                "Error": {"Code": "ModelError", "Message": MARKER},
                "OriginalMessage": MARKER,
                "OriginalStatusCode": 400,
            },
            "InvokeEndpoint",
        ),
    ],
    ids=["text", "not-json", "unforeseen", "container-error"],
)
@pytest.mark.parametrize("s3_fails", [False, True])
@pytest.mark.parametrize("generator_on", [generator, async_generator])
def test_no_prompt_and_no_text_is_logged(
    caplog: pytest.LogCaptureFixture,
    outcome: bytes | Exception,
    generator_on: Callable[..., Generator],
    *,
    s3_fails: bool,
) -> None:
    caplog.set_level(logging.DEBUG)

    def fail() -> None:
        raise RuntimeError(MARKER)

    bucket = FakeS3(before=fail) if s3_fails else FakeS3()

    answer(ASKING, invocation(), generator_on(FakeRuntime(outcome), bucket))

    assert_silent_about_the_marker(caplog)


@pytest.mark.parametrize(
    "bad_event",
    [
        {"prompt": MARKER, MARKER: 1},
        {"prompt": MARKER, "parameters": {MARKER: 1, "stop": [MARKER, 1]}},
        {**event("http_api"), "body": f"not json {MARKER}"},
        {**event("http_api"), "headers": {"content-type": MARKER}},
        [MARKER],
    ],
)
def test_no_bad_input_is_logged(caplog: pytest.LogCaptureFixture, bad_event: object) -> None:
    caplog.set_level(logging.DEBUG)

    answer(bad_event, invocation(), generator(FakeRuntime(), FakeS3()))

    assert_silent_about_the_marker(caplog)


@pytest.mark.usefixtures("bucket")
def test_not_even_botocore_logs_the_prompt(
    caplog: pytest.LogCaptureFixture, wire: WireEndpoint
) -> None:
    caplog.set_level(logging.DEBUG)
    wire.answers(TELLING)
    real = Generator(
        contract=CONTRACTS["pipelines"],
        mode=REALTIME,
        endpoint=ModelEndpoint("genai-dev", sagemaker_runtime),
        records=RecordStore(Bucket(BUCKET_NAME, s3)),
        model_uri=MODEL_URI,
    )

    reply = answer(ASKING, invocation(), real)

    assert reply["status"] == 200
    assert_silent_about_the_marker(caplog)


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """Everything in a log record, the fields given as `extra` among it."""
    return record.__dict__


def assert_silent_about_the_marker(caplog: pytest.LogCaptureFixture) -> None:
    """Assert that something was logged and that the marker is nowhere in it."""
    assert caplog.records
    for record in caplog.records:
        assert MARKER not in str(fields(record))
        assert MARKER not in caplog.handler.format(record)
