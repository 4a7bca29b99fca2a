"""Which kind an event is taken for."""

from typing import Any

import pytest

from handlers.events.any_event import kind_of_event
from handlers.request_answers import EventKind
from tests.handlers.events.fakes import EVENT_NAMES, stored_event

KINDS = {
    "direct": EventKind.DIRECT,
    "function": EventKind.HTTP,
    "http": EventKind.HTTP,
    "rest": EventKind.HTTP,
    "load": EventKind.HTTP,
    "sqs": EventKind.QUEUE,
    "s3": EventKind.STORAGE,
    "sns": EventKind.TOPIC,
    "eventbridge": EventKind.BUS,
}


@pytest.mark.parametrize("name", EVENT_NAMES)
def test_every_stored_event_is_told_by_its_shape(name: str) -> None:
    assert kind_of_event(stored_event(name)) is KINDS[name.partition("_")[0]]


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        7,
        "prompt",
        {},
        {"Records": []},
        {"Records": None},
        {"Records": "aws:sqs"},
        {"Records": [None, 7, {"eventSource": 7}]},
        {"Records": [{"eventSource": "aws:dynamodb"}]},
        {"version": "2.0", "prompt": "x"},
        {"version": "2.0", "messages": []},
        {"version": 2.0},
        {"Event": "s3:TestEvent"},
        {"detail": {}},
    ],
)
def test_what_is_no_other_kind_is_taken_for_the_request_itself(event: Any) -> None:
    assert kind_of_event(event) is EventKind.DIRECT


def test_one_record_that_is_known_tells_the_kind_of_all() -> None:
    assert kind_of_event({"Records": [None, {"eventSource": "aws:sqs"}]}) is EventKind.QUEUE
