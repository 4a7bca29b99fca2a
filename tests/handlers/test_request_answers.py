"""What direct and HTTP events are answered, and that the log keeps quiet about what people wrote."""

import json
import logging
import math
from typing import Any

import pytest

from handlers.answer import Pending
from handlers.errors import (
    EndpointThrottledError,
    EndpointWakingError,
    ModelRejectedRequestError,
    NotFoundError,
    StreamBrokenError,
)
from handlers.events.any_event import answer
from tests.handlers.doubles import environment
from tests.handlers.events.fakes import (
    BUCKET,
    MODEL,
    REQUEST_ID,
    STORY,
    FakeGenerator,
    FakeResults,
    accepted_answer,
    deferred_answer,
    invocation,
    services,
    stored_event,
    text_answer,
)

MARKER = "quokka-7f3a"
ASKING = {"prompt": f"Tell me of the {MARKER}", "parameters": {"stop": [MARKER]}}
RECORD = f"s3://{BUCKET}/records/dt=2026-10-16/{REQUEST_ID}.json"


def replied(event: object, outcome: Any = None, **parts: Any) -> Any:
    """The reply to an event."""
    generator = FakeGenerator(outcome or text_answer())
    return answer(event, invocation(), services(generator, **parts))


def test_a_text_is_replied_with_all_that_is_known() -> None:
    assert replied({"prompt": "Once"}) == {
        "status": 200,
        "text": STORY,
        "finish_reason": "length",
        "usage": {"prompt_tokens": 4, "completion_tokens": 5},
        "request_id": REQUEST_ID,
        "model": MODEL,
        "latency_ms": 12,
        "record": RECORD,
        "warnings": [],
    }


def test_what_only_some_replies_have_is_there_when_they_have_it() -> None:
    outcome = text_answer(
        first_text_milliseconds=3,
        session_id="s1",
        custom_attributes="trace=1",
        replayed=True,
    )

    reply = replied({"prompt": "Once"}, outcome)

    assert (reply["first_text_ms"], reply["session_id"]) == (3, "s1")
    assert (reply["custom_attributes"], reply["replayed"]) == ("trace=1", True)


def test_an_asynchronous_request_is_told_how_to_get_its_result() -> None:
    assert replied({"prompt": "Once"}, accepted_answer()) == {
        "status": 202,
        "state": "accepted",
        "request_id": REQUEST_ID,
        "poll": {"result": REQUEST_ID},
        "retry_after_seconds": 5,
        "result": f"s3://{BUCKET}/async/results/{REQUEST_ID}.out",
        "failure": None,
        "model": MODEL,
        "record": RECORD,
        "warnings": [],
    }


def test_a_repeated_asynchronous_request_is_told_the_first_ones_id() -> None:
    reply = replied({"prompt": "Once"}, accepted_answer("first"))

    assert (reply["request_id"], reply["poll"]) == (REQUEST_ID, {"result": "first"})


def test_a_request_that_was_kept_is_told_how_to_get_its_result() -> None:
    assert replied({"prompt": "Once"}, deferred_answer()) == {
        "status": 202,
        "state": "queued",
        "request_id": REQUEST_ID,
        "poll": {"result": REQUEST_ID},
        "retry_after_seconds": 5,
        "model": MODEL,
        "record": None,
        "warnings": [],
    }


def test_a_request_that_woke_the_endpoint_is_told_to_come_again() -> None:
    reply = replied({"prompt": "Once"}, EndpointWakingError("It wakes up."))

    assert reply == {
        "status": 202,
        "state": "waking",
        "request_id": REQUEST_ID,
        "poll": None,
        "retry_after_seconds": 60,
        "message": "It wakes up.",
    }


def test_a_failure_is_replied_in_one_shape() -> None:
    assert replied({"prompt": "Once"}, ModelRejectedRequestError("Too long.")) == {
        "status": 422,
        "error": {
            "type": "model_rejected_request",
            "message": "Too long.",
            "retryable": False,
            "request_id": REQUEST_ID,
        },
    }


def test_a_broken_stream_brings_the_text_so_far() -> None:
    reply = replied({"prompt": "x"}, StreamBrokenError("It broke.", text_so_far="Once \ud83e"))

    assert (reply["status"], reply["error"]["type"]) == (502, "stream_broken")
    assert (reply["text"], reply["finish_reason"]) == ("Once ?", "error")


def test_a_result_is_found_under_its_id() -> None:
    results = FakeResults(text_answer())

    reply = replied(stored_event("direct_result"), results=results)

    assert results.asked == [REQUEST_ID]
    assert (reply["status"], reply["text"], reply["request_id"]) == (200, STORY, REQUEST_ID)


@pytest.mark.parametrize("name", ["direct_result", "function_url_result", "rest_api_result"])
def test_a_result_that_is_not_there_yet_is_pending(name: str) -> None:
    reply = replied(stored_event(name), results=FakeResults(Pending(REQUEST_ID)))

    body = json.loads(reply["body"]) if "body" in reply else reply
    assert (reply.get("statusCode") or reply.pop("status")) == 202
    assert body == {
        "state": "pending",
        "request_id": REQUEST_ID,
        "poll": {"result": REQUEST_ID},
        "retry_after_seconds": 5,
    }
    if "headers" in reply:
        assert reply["headers"]["retry-after"] == "5"


