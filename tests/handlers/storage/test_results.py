"""Answers that came later: found by their id, and joined into the record."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.answer import Answer, Pending
from handlers.aws.errors import NotConnectedError
from handlers.contracts import contract_named
from handlers.contracts.contract import Generated
from handlers.endpoint.async_endpoint import QueuedRequest, result_name
from handlers.endpoint.modes import ASYNC
from handlers.errors import (
    EndpointThrottledError,
    ModelFailedError,
    ModelRejectedRequestError,
    NotFoundError,
    StorageUnavailableError,
    UnexpectedReplyError,
)
from handlers.generation_request import GenerationRequest
from handlers.invocation import Invocation
from handlers.storage.bucket import Bucket
from handlers.storage.results import Results
from tests.handlers.doubles import (
    BUCKET_NAME,
    ENDPOINT_NAME,
    MODEL_URI,
    REQUEST_ID,
    STORY,
    STORY_REPLY,
    FakeEndpoint,
    FakeS3,
    environment,
    generator,
    invocation,
    s3_error,
)

ASKING = GenerationRequest(prompt="Once", asynchronous=True)
RESULT_KEY = f"async/results/{result_name(REQUEST_ID)}"
FAILURE_KEY = f"async/failures/{result_name(REQUEST_ID).removesuffix('.out')}-error.out"
NOTICE: dict[str, object] = {
    "awsRegion": "us-east-1",
    "eventTime": "2026-03-09T00:00:02.500Z",
    "receivedTime": "2026-03-09T00:00:00.000Z",
    "invocationStatus": "Completed",
    "requestParameters": {"contentType": "application/json", "endpointName": ENDPOINT_NAME},
    "responseParameters": {"contentType": "application/json", "outputLocation": "s3://b/o"},
    "inferenceId": REQUEST_ID,
    "eventVersion": "1.0",
    "eventSource": "aws:sagemaker",
    "eventName": "InferenceResult",
}


def results(s3: FakeS3, **settings: Any) -> Results:
    return Results(
        environment(**settings), contract_named("pipelines"), Bucket(BUCKET_NAME, lambda: s3)
    )


def put(s3: FakeS3, key: str, content: object) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    s3.put(BUCKET_NAME, key, body, seconds=1)


# Kept in the queue.


def test_a_request_in_the_queue_is_pending_and_then_answered() -> None:
    s3 = FakeS3()
    made = generator(FakeEndpoint(), s3, has_queue=True)
    made.generate(ASKING, invocation())
    found_before = results(s3).find(REQUEST_ID, invocation())
    record = made.record_of(ASKING, invocation())
    put(s3, f"results/queued/{REQUEST_ID}.jsonl", json.dumps(record).encode() + b"\n")

    found = results(s3).find(REQUEST_ID, invocation())

    assert found_before == Pending(REQUEST_ID)
    assert isinstance(found, Answer)
    assert found.outcome == Generated(STORY, "length", {"prompt_tokens": 4, "completion_tokens": 5})
    assert found.model == {"endpoint": ENDPOINT_NAME, "variant": "AllTraffic", "uri": MODEL_URI}
    assert found.record_uri == f"s3://{BUCKET_NAME}/results/queued/{REQUEST_ID}.jsonl"
    assert (found.replayed, found.warnings, found.attempts) == (False, [], 1)


@pytest.mark.parametrize(
    "error", [ModelRejectedRequestError("Too long."), EndpointThrottledError("Slow.")]
)
def test_a_request_of_the_queue_that_failed_fails_as_it_did(error: Any) -> None:
    s3 = FakeS3()
    record = generator(FakeEndpoint([error]), s3).record_of(ASKING, invocation())
    put(s3, f"results/queued/{REQUEST_ID}.jsonl", record)

    with pytest.raises(type(error)) as caught:
        results(s3).find(REQUEST_ID, invocation())

    assert (caught.value.message, caught.value.status) == (error.message, error.status)
    assert not caught.value.retryable  # asking for the result again changes nothing


def test_an_id_that_nobody_was_given_is_not_found() -> None:
    with pytest.raises(NotFoundError) as caught:
        results(FakeS3()).find("no-such", invocation())

    assert (caught.value.status, caught.value.retryable) == (404, False)
    assert caught.value.message == (
        "No request is known under the id 'no-such'. Send the id that the reply gave when the"
        " request was accepted; results are kept for a limited time."
    )


@pytest.mark.parametrize("mode", ["realtime", "async"])
@pytest.mark.parametrize(
    "result_id", ["", "../x", "a/b", ".parts", "x" * 65, "a\nb", "é", "%2e", "x\x00", "a b"]
)
def test_what_is_no_id_leads_nowhere(result_id: str, mode: str) -> None:
    s3 = FakeS3()
    settings = {"mode": ASYNC} if mode == "async" else {}

    with pytest.raises(NotFoundError):
        results(s3, **settings).find(result_id, invocation())

    assert s3.calls == []


@given(st.text())
def test_an_id_never_leads_outside_its_folder(result_id: str) -> None:
    s3 = FakeS3()

    with pytest.raises(NotFoundError):
        results(s3).find(result_id, invocation())

    for call in s3.calls:
        folder, name = call.key.rsplit("/", 1)
        assert folder in {"inputs/queued", "results/queued"}
        assert name in {f"{result_id}.json", f"{result_id}.jsonl"}


@pytest.mark.parametrize("fault", [NotConnectedError(), s3_error("SlowDown", status=503)])
def test_s3_trouble_is_told_and_may_pass(fault: Exception) -> None:
    s3 = FakeS3()
    s3.fail(fault)

    with pytest.raises(StorageUnavailableError) as caught:
        results(s3).find(REQUEST_ID, invocation())

    assert caught.value.retryable


# Of an asynchronous endpoint.


def test_an_asynchronous_request_is_pending_and_then_answered() -> None:
    s3 = FakeS3()
    put(s3, f"async/inputs/{REQUEST_ID}.json", {"inputs": "Once"})
    found_before = results(s3, mode=ASYNC).find(REQUEST_ID, invocation())
    put(s3, RESULT_KEY, STORY_REPLY)

    found = results(s3, mode=ASYNC).find(REQUEST_ID, invocation())

    assert found_before == Pending(REQUEST_ID)
    assert isinstance(found, Answer)
    assert found.outcome == Generated(STORY, "length", {"prompt_tokens": 4, "completion_tokens": 5})
    assert found.model == {"endpoint": ENDPOINT_NAME, "variant": None, "uri": MODEL_URI}


def test_an_asynchronous_request_that_failed_says_what_sagemaker_wrote() -> None:
    s3 = FakeS3()
    put(
        s3,
        FAILURE_KEY,
        b"Received server error (500)\nfrom model\nTraceback (most recent call last)\n  File",
    )

    with pytest.raises(ModelFailedError) as caught:
        results(s3, mode=ASYNC).find(REQUEST_ID, invocation())

    assert (caught.value.status, caught.value.retryable) == (502, False)
    assert caught.value.message == (
        "The endpoint could not answer the request: Received server error (500) from model"
    )


def test_an_asynchronous_reply_that_cannot_be_read_is_told() -> None:
    s3 = FakeS3()
    put(s3, RESULT_KEY, b"<html>")

    with pytest.raises(UnexpectedReplyError):
        results(s3, mode=ASYNC).find(REQUEST_ID, invocation())


def test_an_asynchronous_id_that_nobody_was_given_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        results(FakeS3(), mode=ASYNC).find(REQUEST_ID, invocation())


# The notice.


def accepted(s3: FakeS3, run: Invocation, **settings: Any) -> str:
    """The key of an accepted request's record."""
    queued = QueuedRequest("s3://b/i", "s3://b/r", "s3://b/f")
    generator(FakeEndpoint([queued]), s3, mode=ASYNC, **settings).generate(ASKING, run)
    [key] = s3.called("put")
    return key


