"""Which messages of a queue are done, and which come back, and when."""

import json
import logging
import threading
from typing import Any

import pytest

from handlers.errors import (
    AlreadyAnsweredError,
    BadRequestError,
    EndpointThrottledError,
    EndpointWakingError,
    HandlerError,
    InProgressError,
    InternalError,
    ModelFailedError,
    ModelRejectedRequestError,
    ModelTimedOutError,
    NoTimeLeftError,
    OutcomeUnknownError,
    PayloadTooLargeError,
)
from handlers.events.any_event import answer
from handlers.events.queue import LONGEST_WAIT_SECONDS
from handlers.generation_request import GenerationRequest
from tests.handlers.doubles import environment
from tests.handlers.events.fakes import (
    BUCKET,
    REQUEST_ID,
    FakeGenerator,
    FakeOutcome,
    FakeQueues,
    FakeResults,
    FakeRunner,
    deferred_answer,
    invocation,
    services,
    stored_event,
    text_answer,
)

IDS = [f"059f36b4-87a3-44ab-83d2-66197578000{n}" for n in (1, 2, 3)]
QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:genai-inputs"
HANDLE = "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a1"


def come_back(event: Any, **parts: Any) -> list[str]:
    """The ids of the messages that come back."""
    reply: Any = answer(event, invocation(), services(**parts))
    assert reply.keys() == {"batchItemFailures"}
    return [failure["itemIdentifier"] for failure in reply["batchItemFailures"]]


def failing(prompt: str, error: Exception) -> FakeGenerator:
    """A generator that fails for one prompt."""

    def outcome(request: GenerationRequest) -> Any:
        return error if request.prompt == prompt else text_answer()

    return FakeGenerator(outcome)


def one_message(receive_count: object = "1", **changes: object) -> Any:
    """An event with one request."""
    event = stored_event("sqs")
    del event["Records"][1:]
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = receive_count
    event["Records"][0].update(changes)
    return event


def test_answered_messages_are_done() -> None:
    generator = FakeGenerator()

    assert come_back(stored_event("sqs"), generator=generator) == []
    asked = {invocation.request_id: request for request, invocation in generator.calls}
    assert sorted(asked) == IDS
    assert asked[IDS[0]].prompt == "Once upon a time"
    assert asked[IDS[2]].messages == ({"role": "user", "content": "Call me"},)


def test_a_message_is_generated_once_however_often_it_comes() -> None:
    generator = FakeGenerator()

    come_back(one_message(), generator=generator)
    come_back(one_message(body='{"prompt": "x", "client_token": "mine"}'), generator=generator)

    assert [request.client_token for request, _ in generator.calls] == [IDS[0], "mine"]


@pytest.mark.parametrize(
    ("settings", "token"),
    [({"has_queue": True}, IDS[0]), ({"claims_every_request": True}, IDS[0]), ({}, None)],
)
def test_without_client_tokens_a_message_is_claimed_only_where_the_function_may_claim(
    settings: Any, token: str | None
) -> None:
    generator = FakeGenerator(environment=environment(client_tokens=False, **settings))

    come_back(one_message(), generator=generator)

    assert [request.client_token for request, _ in generator.calls] == [token]


@pytest.mark.parametrize("outcome", [deferred_answer(), text_answer("")])
def test_a_message_that_was_kept_for_later_is_done(outcome: Any) -> None:
    assert come_back(one_message(), generator=FakeGenerator(outcome)) == []


@pytest.mark.row("bad-messages")
def test_only_the_bad_messages_of_a_batch_come_back() -> None:
    generator = FakeGenerator()

    assert come_back(stored_event("sqs_bad"), generator=generator) == IDS[1:]
    assert len(generator.calls) == 1