def test_an_unknown_result_is_not_found() -> None:
    reply = replied(
        stored_event("function_url_result"), results=FakeResults(NotFoundError("Unknown."))
    )

    assert reply["statusCode"] == 404
    assert json.loads(reply["body"])["error"]["type"] == "not_found"


def test_an_http_request_is_answered_with_a_response() -> None:
    reply = replied(stored_event("function_url"))

    body = json.loads(reply["body"])
    assert reply["statusCode"] == 200
    assert reply["headers"] == {"content-type": "application/json", "x-request-id": REQUEST_ID}
    assert body["text"] == STORY
    assert "status" not in body


@pytest.mark.parametrize(
    ("error", "status", "seconds"),
    [(EndpointThrottledError("m"), 429, "5"), (EndpointWakingError("m"), 202, "60")],
)
def test_an_http_caller_is_told_when_to_come_again(
    error: Exception, status: int, seconds: str
) -> None:
    reply = replied(stored_event("http_api"), error)

    assert (reply["statusCode"], reply["headers"]["retry-after"]) == (status, seconds)


def test_a_stream_that_nobody_hears_is_collected() -> None:
    generator = FakeGenerator()

    reply: Any = answer(stored_event("direct_messages"), invocation(), services(generator))

    ((request, _),) = generator.calls
    assert (request.stream, request.client_token) == (True, "order-4711")
    assert reply["text"] == STORY


def test_without_client_tokens_a_request_with_one_is_told_so_and_not_generated() -> None:
    generator = FakeGenerator(environment=environment(client_tokens=False))

    reply: Any = answer(stored_event("direct_messages"), invocation(), services(generator))

    assert (reply["status"], generator.calls) == (400, [])
    assert reply["error"]["message"] == (
        "Bad request: this function takes no client_token (genai:invoker:clientTokens is false)."
        " Send the request without one; it is then generated as often as it is sent."
    )


@pytest.mark.parametrize(
    "bad_event",
    [
        None,
        [],
        7,
        "prompt",
        {},
        {"Records": []},
        {"prompt": ""},
        {"prompt": "x", "temperature": math.nan},
        {"prompt": "x", "messages": []},
        {"messages": [{"role": "wizard", "content": "x"}]},
        {"prompt": "x", "parameters": {"max_new_tokens": -1}},
    ],
)
def test_what_is_no_request_is_told_what_to_send(bad_event: object) -> None:
    reply = replied(bad_event)

    assert (reply["status"], reply["error"]["type"]) == (400, "bad_request")
    assert 'Send for example {"prompt": ' in reply["error"]["message"]


@pytest.mark.row("bad-event")
def test_an_event_a_thousand_levels_deep_is_refused() -> None:
    deep: object = "prompt"
    for _ in range(1_000):
        deep = [deep]

    reply = replied({"prompt": deep})

    assert (reply["status"], reply["error"]["type"]) == (400, "bad_request")


def test_the_limit_of_tokens_is_the_deployments() -> None:
    reply = replied({"prompt": "x", "parameters": {"max_new_tokens": 4097}})

    assert "4096" in reply["error"]["message"]


def test_what_nobody_foresaw_is_answered_without_a_trace_and_logged_without_the_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reply = replied(ASKING, RuntimeError(f"cannot digest {MARKER}"))

    assert (reply["status"], reply["error"]["type"]) == (500, "internal")
    assert MARKER not in reply["error"]["message"]
    (failure,) = [record for record in caplog.records if record.msg == "unforeseen failure"]
    assert fields(failure)["exception_type"] == "RuntimeError"
    assert fields(failure)["raised_at"][-1].startswith("events/fakes.py:")
    assert failure.exc_info is None


def test_each_request_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    replied({"prompt": "Once"})

    (line,) = caplog.records
    logged = fields(line)
    assert (line.levelname, line.message) == ("INFO", "request answered")
    assert (logged["request_id"], logged["status"], logged["contract"]) == (
        REQUEST_ID,
        200,
        "pipelines",
    )
    assert (logged["prompt_characters"], logged["completion_tokens"]) == (4, 5)
    assert (logged["model_latency_ms"], logged["attempts"]) == (12, 1)
    assert (logged["event_kind"], logged["latency_ms"] >= 0) == ("direct", True)


def test_a_failed_request_is_one_line_with_its_type(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    replied(stored_event("http_api"), EndpointThrottledError("m"))

    (line,) = caplog.records
    assert (fields(line)["status"], fields(line)["error_type"]) == (429, "endpoint_throttled")
    assert fields(line)["event_kind"] == "http"


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (ASKING, text_answer(f"The {MARKER} slept.")),
        (ASKING, ModelRejectedRequestError(MARKER)),
        (ASKING, RuntimeError(MARKER)),
        ({"prompt": MARKER, MARKER: 1}, None),
        ({"prompt": MARKER, "parameters": {MARKER: 1, "stop": [MARKER, 1]}}, None),
        ({**stored_event("http_api"), "body": f"not json {MARKER}"}, None),
        ({**stored_event("http_api"), "headers": {"content-type": MARKER}}, None),
        ([MARKER], None),
    ],
)
def test_nothing_that_people_wrote_is_logged(
    caplog: pytest.LogCaptureFixture, event: object, outcome: Any
) -> None:
    caplog.set_level(logging.DEBUG)

    replied(event, outcome)

    assert caplog.records
    for record in caplog.records:
        assert MARKER not in str(fields(record))


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """Everything in a log record, the fields given as `extra` among it."""
    return record.__dict__