def noticed(run: Invocation, **changes: object) -> dict[str, object]:
    return {**NOTICE, "receivedTime": run.created_at.isoformat(), **changes}


def test_a_notice_joins_the_reply_into_the_record() -> None:
    s3, run = FakeS3(), invocation()
    key = accepted(s3, run)
    before = s3.value(key)
    put(s3, RESULT_KEY, STORY_REPLY)
    done = (run.created_at + timedelta(seconds=2.5)).isoformat()

    uri = results(s3, mode=ASYNC).complete(noticed(run, eventTime=done), invocation())

    after = s3.value(key)
    assert uri == f"s3://{BUCKET_NAME}/{key}"
    assert after == {
        **before,
        "status": 200,
        "reply": {
            "text": STORY,
            "finish_reason": "length",
            "usage": {"prompt_tokens": 4, "completion_tokens": 5},
        },
        "latency_ms": {**before["latency_ms"], "model": 2500},
    }
    assert after["locations"]["result"] == "s3://b/r"


def test_a_notice_under_a_name_that_the_caller_chose_is_known_by_its_input() -> None:
    s3, run = FakeS3(), invocation()
    key = accepted(s3, run)
    put(s3, RESULT_KEY, STORY_REPLY)
    asked = {"inputLocation": f"s3://{BUCKET_NAME}/async/inputs/{REQUEST_ID}.json"}

    results(s3, mode=ASYNC).complete(
        noticed(run, inferenceId="order 7", requestParameters=asked), invocation()
    )

    assert s3.value(key)["reply"]["text"] == STORY


