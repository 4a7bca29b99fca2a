"""The function from event to reply, with S3 by moto and SageMaker on the wire."""

import importlib
import json
import sys
from typing import Any

import pytest

from tests.handlers.doubles import (
    BUCKET_NAME,
    FAILURE_LOCATION,
    MODEL_URI,
    NO_CAPACITY,
    REQUEST_ID,
    RESULT_LOCATION,
    STORY,
    STORY_REPLY,
    FakeContext,
    event,
    payload,
)
from tests.handlers.wire_endpoint import WireEndpoint

CONTEXT = FakeContext()


def stored(bucket: Any, uri: str) -> Any:
    """The record at an S3 URI."""
    key = uri.removeprefix(f"s3://{BUCKET_NAME}/")
    return json.loads(bucket.get_object(Bucket=BUCKET_NAME, Key=key)["Body"].read())


def only_record(bucket: Any) -> Any:
    """The one record in the bucket."""
    (entry,) = bucket.list_objects_v2(Bucket=BUCKET_NAME)["Contents"]
    return stored(bucket, f"s3://{BUCKET_NAME}/{entry['Key']}")


def deployed(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Any:
    """The function's entry module as a new function of these settings imports it."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "handlers.invoke_model", raising=False)
    module = importlib.import_module("handlers.invoke_model")
    # So that no later test finds it: its settings end with this test.
    del sys.modules["handlers.invoke_model"]
    return module


def test_a_direct_event_is_answered_with_the_text(
    invoke_model: Any, wire: WireEndpoint, bucket: Any
) -> None:
    wire.answers(STORY_REPLY, variant="blue")

    reply = invoke_model.handler(event("direct"), CONTEXT)

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
    assert stored(bucket, record_uri)["reply"]["text"] == STORY
    assert wire.requests[0].json() == {
        "inputs": "Once upon a time",
        "parameters": {**event("direct")["parameters"], "return_full_text": False},
    }


def test_the_record_holds_the_whole_request_and_reply(
    invoke_model: Any, wire: WireEndpoint, bucket: Any
) -> None:
    wire.answers(STORY_REPLY)

    uri = invoke_model.handler(event("direct"), CONTEXT)["record"]

    record = stored(bucket, uri)
    created_at, latency_ms = record.pop("created_at"), record.pop("latency_ms")
    assert uri == f"s3://{BUCKET_NAME}/records/dt={created_at[:10]}/{REQUEST_ID}.json"
    assert created_at.endswith("+00:00")
    assert 0 <= latency_ms["model"] <= latency_ms["total"]
    assert record == {
        "request_id": REQUEST_ID,
        "status": 200,
        "request": event("direct"),
        "reply": {
            "text": STORY,
            "finish_reason": "length",
            "usage": {"prompt_tokens": 4, "completion_tokens": 5},
        },
        "error": None,
        "model": {"endpoint": "genai-dev", "variant": "AllTraffic", "uri": MODEL_URI},
    }


@pytest.mark.parametrize("name", ["function_url", "function_url_base64", "http_api"])
@pytest.mark.usefixtures("bucket")
def test_an_http_event_is_answered_with_a_response(
    invoke_model: Any, wire: WireEndpoint, name: str
) -> None:
    wire.answers(STORY_REPLY)

    response = invoke_model.handler(event(name), CONTEXT)

    body = json.loads(response["body"])
    assert (response["statusCode"], response["headers"]) == (
        200,
        {"content-type": "application/json"},
    )
    assert body["text"] == STORY
    assert "status" not in body


def test_a_failure_is_answered_and_recorded(
    invoke_model: Any, wire: WireEndpoint, bucket: Any
) -> None:
    wire.fails(
        "ModelError",
        424,
        Message="Received server error (500)",
        OriginalStatusCode=500,
        OriginalMessage="CUDA out of memory",
        LogStreamArn="arn:aws:logs:us-east-1:123456789012:log-group:g",
    )
    error = {
        "type": "model_failed",
        "message": "The model's container failed (500): CUDA out of memory",
        "retryable": True,
    }

    reply = invoke_model.handler(event("direct"), CONTEXT)

    assert reply == {"status": 502, "error": {**error, "request_id": REQUEST_ID}}
    record = only_record(bucket)
    assert (record["status"], record["reply"], record["request"]) == (502, None, event("direct"))
    assert record["error"] == {
        **error,
        "log_stream_arn": "arn:aws:logs:us-east-1:123456789012:log-group:g",
    }
    assert record["model"] == {"endpoint": "genai-dev", "variant": None, "uri": MODEL_URI}


def test_a_reply_of_another_shape_is_recorded_as_it_came(
    invoke_model: Any, wire: WireEndpoint, bucket: Any
) -> None:
    wire.answers({"answer": 42})

    reply = invoke_model.handler(event("direct"), CONTEXT)

    assert (reply["status"], reply["error"]["type"]) == (502, "unexpected_reply")
    record = only_record(bucket)
    assert record["error"]["raw_reply"] == '{"answer": 42}'
    assert record["model"]["variant"] == "AllTraffic"


@pytest.mark.parametrize(
    ("bad_event", "status"),
    [
        ({"prompt": ""}, 400),
        ({"Records": [{"eventSource": "aws:sqs"}]}, 400),
        ({**event("http_api"), "body": "no"}, 400),
        ({**event("http_api"), "requestContext": {"http": {"method": "GET"}}}, 405),
        ({**event("http_api"), "headers": {"content-type": "image/png"}}, 415),
    ],
)
def test_bad_input_reaches_neither_the_model_nor_the_bucket(
    invoke_model: Any, wire: WireEndpoint, bucket: Any, bad_event: Any, status: int
) -> None:
    reply = invoke_model.handler(bad_event, CONTEXT)

    assert (reply.get("status") or reply["statusCode"]) == status
    assert wire.requests == []
    assert bucket.list_objects_v2(Bucket=BUCKET_NAME)["KeyCount"] == 0


def test_a_request_too_large_for_sagemaker_reaches_neither_the_model_nor_the_bucket(
    invoke_model: Any, wire: WireEndpoint, bucket: Any
) -> None:
    reply = invoke_model.handler({"prompt": "x" * 6_291_456}, CONTEXT)

    assert (reply["status"], reply["error"]["type"]) == (413, "payload_too_large")
    assert wire.requests == []
    assert bucket.list_objects_v2(Bucket=BUCKET_NAME)["KeyCount"] == 0


def test_the_text_comes_even_when_its_record_cannot_be_stored(
    invoke_model: Any, wire: WireEndpoint, bucket: Any
) -> None:
    wire.answers(STORY_REPLY)
    bucket.delete_bucket(Bucket=BUCKET_NAME)

    reply = invoke_model.handler(event("direct"), CONTEXT)

    assert (reply["status"], reply["text"], reply["record"]) == (200, STORY, None)
    (warning,) = reply["warnings"]
    assert warning == (
        "The record of this request was not stored: NoSuchBucket: there is no bucket"
        f" {BUCKET_NAME}; correct GENAI_BUCKET_NAME."
    )


def test_an_asynchronous_request_is_accepted_and_recorded(
    monkeypatch: pytest.MonkeyPatch, wire: WireEndpoint, bucket: Any
) -> None:
    wire.accepts(RESULT_LOCATION, FAILURE_LOCATION)
    function = deployed(monkeypatch, GENAI_MODE="async")

    reply = function.handler(event("direct"), CONTEXT)

    record_uri = reply.pop("record")
    model = {"endpoint": "genai-dev", "variant": None, "uri": MODEL_URI}
    assert reply == {
        "status": 202,
        "state": "accepted",
        "request_id": REQUEST_ID,
        "result": RESULT_LOCATION,
        "failure": FAILURE_LOCATION,
        "model": model,
        "warnings": [],
    }
    input_location = f"s3://{BUCKET_NAME}/async/inputs/{REQUEST_ID}.json"
    assert stored(bucket, input_location) == {
        "inputs": "Once upon a time",
        "parameters": {**event("direct")["parameters"], "return_full_text": False},
    }
    record = stored(bucket, record_uri)
    created_at, latency_ms = record.pop("created_at"), record.pop("latency_ms")
    assert record_uri == f"s3://{BUCKET_NAME}/records/dt={created_at[:10]}/{REQUEST_ID}.json"
    assert 0 <= latency_ms["model"] <= latency_ms["total"]
    assert record == {
        "request_id": REQUEST_ID,
        "status": 202,
        "request": event("direct"),
        "reply": None,
        "error": None,
        "locations": {
            "input": input_location,
            "result": RESULT_LOCATION,
            "failure": FAILURE_LOCATION,
        },
        "model": model,
    }


@pytest.mark.usefixtures("bucket")
def test_an_asynchronous_http_request_is_answered_with_202(
    monkeypatch: pytest.MonkeyPatch, wire: WireEndpoint
) -> None:
    wire.accepts(RESULT_LOCATION, None)
    function = deployed(monkeypatch, GENAI_MODE="async")

    response = function.handler(event("function_url"), CONTEXT)

    body = json.loads(response["body"])
    assert response["statusCode"] == 202
    assert (body["state"], body["result"], body["failure"]) == ("accepted", RESULT_LOCATION, None)


def test_an_asynchronous_request_without_a_bucket_is_refused_before_sagemaker(
    monkeypatch: pytest.MonkeyPatch, wire: WireEndpoint, bucket: Any
) -> None:
    bucket.delete_bucket(Bucket=BUCKET_NAME)
    function = deployed(monkeypatch, GENAI_MODE="async")

    reply = function.handler(event("direct"), CONTEXT)

    assert (reply["status"], reply["error"]["type"]) == (503, "bucket_missing")
    assert wire.requests == []


def test_an_asynchronous_request_that_sagemaker_refuses_is_recorded_as_failed(
    monkeypatch: pytest.MonkeyPatch, wire: WireEndpoint, bucket: Any
) -> None:
    wire.fails("ThrottlingException", 400, Message="Rate exceeded")
    function = deployed(monkeypatch, GENAI_MODE="async")

    reply = function.handler(event("direct"), CONTEXT)

    assert (reply["status"], reply["error"]["type"]) == (429, "endpoint_throttled")
    keys = [entry["Key"] for entry in bucket.list_objects_v2(Bucket=BUCKET_NAME)["Contents"]]
    (record_key,) = (key for key in keys if key.startswith("records/"))
    record = stored(bucket, f"s3://{BUCKET_NAME}/{record_key}")
    assert (record["status"], record["error"]["type"]) == (429, "endpoint_throttled")
    assert "locations" not in record


@pytest.mark.usefixtures("bucket")
def test_an_endpoint_that_wakes_up_says_when_to_come_back(
    monkeypatch: pytest.MonkeyPatch, wire: WireEndpoint
) -> None:
    wire.fails("ValidationError", 400, Message=NO_CAPACITY)
    function = deployed(
        monkeypatch,
        GENAI_MODE="scale-to-zero",
        GENAI_INFERENCE_COMPONENT_NAME="genai-dev-component",
    )

    response = function.handler(event("function_url"), CONTEXT)

    error = json.loads(response["body"])["error"]
    assert (response["statusCode"], response["headers"]["retry-after"]) == (503, "60")
    assert (error["type"], error["retryable"]) == ("endpoint_waking", True)
    assert wire.requests[0].headers["X-Amzn-SageMaker-Inference-Component"] == (
        "genai-dev-component"
    )


def test_a_request_too_large_for_a_serverless_endpoint_is_not_sent(
    monkeypatch: pytest.MonkeyPatch, wire: WireEndpoint, bucket: Any
) -> None:
    function = deployed(monkeypatch, GENAI_MODE="serverless")

    reply = function.handler({"prompt": "x" * 4_194_304}, CONTEXT)

    assert (reply["status"], reply["error"]["type"]) == (413, "payload_too_large")
    assert "at most 4194304 in the mode serverless" in reply["error"]["message"]
    assert wire.requests == []
    assert bucket.list_objects_v2(Bucket=BUCKET_NAME)["KeyCount"] == 0


def test_an_embedding_is_answered_and_recorded(
    monkeypatch: pytest.MonkeyPatch, wire: WireEndpoint, bucket: Any
) -> None:
    wire.answers(payload("tei"))
    function = deployed(monkeypatch, GENAI_CONTRACT="tei")

    reply = function.handler({"prompt": "What is Deep Learning?"}, CONTEXT)

    assert (reply["status"], reply["text"], reply["embedding"]) == (200, "", [0.0, 1.0, 2.0])
    assert wire.requests[0].json() == {"inputs": "What is Deep Learning?"}
    assert stored(bucket, reply["record"])["reply"] == {
        "text": "",
        "finish_reason": None,
        "usage": None,
        "embedding": [0.0, 1.0, 2.0],
    }


def test_parameters_for_an_embedding_reach_neither_the_model_nor_the_bucket(
    monkeypatch: pytest.MonkeyPatch, wire: WireEndpoint, bucket: Any
) -> None:
    function = deployed(monkeypatch, GENAI_CONTRACT="tei")

    reply = function.handler(event("direct"), CONTEXT)

    assert (reply["status"], reply["error"]["type"]) == (400, "bad_request")
    assert wire.requests == []
    assert bucket.list_objects_v2(Bucket=BUCKET_NAME)["KeyCount"] == 0


@pytest.mark.parametrize(
    ("contract", "name", "text"),
    [("tgi", "tgi", " Is"), ("lmi", "lmi_details", "Deep Learning")],
)
@pytest.mark.usefixtures("bucket")
def test_other_text_containers_are_answered_alike(
    monkeypatch: pytest.MonkeyPatch, wire: WireEndpoint, contract: str, name: str, text: str
) -> None:
    wire.answers(payload(name))
    function = deployed(monkeypatch, GENAI_CONTRACT=contract)

    reply = function.handler({"prompt": "Hi"}, CONTEXT)

    assert (reply["status"], reply["text"], reply["finish_reason"]) == (200, text, "length")
    assert "embedding" not in reply