@pytest.mark.parametrize(
    ("error", "comes_back"),
    [
        (EndpointThrottledError("m"), True),
        (EndpointWakingError("m"), True),
        (ModelFailedError("m"), True),
        (InProgressError("m"), True),
        # Not retryable for one who waits; here the next run has all its time, or a person looks at it.
        (NoTimeLeftError("m"), True),
        (InternalError("m"), True),
        (RuntimeError("m"), True),
        # These left no record: the message is all that there is.
        (OutcomeUnknownError("m"), True),
        (BadRequestError("m"), True),
        (PayloadTooLargeError("m"), True),
        # These have a record that says why.
        (ModelRejectedRequestError("m"), False),
        (ModelTimedOutError("m"), False),
        (AlreadyAnsweredError("m"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_failed_message_comes_back_if_that_can_help(
    error: HandlerError, *, comes_back: bool
) -> None:
    generator = failing("In a hole in the ground", error)

    assert come_back(stored_event("sqs"), generator=generator) == [IDS[1]] * comes_back


def test_a_queue_that_keeps_an_order_stops_at_the_first_that_comes_back() -> None:
    event = stored_event("sqs_fifo")
    event["Records"][1]["body"] = '{"prompt": "second"}'
    generator = failing("second", ModelFailedError("m"))

    assert come_back(event, generator=generator) == IDS[1:]
    assert [invocation.request_id for _, invocation in generator.calls] == IDS[:2]


def test_messages_are_answered_side_by_side() -> None:
    together = threading.Barrier(3, timeout=10)
    generator = FakeGenerator(before=together.wait)

    assert come_back(stored_event("sqs"), generator=generator) == []


def test_a_message_is_not_begun_when_half_of_the_time_is_over() -> None:
    run = invocation(milliseconds_left=-1)
    generator = FakeGenerator()

    reply: Any = answer(stored_event("sqs"), run, services(generator))

    assert [failure["itemIdentifier"] for failure in reply["batchItemFailures"]] == IDS
    assert generator.calls == []


@pytest.mark.parametrize("name", ["sqs_sns", "sqs_eventbridge", "sqs_sns_eventbridge"])
def test_a_request_in_envelopes_is_answered_under_its_own_id(name: str) -> None:
    generator = FakeGenerator()

    assert come_back(stored_event(name), generator=generator) == []
    ((request, run),) = generator.calls
    assert request.prompt == "Once upon a time"
    assert run.request_id == request.client_token
    assert run.request_id not in IDS


@pytest.mark.parametrize("name", ["sqs_s3", "sqs_eventbridge_s3"])
def test_an_object_of_requests_is_run(name: str) -> None:
    runner = FakeRunner()
    event = stored_event(name)
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = "3"

    assert come_back(event, runner=runner) == []
    ((found, _, receive_count),) = runner.runs
    assert found.key.startswith("inputs/")
    assert receive_count == 3


def test_an_unfinished_object_comes_back_when_it_says() -> None:
    runner = FakeRunner(FakeOutcome(finished=False, retry_after_seconds=7, result_uri=None))
    queues = FakeQueues()

    assert come_back(stored_event("sqs_s3"), runner=runner, queues=queues) == [IDS[0]]
    assert queues.changes == [(QUEUE_ARN, HANDLE, 7)]


def test_an_object_that_was_tried_for_the_last_time_goes_to_the_dead_letters() -> None:
    runner = FakeRunner(FakeOutcome(finished=False, retry_after_seconds=None))
    queues = FakeQueues()

    assert come_back(stored_event("sqs_s3"), runner=runner, queues=queues) == [IDS[0]]
    assert queues.changes == []


def test_every_object_of_a_message_is_run_even_after_one_that_fails() -> None:
    event = stored_event("s3")
    event["Records"] *= 3
    outcomes = iter([ModelFailedError("m"), FakeOutcome(), FakeOutcome(finished=False)])
    runner = FakeRunner(lambda _found: next(outcomes))

    assert come_back(one_message(body=json.dumps(event)), runner=runner) == [IDS[0]]
    assert len(runner.runs) == 3


def test_an_object_that_can_never_be_run_is_done() -> None:
    runner = FakeRunner(ModelRejectedRequestError("m"))

    assert come_back(stored_event("sqs_s3"), runner=runner) == []


def test_s3_trying_its_notifications_is_answered_and_ignored() -> None:
    generator, runner = FakeGenerator(), FakeRunner()

    assert come_back(stored_event("sqs_s3_test"), generator=generator, runner=runner) == []
    assert (generator.calls, runner.runs) == ([], [])


def test_sagemakers_word_in_a_queue_is_noted() -> None:
    results = FakeResults()
    message = stored_event("sns_completion")["Records"][0]["Sns"]["Message"]

    assert come_back(one_message(body=message), results=results) == []
    assert results.completed == [json.loads(message)]


@pytest.mark.parametrize(
    ("error", "receive_count", "wait_seconds"),
    [
        (EndpointThrottledError("m"), "1", 5),
        (EndpointThrottledError("m"), "3", 20),
        (EndpointWakingError("m"), "2", 120),
        (EndpointWakingError("m"), "9", LONGEST_WAIT_SECONDS),
        (EndpointWakingError("m"), "9" * 400, LONGEST_WAIT_SECONDS),
        (EndpointThrottledError("m"), None, 5),
        (EndpointThrottledError("m"), "many", 5),
        (EndpointThrottledError("m"), "0", 5),
    ],
    ids=str,
)
def test_a_message_stays_away_twice_as_long_each_time(
    error: HandlerError, receive_count: object, wait_seconds: int
) -> None:
    queues = FakeQueues()

    come_back(one_message(receive_count), generator=FakeGenerator(error), queues=queues)

    assert queues.changes == [(QUEUE_ARN, HANDLE, wait_seconds)]


@pytest.mark.parametrize("error", [ModelFailedError("m"), ModelRejectedRequestError("m")])
def test_without_a_known_time_the_queue_decides(error: HandlerError) -> None:
    queues = FakeQueues()

    come_back(one_message(), generator=FakeGenerator(error), queues=queues)

    assert queues.changes == []


def test_a_queue_that_does_not_listen_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    queues = FakeQueues(failure=ValueError("secret"))
    generator = FakeGenerator(EndpointThrottledError("m"))

    assert come_back(one_message(), generator=generator, queues=queues) == [IDS[0]]
    (line,) = [line for line in caplog.records if line.levelno == logging.WARNING]
    assert line.message == "message's visibility not changed"
    assert line.__dict__["reason"] == "ValueError"


@pytest.mark.parametrize("message_id", [None, 7, "", "\ud800", {}])
def test_a_message_without_an_id_fails_the_whole_event_if_it_must_come_back(
    message_id: object,
) -> None:
    generator = FakeGenerator(ModelFailedError("m"))

    assert come_back(one_message(messageId=message_id), generator=generator) == [""]


@pytest.mark.parametrize(
    ("message_id", "request_id"),
    [
        (None, f"{REQUEST_ID}-0"),
        ("", f"{REQUEST_ID}-0"),
        ("what a person may write", "e83bf0d71f562758735bff6d3445df10"),
        ("a" * 65, "635361c48bb9eab14198e76ea8ab7f1a"),
    ],
)
def test_an_id_that_is_none_of_a_queue_is_not_used_as_it_is(
    message_id: object, request_id: str
) -> None:
    generator = FakeGenerator()

    come_back(one_message(messageId=message_id), generator=generator)

    ((_, run),) = generator.calls
    assert run.request_id == request_id


@pytest.mark.parametrize("records", [None, {}, "aws:sqs"])
def test_records_that_are_no_list_are_no_queues(records: object) -> None:
    reply: Any = answer({"Records": records}, invocation(), services())

    assert reply["status"] == 400


def test_a_record_of_another_kind_among_messages_comes_back() -> None:
    event = {"Records": [one_message()["Records"][0], None, {"messageId": "a", "body": "{}"}]}

    assert come_back(event) == ["", "a"]


def test_each_message_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    come_back(stored_event("sqs_s3"))

    (line,) = caplog.records
    logged = line.__dict__
    assert line.message == "message answered"
    assert (logged["request_id"], logged["event_kind"]) == (IDS[0], "sqs")
    assert (logged["status"], logged["state"]) == (200, "finished")
    assert (logged["lines"], logged["failed_lines"]) == (3, 1)
    assert BUCKET not in str(logged)