def test_a_notice_that_comes_twice_changes_nothing_the_second_time() -> None:
    s3, run = FakeS3(), invocation()
    key = accepted(s3, run)
    put(s3, RESULT_KEY, STORY_REPLY)
    joining = results(s3, mode=ASYNC)

    joining.complete(noticed(run), invocation())
    once = s3.value(key)
    joining.complete(noticed(run), invocation())

    assert s3.value(key) == once


def test_a_record_is_found_across_midnight() -> None:
    s3, run = FakeS3(), invocation()
    key = accepted(s3, run)
    put(s3, RESULT_KEY, STORY_REPLY)
    next_day = (run.created_at + timedelta(days=1)).isoformat()

    uri = results(s3, mode=ASYNC).complete(noticed(run, receivedTime=next_day), invocation())

    assert uri == f"s3://{BUCKET_NAME}/{key}"


def test_the_notice_of_a_failure_joins_what_sagemaker_wrote() -> None:
    s3, run = FakeS3(), invocation()
    key = accepted(s3, run)
    put(s3, FAILURE_KEY, b"Out of memory")

    results(s3, mode=ASYNC).complete(noticed(run, invocationStatus="Failed"), invocation())

    record = s3.value(key)
    assert (record["status"], record["reply"]) == (502, None)
    assert record["error"]["message"] == "The endpoint could not answer the request: Out of memory"


@pytest.mark.parametrize(
    ("more", "said"),
    [({"failureReason": "ClientError"}, "ClientError"), ({}, "the notice gives no reason")],
)
def test_the_notice_of_a_failure_without_a_file_gives_its_own_reason(
    more: dict[str, object], said: str
) -> None:
    s3, run = FakeS3(), invocation()
    key = accepted(s3, run)

    results(s3, mode=ASYNC).complete(noticed(run, **more), invocation())

    assert s3.value(key)["error"]["message"].endswith(f": {said}")


def test_a_notice_keeps_no_more_than_the_deployment_wants() -> None:
    s3, run = FakeS3(), invocation()
    key = accepted(s3, run, records="metadata")
    put(s3, RESULT_KEY, STORY_REPLY)

    results(s3, mode=ASYNC, records="metadata").complete(noticed(run), invocation())

    record = s3.value(key)
    assert record["request"] == {"prompt_characters": 4, "parameters": {}}
    assert record["reply"]["text_characters"] == len(STORY)
    assert STORY not in json.dumps(record)


@pytest.mark.parametrize(
    ("notice", "settings"),
    [
        (NOTICE, {}),  # no record
        (NOTICE, {"records": "off"}),
        ({**NOTICE, "inferenceId": "../x"}, {}),
        ({**NOTICE, "inferenceId": 5}, {}),
        ({**NOTICE, "requestParameters": {"inputLocation": "s3://b/async/inputs/.parts.json"}}, {}),
        ({**NOTICE, "requestParameters": {"inputLocation": 5}}, {}),
        ({}, {}),
        ({**NOTICE, "receivedTime": "yesterday", "eventTime": None}, {}),
    ],
)
def test_a_notice_without_a_record_is_let_go(
    notice: dict[str, object], settings: dict[str, Any]
) -> None:
    s3 = FakeS3()

    assert results(s3, mode=ASYNC, **settings).complete(notice, invocation()) is None
    assert s3.called("put") == []


def test_a_notice_that_s3_has_no_time_for_may_come_again() -> None:
    s3, run = FakeS3(), invocation()
    accepted(s3, run)
    put(s3, RESULT_KEY, STORY_REPLY)
    s3.fail(s3_error("SlowDown", status=503), "put", "records/")

    with pytest.raises(StorageUnavailableError) as caught:
        results(s3, mode=ASYNC).complete(noticed(run), invocation())

    assert caught.value.retryable
