"""Events that Lambda delivers by itself: what is replied, and when they are delivered again."""

import json
import logging
from typing import Any

import pytest

from handlers.errors import (
    EndpointWakingError,
    ModelFailedError,
    ModelRejectedRequestError,
    OutcomeUnknownError,
)
from handlers.events.any_event import answer
from handlers.events.delivered import DeliverAgainError
from tests.handlers.events.fakes import (
    BUCKET,
    REQUEST_ID,
    STORY,
    FakeGenerator,
    FakeOutcome,
    FakeResults,
    FakeRunner,
    invocation,
    services,
    stored_event,
)

TOPIC_ID = "95df01b4-ee98-5cb9-9903-4c221d41eb5e"
BUS_ID = "17793124-05d4-b198-2fde-7ededc63b103"


def only_reply(event: Any, **parts: Any) -> Any:
    """The reply to the one message in an event."""
    reply: Any = answer(event, invocation(), services(**parts))
    (only,) = reply.pop("replies")
    assert reply == {}
    return only


@pytest.mark.parametrize(("name", "message_id"), [("sns", TOPIC_ID), ("eventbridge", BUS_ID)])
def test_a_request_is_answered_once_under_its_message_id(name: str, message_id: str) -> None:
    generator = FakeGenerator()

    reply = only_reply(stored_event(name), generator=generator)

    assert (reply["status"], reply["text"], reply["request_id"]) == (200, STORY, message_id)
    ((request, run),) = generator.calls
    assert (request.prompt, request.client_token) == ("Once upon a time", message_id)
    assert run.request_id == message_id


@pytest.mark.parametrize("name", ["s3", "s3_encoded_key", "sns_s3", "eventbridge_s3"])
def test_an_object_of_requests_is_run(name: str) -> None:
    runner = FakeRunner()

    reply = only_reply(stored_event(name), runner=runner)

    request_id = reply.pop("request_id")
    assert reply == {
        "status": 200,
        "state": "finished",
        "objects": [{"result": f"s3://{BUCKET}/results/stories.jsonl", "lines": 3, "failed": 1}],
    }
    ((found, run, receive_count),) = runner.runs
    assert (found.bucket, run.request_id, receive_count) == (BUCKET, request_id, 1)


@pytest.mark.parametrize("name", ["s3_test", "s3_deleted"])
def test_what_brings_no_object_is_answered_and_ignored(name: str) -> None:
    runner = FakeRunner()

    reply = only_reply(stored_event(name), runner=runner)

    assert (reply["status"], reply["state"], reply["request_id"]) == (200, "ignored", REQUEST_ID)
    assert runner.runs == []


def test_sagemakers_word_on_an_asynchronous_request_is_noted() -> None:
    results = FakeResults()

    reply = only_reply(stored_event("sns_completion"), results=results)

    assert (reply["status"], reply["state"], reply["request_id"]) == (200, "noted", TOPIC_ID)
    assert [message["inferenceId"] for message in results.completed] == [REQUEST_ID]


def test_sagemakers_word_on_a_request_without_a_record_is_ignored() -> None:
    reply = only_reply(stored_event("sns_completion"), results=FakeResults(record=None))

    assert (reply["status"], reply["state"]) == (200, "ignored")


@pytest.mark.parametrize("name", ["sns", "eventbridge"])
@pytest.mark.parametrize("error", [ModelFailedError("secret"), EndpointWakingError("secret")])
def test_a_failure_that_may_pass_is_delivered_again(name: str, error: Exception) -> None:
    with pytest.raises(DeliverAgainError) as caught:
        answer(stored_event(name), invocation(), services(FakeGenerator(error)))

    assert str(caught.value) == (
        f"1 of 1 messages have to be delivered again: {getattr(error, 'type', None)}."
    )
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_request_of_which_nobody_knows_what_came_fails_the_event() -> None:
    generator = FakeGenerator(OutcomeUnknownError("secret"))

    with pytest.raises(DeliverAgainError, match="delivered again: outcome_unknown"):
        answer(stored_event("sns"), invocation(), services(generator))


def test_an_unfinished_object_is_delivered_again() -> None:
    runner = FakeRunner(FakeOutcome(finished=False, retry_after_seconds=7))

    with pytest.raises(DeliverAgainError, match="delivered again: unfinished"):
        answer(stored_event("s3"), invocation(), services(runner=runner))


def test_a_failure_that_stays_is_replied() -> None:
    reply = only_reply(
        stored_event("sns"), generator=FakeGenerator(ModelRejectedRequestError("too long"))
    )

    assert reply == {
        "status": 422,
        "error": {
            "type": "model_rejected_request",
            "message": "too long",
            "retryable": False,
            "request_id": TOPIC_ID,
        },
    }


@pytest.mark.parametrize("sns", [None, [], "text", {}, {"Message": "{}"}])
def test_a_topic_record_without_its_message_is_refused(sns: object) -> None:
    event = stored_event("sns")
    event["Records"][0]["Sns"] = sns

    reply = only_reply(event)

    assert (reply["status"], reply["error"]["type"]) == (400, "bad_request")
    assert reply["error"]["request_id"] == REQUEST_ID


def test_every_record_is_answered_even_after_one_that_fails() -> None:
    event = stored_event("sns")
    event["Records"] = [{"EventSource": "aws:sns"}, *event["Records"]]
    generator = FakeGenerator()

    reply: Any = answer(event, invocation(), services(generator))

    assert [each["status"] for each in reply["replies"]] == [400, 200]
    assert len(generator.calls) == 1


def test_a_scheduled_event_is_told_what_a_request_is() -> None:
    event = {**stored_event("eventbridge"), "detail-type": "Scheduled Event", "detail": {}}

    reply = only_reply(event)

    assert reply["status"] == 400
    assert "prompt is missing" in reply["error"]["message"]


def test_a_message_that_could_not_be_read_is_one_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    event = stored_event("sns")
    event["Records"][0]["Sns"]["Message"] = "a secret story"

    only_reply(event)

    (line,) = caplog.records
    logged = line.__dict__
    assert (logged["status"], logged["error_type"], logged["event_kind"]) == (
        400,
        "bad_request",
        "sns",
    )
    assert "secret" not in json.dumps(logged, default=str)
