"""What the server knows of an invocation."""

import json
import time
import uuid

import pytest

from handlers.web.lambda_context import context_from


def test_the_adapter_tells_id_and_deadline() -> None:
    header = json.dumps({"request_id": "r-1", "deadline": int(time.time() * 1000) + 5_000})

    context = context_from(header)

    assert context.aws_request_id == "r-1"
    assert 4_000 < context.get_remaining_time_in_millis() <= 5_000


def test_a_deadline_that_is_past_leaves_nothing() -> None:
    assert context_from('{"deadline": 1}').get_remaining_time_in_millis() == 0


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "no JSON",
        "[]",
        "null",
        "{}",
        '{"request_id": 7, "deadline": "soon"}',
        '{"deadline": 1e400}',
    ],
)
def test_without_an_adapter_there_is_a_minute(header: str | None) -> None:
    context = context_from(header)

    assert str(uuid.UUID(context.aws_request_id)) == context.aws_request_id
    assert 55_000 < context.get_remaining_time_in_millis() <= 60_000
