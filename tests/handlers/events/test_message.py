"""What lies in a message once its envelopes are off, and what S3 told of."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.batch.input_object import InputObject
from handlers.errors import BadRequestError
from handlers.events.message import (
    MOST_ENVELOPES,
    CompletionMessage,
    Message,
    ObjectsMessage,
    RequestMessage,
    StorageTestMessage,
    open_text,
    open_value,
)
from tests.handlers.events.fakes import BUCKET, REQUEST_ID, stored_event

QUEUE_ID = "059f36b4-87a3-44ab-83d2-661975780001"
TOPIC_ID = "95df01b4-ee98-5cb9-9903-4c221d41eb5e"
BUS_ID = "17793124-05d4-b198-2fde-7ededc63b103"
BUS_STORAGE_ID = "2ee9cc15-d022-99ea-1fb8-1b1bac4850f9"
REQUEST = RequestMessage({"prompt": "Once upon a time", "parameters": {"seed": 7}})
STORIES = InputObject(
    bucket=BUCKET,
    key="inputs/stories.jsonl",
    version_id="096fKKXTRTtl3on89fVO.nfljtsv6qko",
    etag="d41d8cd98f00b204e9800998ecf8427e",
    size=1024,
)
BUS_OBJECT = InputObject(
    bucket=BUCKET,
    key="inputs/100% + été.jsonl",
    version_id="IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
    etag="b1946ac92492d2347c6235b4d2611184",
    size=1024,
)


def opened(name: str) -> Message:
    (record,) = stored_event(name)["Records"]
    return open_text(record["body"], record["messageId"])


def refusal(value: object) -> str:
    with pytest.raises(BadRequestError) as caught:
        open_value(value, QUEUE_ID)
    return caught.value.message


def notification(key: object, **changes: Any) -> Any:
    event = stored_event("s3")
    event["Records"][0]["s3"]["object"].update(key=key, **changes)
    return event


@pytest.mark.parametrize(
    ("name", "message_id", "content"),
    [
        ("sqs_s3", QUEUE_ID, ObjectsMessage((STORIES,))),
        ("sqs_s3_test", QUEUE_ID, StorageTestMessage()),
        ("sqs_sns", TOPIC_ID, REQUEST),
        ("sqs_eventbridge", BUS_ID, REQUEST),
        ("sqs_eventbridge_s3", BUS_STORAGE_ID, ObjectsMessage((BUS_OBJECT,))),
        ("sqs_sns_eventbridge", BUS_ID, REQUEST),
    ],
)
def test_the_innermost_message_counts_and_so_does_its_id(
    name: str, message_id: str, content: object
) -> None:
    assert opened(name) == Message(message_id, content)  # pyright: ignore[reportArgumentType] - any content


def test_sagemakers_word_on_an_asynchronous_request_is_told_apart() -> None:
    content = open_value(stored_event("sns_completion")["Records"][0]["Sns"], None).content

    assert isinstance(content, CompletionMessage)
    assert content.value["inferenceId"] == REQUEST_ID


@pytest.mark.parametrize("value", [None, 7, [], "text", {}, {"prompt": 7}])
def test_what_is_in_no_envelope_is_the_request(value: object) -> None:
    assert open_value(value, QUEUE_ID) == Message(QUEUE_ID, RequestMessage(value))


def test_envelopes_end_somewhere() -> None:
    value: object = {"prompt": "x"}
    for _ in range(MOST_ENVELOPES):
        value = {"detail-type": "Story wanted", "source": "shop", "detail": value}

    assert open_value(value, QUEUE_ID).content == RequestMessage({"prompt": "x"})
    message = refusal({"detail-type": "Story wanted", "source": "shop", "detail": value})
    assert "the message lies in more than 4 envelopes" in message


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "the message's text must be a string, got null"),
        ({}, "the message's text must be a string, got an object"),
        ("Once upon", "the message is not JSON: Expecting value at line 1, column 1"),
        ("", "the message is not JSON"),
        ('{"prompt": NaN}', "the message is not JSON: NaN is not a JSON number"),
        pytest.param("[" * 100_000, "the message is not JSON: it is nested too deeply", id="deep"),
    ],
)
def test_a_text_that_is_no_json_is_refused(text: object, problem: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        open_text(text, QUEUE_ID)

    assert problem in caught.value.message
    envelope = {"Type": "Notification", "MessageId": TOPIC_ID, "Message": text}
    assert problem in refusal(envelope)


@given(st.text(min_size=1, max_size=300).filter(lambda key: not key.endswith("/")))
def test_a_notified_key_is_read_as_it_was_put(name: str) -> None:
    key = f"inputs/{name}"

    content = open_value(notification(quote_plus(key, safe="/")), QUEUE_ID).content

    assert isinstance(content, ObjectsMessage)
    assert [found.key for found in content.objects] == [key]


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        ("inputs/two+words.jsonl", "inputs/two words.jsonl"),
        ("inputs/a%2Bb.jsonl", "inputs/a+b.jsonl"),
        ("inputs/%C3%A9t%C3%A9.jsonl", "inputs/été.jsonl"),
        ("inputs/../results/x.jsonl", "inputs/../results/x.jsonl"),
        ("inputs/%2E%2E/x.jsonl", "inputs/../x.jsonl"),
        pytest.param("inputs/" + "k" * 1017, "inputs/" + "k" * 1017, id="1,024 bytes"),
    ],
)
def test_difficult_keys_are_read_right(encoded: str, key: str) -> None:
    content = open_value(notification(encoded), QUEUE_ID).content

    assert content == ObjectsMessage((replace(STORIES, key=key),))


def test_a_stored_difficult_key_is_read_right() -> None:
    content = open_value(stored_event("s3_encoded_key"), None).content

    assert isinstance(content, ObjectsMessage)
    assert content.objects[0].key == "inputs/two words+plus/été 🦊.jsonl"


@pytest.mark.parametrize(
    "event",
    [
        stored_event("s3_deleted"),
        notification("results/stories.jsonl"),
        notification("stories.jsonl"),
        notification("inputs/folder/"),
        {**stored_event("eventbridge_s3"), "detail-type": "Object Deleted"},
        {**stored_event("eventbridge_s3"), "detail-type": 7},
    ],
)
def test_what_is_no_new_input_is_not_run(event: object) -> None:
    content = open_value(event, QUEUE_ID).content

    assert content == ObjectsMessage(())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"versionId": None, "eTag": "", "size": -1}, (None, None, None)),
        ({"versionId": 7, "eTag": ["x"], "size": "9"}, (None, None, None)),
        ({"versionId": "\ud800", "eTag": "e", "size": 0}, (None, "e", 0)),
        ({"versionId": "v", "eTag": "e", "size": True}, ("v", "e", None)),
    ],
)
def test_what_s3_does_not_tell_is_left_out(changes: Any, expected: tuple[object, ...]) -> None:
    content = open_value(notification("inputs/x.jsonl", **changes), QUEUE_ID).content

    assert isinstance(content, ObjectsMessage)
    (found,) = content.objects
    assert (found.version_id, found.etag, found.size) == expected


def broken_storage_events() -> list[Any]:
    """Notifications that do not name an object."""
    good = stored_event("s3")["Records"][0]
    bus = stored_event("eventbridge_s3")
    return [
        {"Records": [good, None]},
        {"Records": [good, {"eventSource": "aws:sqs"}]},
        {"Records": [{**good, "s3": None}]},
        {"Records": [{**good, "s3": {**good["s3"], "object": "inputs/x"}}]},
        {"Records": [{**good, "s3": {**good["s3"], "bucket": None}}]},
        {"Records": [{**good, "s3": {**good["s3"], "bucket": {"name": ""}}}]},
        notification(None),
        notification(7),
        notification(""),
        notification("inputs/\ud800"),
        notification("inputs/%FF"),
        {**bus, "detail": None},
        {**bus, "detail": {**bus["detail"], "object": None}},
        {**bus, "detail": {**bus["detail"], "object": {}}},
        {**bus, "detail": {**bus["detail"], "bucket": []}},
    ]


@pytest.mark.parametrize("event", broken_storage_events(), ids=json.dumps)
def test_a_notification_that_names_no_object_is_refused(event: Any) -> None:
    assert "the notification does not name the bucket and the key of an S3 object" in refusal(event)
