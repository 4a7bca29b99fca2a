"""Where the record of a request goes, how it is written, and every place of a text in it."""

import copy
import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.errors import ModelFailedError
from handlers.generation_request import GenerationRequest
from handlers.storage.bucket import Bucket
from handlers.storage.keeping import Keeper, Stored
from handlers.storage.record_texts import lengths_only, texts_of, with_texts
from handlers.storage.records import (
    Record,
    error_entry,
    record_key,
    request_entry,
)
from tests.handlers.doubles import REQUEST_ID, FakeS3, invocation, s3_error

RECORD = cast("Record", {"request_id": "r", "request": {"prompt": "le renard ébloui"}})


KEY = record_key(invocation().created_at, REQUEST_ID)


def keeper(s3: FakeS3) -> Keeper:
    return Keeper(Bucket("b", lambda: s3), "full")


def test_records_are_partitioned_by_day() -> None:
    moment = datetime(2026, 3, 9, 23, 59, 59, tzinfo=UTC)

    assert record_key(moment, "abc-1") == "records/dt=2026-03-09/abc-1.json"


def test_a_record_is_json_in_utf8() -> None:
    s3 = FakeS3()

    stored = keeper(s3).store(RECORD, invocation(), None)

    assert stored == Stored(f"s3://b/{KEY}")
    assert s3.objects[f"s3://b/{KEY}"].decode() == (
        '{"request_id": "r", "request": {"prompt": "le renard ébloui"}}'
    )


def test_a_record_that_s3_does_not_take_says_why() -> None:
    s3 = FakeS3()
    s3.fail(s3_error("NoSuchBucket"))

    stored = keeper(s3).store(RECORD, invocation(), None)

    [warning] = stored.warnings
    assert warning == (
        "The record of this request was not stored: NoSuchBucket: there is no bucket b; correct"
        " GENAI_BUCKET_NAME."
    )
    assert (stored.uri, stored.is_lost) == (None, True)


def test_a_record_that_cannot_be_written_says_no_more_than_its_kind() -> None:
    record = cast("Record", {"request": {"prompt": "half \ud83d"}})

    stored = keeper(FakeS3()).store(record, invocation(), None)

    assert stored.is_lost
    assert stored.warnings == ("The record of this request was not stored: UnicodeEncodeError.",)


def test_an_error_keeps_its_details_beside_its_message() -> None:
    error = ModelFailedError("It failed.", {"log_stream_arn": "arn:aws:logs:x"})

    assert error_entry(error) == {
        "type": "model_failed",
        "message": "It failed.",
        "retryable": True,
        "log_stream_arn": "arn:aws:logs:x",
    }


# Texts.

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
# Names that no field has, so that a text can be told from the record around it.
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
REQUESTS = st.one_of(
    st.builds(GenerationRequest, prompt=TEXTS),
    st.builds(
        GenerationRequest,
        messages=st.lists(
            st.fixed_dictionaries({"role": st.just("user"), "content": TEXTS}), min_size=1
        ).map(tuple),
        parameters=st.fixed_dictionaries(
            {}, optional={"stop": st.lists(TEXTS, max_size=3), "seed": st.integers(0, 9)}
        ),
    ),
    st.builds(GenerationRequest, body=JSON_VALUES),
)
REPLIES = st.none() | st.fixed_dictionaries(
    {"text": TEXTS, "finish_reason": st.just("stop"), "usage": st.none()},
    optional={"embedding": st.lists(st.floats(0, 1), min_size=1, max_size=3)},
)
ERRORS = st.none() | st.fixed_dictionaries(
    {"type": st.just("model_failed"), "message": TEXTS, "retryable": st.booleans()},
    optional={"raw_reply": TEXTS, "log_stream_arn": st.just("arn:x")},
)


@st.composite
def records(draw: st.DrawFn) -> Any:
    return {
        "request_id": "r",
        "status": 200,
        "request": request_entry(draw(REQUESTS)),
        "reply": draw(REPLIES),
        "error": draw(ERRORS),
        "attempts": 1,
    }


@given(records())
def test_a_record_whose_texts_stay_as_they_are_stays_as_it_is(record: Any) -> None:
    before = copy.deepcopy(record)
    texts = iter(texts_of(record))

    assert with_texts(record, lambda _text: next(texts)) == before
    assert next(texts, None) is None
    assert record == before


@given(records())
def test_every_text_is_replaced_and_nothing_else(record: Any) -> None:
    replaced = with_texts(record, lambda text: f"<{text}>")

    assert texts_of(replaced) == [f"<{text}>" for text in texts_of(record)]
    for name in ("request_id", "status", "attempts"):
        assert replaced[name] == record[name]
    assert (replaced["error"] or {}).get("type") == (record["error"] or {}).get("type")
    assert (replaced["reply"] or {}).get("embedding") == (record["reply"] or {}).get("embedding")


def marked(value: object) -> object:
    """A record with a word in every text that no field's name has."""
    return with_texts(cast("Record", value), lambda text: f"quokka{text}")


@given(records())
def test_of_lengths_only_no_text_is_left(record: Any) -> None:
    whole = cast("Record", marked(record))
    kept = lengths_only(whole)

    assert "quokka" in json.dumps(whole) or not texts_of(record)
    assert "quokka" not in json.dumps(kept)
    assert texts_of(kept) == []
    assert "embedding" not in (kept["reply"] or {})
    assert lengths_only(kept) == kept


def test_lengths_are_in_characters() -> None:
    record: Any = {
        "request": {"prompt": "é🦊", "parameters": {"stop": ["a", ""], "seed": 1}},
        "reply": {"text": "abc", "finish_reason": "stop", "usage": None, "embedding": [0.5, 1]},
        "error": {
            "type": "x",
            "message": "abcd",
            "retryable": False,
            "raw_reply": "ab",
            "log_stream_arn": "arn:x",
        },
    }

    assert lengths_only(record) == {
        "request": {
            "prompt_characters": 2,
            "parameters": {"stop_characters": [1, 0], "seed": 1},
        },
        "reply": {
            "text_characters": 3,
            "finish_reason": "stop",
            "usage": None,
            "embedding_dimensions": 2,
        },
        "error": {
            "type": "x",
            "message_characters": 4,
            "retryable": False,
            "raw_reply_characters": 2,
            "log_stream_arn": "arn:x",
        },
    }


@pytest.mark.parametrize(
    ("body", "length"), [("abc", 3), ({"a": "b"}, 10), (["ab", ["c"]], [2, [1]]), (True, 4)]
)
def test_the_length_of_a_body_is_that_of_its_json_unless_it_is_texts(
    body: object, length: object
) -> None:
    record: Any = {"request": {"body": body, "parameters": {}}, "reply": None, "error": None}

    assert lengths_only(record)["request"] == {"body_characters": length, "parameters": {}}


def test_a_detail_of_an_error_that_nobody_foresaw_counts_as_a_text() -> None:
    error: Any = {"type": "x", "message": "m", "retryable": False, "said": "quokka"}
    record: Any = {"request": {"parameters": {}}, "reply": None, "error": error}

    assert lengths_only(record)["error"] == {
        "type": "x",
        "message_characters": 1,
        "retryable": False,
        "said_characters": 6,
    }
