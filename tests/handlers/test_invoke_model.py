"""The function from event to reply, with S3 and SQS by moto and SageMaker on the wire."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from handlers.endpoint.async_endpoint import result_name
from handlers.environment import ConfigurationError
from handlers.events.delivered import DeliverAgainError
from tests.handlers.doubles import (
    BUCKET_NAME,
    MODEL_URI,
    NO_CAPACITY,
    REQUEST_ID,
    STORY,
    STORY_REPLY,
    FakeContext,
    event,
    payload,
)
from tests.handlers.wire_endpoint import WireEndpoint

ROOT = Path(__file__).parent.parent.parent
CONTEXT = FakeContext()


def stored(bucket: Any, key: str) -> Any:
    """The JSON under a key, or under an S3 URI."""
    key = key.removeprefix(f"s3://{BUCKET_NAME}/")
    return json.loads(bucket.get_object(Bucket=BUCKET_NAME, Key=key)["Body"].read())


def keys(bucket: Any) -> list[str]:
    """Everything in the bucket."""
    listed = bucket.list_objects_v2(Bucket=BUCKET_NAME).get("Contents", [])
    return [entry["Key"] for entry in listed]


def function_of(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Any:
    """The function's entry module as a new function of these settings imports it."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "handlers.invoke_model", raising=False)
    module = importlib.import_module("handlers.invoke_model")
    # So that no later test finds it: its settings end with this test.
    del sys.modules["handlers.invoke_model"]
    return module


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The function of the usual settings."""
    return function_of(monkeypatch)


def test_a_direct_event_is_answered_with_the_text(
    bucket: Any, function: Any, wire: WireEndpoint
) -> None:
    wire.answers(STORY_REPLY, variant="blue")

    reply = function.handler(event("direct"), CONTEXT)

    record_uri, latency_ms = reply.pop("record"), reply.pop("latency_ms")
    assert reply == {
        "status": 200,
        "text": STORY,
        "finish_reason": "length",
        "usage": {"prompt_tokens": 4, "completion_tokens": 5},
        "request_id": REQUEST_ID,
        "model": {"endpoint": "genai-dev", "variant": "blue", "uri": MODEL_URI},
        "warnings": [],
    }
    assert 0 <= latency_ms < 5000
    record = stored(bucket, record_uri)
    assert (record["reply"]["text"], record["request"]) == (STORY, event("direct"))
    assert wire.requests[0].json() == {
        "inputs": "Once upon a time",
        "parameters": {**event("direct")["parameters"], "return_full_text": False},
    }


@pytest.mark.parametrize(
    "name", ["function_url", "function_url_base64", "http_api", "rest_api", "load_balancer"]
)
@pytest.mark.usefixtures("bucket")
def test_an_http_event_is_answered_with_a_response(
    function: Any, wire: WireEndpoint, name: str
) -> None:
    wire.answers(STORY_REPLY)

    response = function.handler(event(name), CONTEXT)

    assert response["statusCode"] == 200
    assert response["headers"] == {"content-type": "application/json", "x-request-id": REQUEST_ID}
    assert json.loads(response["body"])["text"] == STORY


def test_a_failure_is_answered_and_recorded(bucket: Any, function: Any, wire: WireEndpoint) -> None:
    wire.fails(
        "ModelError",
        424,
        Message="Received client error (400)",
        OriginalStatusCode=400,
        OriginalMessage="prompt too long",
        LogStreamArn="arn:aws:logs:us-east-1:123456789012:log-group:g",
    )

    reply = function.handler(event("direct"), CONTEXT)

    error = reply["error"]
    assert (reply["status"], error["type"], error["retryable"]) == (
        422,
        "model_rejected_request",
        False,
    )
    (record_key,) = keys(bucket)
    record = stored(bucket, record_key)
    assert (record["status"], record["reply"]) == (422, None)
    assert record["error"]["message"] == error["message"]


@pytest.mark.parametrize(
    ("bad_event", "status"),
    [
        (None, 400),
        ({"prompt": ""}, 400),
        ({**event("http_api"), "body": "no"}, 400),
        ({**event("http_api"), "requestContext": {"http": {"method": "GET"}}}, 405),
        ({**event("http_api"), "headers": {"content-type": "image/png"}}, 415),
        ({"prompt": "x" * 6_291_456}, 413),
    ],
    ids=["null", "empty", "no JSON", "method", "media type", "size"],
)
def test_bad_input_reaches_neither_the_model_nor_the_bucket(
    bucket: Any, function: Any, wire: WireEndpoint, bad_event: Any, status: int
) -> None:
    reply = function.handler(bad_event, CONTEXT)

    assert (reply.get("status") or reply["statusCode"]) == status
    assert wire.requests == []
    assert keys(bucket) == []


def test_the_text_comes_even_when_its_record_cannot_be_stored(
    bucket: Any, function: Any, wire: WireEndpoint
) -> None:
    wire.answers(STORY_REPLY)
    bucket.delete_bucket(Bucket=BUCKET_NAME)

    reply = function.handler(event("direct"), CONTEXT)

    assert (reply["status"], reply["text"], reply["record"]) == (200, STORY, None)
    (warning,) = reply["warnings"]
    assert f"there is no bucket {BUCKET_NAME}" in warning


def test_messages_of_a_queue_are_answered_and_recorded(
    bucket: Any, function: Any, wire: WireEndpoint
) -> None:
    wire.answers(STORY_REPLY)

    reply = function.handler(event("sqs_bad"), CONTEXT)

    bad = [record["messageId"] for record in event("sqs_bad")["Records"][1:]]
    assert reply == {"batchItemFailures": [{"itemIdentifier": each} for each in bad]}
    (record_key,) = (key for key in keys(bucket) if key.startswith("records/"))
    good_id = event("sqs_bad")["Records"][0]["messageId"]
    assert record_key.endswith(f"/{good_id}.json")
    assert stored(bucket, record_key)["client_token"] == good_id


def test_a_message_that_comes_twice_is_generated_once(
    bucket: Any, function: Any, wire: WireEndpoint
) -> None:
    del bucket
    wire.answers(STORY_REPLY)

    for _ in range(2):
        assert function.handler(event("sqs_sns"), CONTEXT) == {"batchItemFailures": []}

    assert len(wire.requests) == 1


def test_an_object_of_requests_becomes_a_result(
    bucket: Any, function: Any, wire: WireEndpoint
) -> None:
    wire.answers(STORY_REPLY)
    key = "inputs/two words+plus/été 🦊.jsonl"
    bucket.put_object(Bucket=BUCKET_NAME, Key=key, Body=b'{"prompt": "a"}\n"b"\n{"no": "prompt"}')
    notification = event("s3_encoded_key")
    del notification["Records"][0]["s3"]["object"]["versionId"]

    reply = function.handler(notification, CONTEXT)

    (only,) = reply["replies"]
    (described,) = only["objects"]
    assert (only["state"], described["lines"], described["failed"]) == ("finished", 3, 1)
    result_key = described["result"].removeprefix(f"s3://{BUCKET_NAME}/")
    assert result_key.startswith("results/two words+plus/été 🦊.jsonl.")
    body = bucket.get_object(Bucket=BUCKET_NAME, Key=result_key)["Body"].read()
    lines = [json.loads(line) for line in body.splitlines()]
    assert [(line["line"], line["status"]) for line in lines] == [(1, 200), (2, 200), (3, 400)]


def test_a_missing_object_is_done_and_says_so(bucket: Any, function: Any) -> None:
    assert function.handler(event("sqs_s3"), CONTEXT) == {"batchItemFailures": []}

    (missing,) = (key for key in keys(bucket) if key.startswith("results/"))
    assert missing.endswith(".missing.jsonl")


@pytest.mark.usefixtures("bucket")
def test_a_throttled_message_comes_back_when_the_queue_is_told(
    monkeypatch: pytest.MonkeyPatch, wire: WireEndpoint, moto_url: str
) -> None:
    function = function_of(monkeypatch, GENAI_ATTEMPTS="1")
    wire.fails("ThrottlingException", 400, Message="Rate exceeded")
    sqs: Any = boto3.client("sqs", region_name="us-east-1", endpoint_url=moto_url)
    url = sqs.create_queue(QueueName="genai-inputs", Attributes={"VisibilityTimeout": "600"})[
        "QueueUrl"
    ]
    sqs.send_message(QueueUrl=url, MessageBody='{"prompt": "x"}')
    (received,) = sqs.receive_message(QueueUrl=url)["Messages"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    message = event("sqs")["Records"][0]
    message.update(
        messageId=received["MessageId"],
        receiptHandle=received["ReceiptHandle"],
        body=received["Body"],
        eventSourceARN=arn,
    )
    asked: list[int] = []
    monkeypatch.setattr(
        type(function.SERVICES.queues()),
        "change_visibility",
        _noting(type(function.SERVICES.queues()).change_visibility, asked),
    )

    reply = function.handler({"Records": [message]}, CONTEXT)

    assert reply == {"batchItemFailures": [{"itemIdentifier": received["MessageId"]}]}
    assert asked == [5]
    sqs.close()


def _noting(change: Any, asked: list[int]) -> Any:
    """The real call, with the seconds noted after it has succeeded."""

    def changing(self: Any, arn: str, handle: str, wait_seconds: int, *, seconds: float) -> None:
        change(self, arn, handle, wait_seconds, seconds=seconds)
        asked.append(wait_seconds)

    return changing


@pytest.mark.usefixtures("bucket")
def test_a_bus_event_that_failed_for_now_fails_the_function(
    monkeypatch: pytest.MonkeyPatch, wire: WireEndpoint
) -> None:
    function = function_of(monkeypatch, GENAI_ATTEMPTS="1")
    wire.fails("ThrottlingException", 400, Message="Rate exceeded")

    with pytest.raises(DeliverAgainError, match="endpoint_throttled"):
        function.handler(event("eventbridge"), CONTEXT)


@pytest.mark.parametrize("name", ["direct_async", "direct"])
def test_an_asynchronous_endpoint_takes_the_request_and_its_result_is_found(
    monkeypatch: pytest.MonkeyPatch, bucket: Any, wire: WireEndpoint, name: str
) -> None:
    function = function_of(monkeypatch, GENAI_MODE="async")
    result_key = f"async/results/{result_name(REQUEST_ID)}"
    result = f"s3://{BUCKET_NAME}/{result_key}"
    wire.accepts(result, None)

    accepted = function.handler(event(name), CONTEXT)
    pending = function.handler(accepted["poll"], CONTEXT)
    bucket.put_object(Bucket=BUCKET_NAME, Key=result_key, Body=json.dumps(STORY_REPLY).encode())
    found = function.handler(accepted["poll"], CONTEXT)
    over_http = function.handler(event("function_url_result"), CONTEXT)

    assert (accepted["status"], accepted["state"], accepted["result"]) == (202, "accepted", result)
    assert (pending["status"], pending["state"]) == (202, "pending")
    assert (found["status"], found["text"], found["request_id"]) == (200, STORY, REQUEST_ID)
    assert json.loads(over_http["body"])["text"] == STORY


def test_a_request_may_wait_in_the_bucket_and_is_answered_from_there(
    monkeypatch: pytest.MonkeyPatch, bucket: Any, wire: WireEndpoint
) -> None:
    function = function_of(monkeypatch, GENAI_INPUTS_QUEUED="true")
    wire.answers(STORY_REPLY)

    queued = function.handler(event("direct_async"), CONTEXT)
    notification = event("s3")
    described = notification["Records"][0]["s3"]["object"]
    described["key"] = f"inputs/queued/{REQUEST_ID}.json"
    del described["versionId"]
    pending = function.handler(queued["poll"], CONTEXT)
    function.handler(notification, CONTEXT)
    found = function.handler(queued["poll"], CONTEXT)

    assert (queued["status"], queued["state"]) == (202, "queued")
    assert (pending["status"], pending["state"]) == (202, "pending")
    assert (found["status"], found["text"]) == (200, STORY)
    assert keys(bucket)


@pytest.mark.usefixtures("bucket", "wire")
def test_an_unknown_result_is_not_found(function: Any) -> None:
    reply = function.handler({"result": "nobody-was-given-this"}, CONTEXT)

    assert (reply["status"], reply["error"]["type"]) == (404, "not_found")


@pytest.mark.usefixtures("bucket")
def test_an_endpoint_that_wakes_up_says_when_to_come_back(
    monkeypatch: pytest.MonkeyPatch, wire: WireEndpoint
) -> None:
    wire.fails("ValidationError", 400, Message=NO_CAPACITY)
    function = function_of(
        monkeypatch,
        GENAI_MODE="scale-to-zero",
        GENAI_INFERENCE_COMPONENT_NAME="genai-dev-component",
    )

    response = function.handler(event("function_url"), CONTEXT)

    body = json.loads(response["body"])
    assert (response["statusCode"], response["headers"]["retry-after"]) == (202, "60")
    assert (body["state"], body["poll"], body["retry_after_seconds"]) == ("waking", None, 60)


def test_an_embedding_is_answered_and_recorded(
    monkeypatch: pytest.MonkeyPatch, bucket: Any, wire: WireEndpoint
) -> None:
    wire.answers(payload("tei"))
    function = function_of(monkeypatch, GENAI_CONTRACT="tei")

    reply = function.handler({"prompt": "What is Deep Learning?"}, CONTEXT)

    assert (reply["status"], reply["text"], reply["embedding"]) == (200, "", [0.0, 1.0, 2.0])
    assert stored(bucket, reply["record"])["reply"]["embedding"] == [0.0, 1.0, 2.0]


def test_a_missing_variable_fails_the_start_once_and_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("GENAI_BUCKET_NAME")

    with pytest.raises(ConfigurationError, match="variables missing: GENAI_BUCKET_NAME"):
        function_of(monkeypatch)


LOADED_LATER = (
    "handlers.batch",
    "handlers.web",
    "handlers.events.queue",
    "handlers.events.delivered",
    "handlers.events.message",
    "handlers.storage.results",
    "handlers.storage.claims",
    "handlers.storage.later",
    "handlers.endpoint.async_endpoint",
    "boto3",
    "botocore",
    "concurrent",
    "difflib",
)


def test_what_a_plain_request_does_not_need_is_not_loaded_at_the_start() -> None:
    program = (
        "import sys, handlers.invoke_model;"
        f"late = {LOADED_LATER!r};"
        "print([n for n in sys.modules if n in late or n.split('.')[0] in late])"
    )

    shown = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )

    assert shown.stdout == "[]\n"
