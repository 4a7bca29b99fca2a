"""Records are found by day, read side by side, and no more of them than are wanted."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.storage.later import queued_result_key
from handlers.storage.records import record_key
from operations import records as module
from operations.deployment import Deployment
from operations.errors import NotFoundError, OperationError
from operations.record_texts import answered, asked, in_one_line
from operations.records import RECORDS_PREFIX, Records, Selection
from tests.operations.conftest import Deployed
from tests.rehearsal.tenant import unique


class Counting:
    """A client of S3 that notes what is listed and read."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.listed: list[str] = []
        self.read: list[str] = []

    def get_paginator(self, name: str) -> Any:
        pages, listed = self._client.get_paginator(name), self.listed

        class Paginator:
            def paginate(self, **asked: Any) -> Iterator[Any]:
                listed.append(asked["Prefix"])
                return pages.paginate(**asked)

        return Paginator()

    def get_object(self, **asked: Any) -> Any:
        self.read.append(asked["Key"])
        return self._client.get_object(**asked)


class Bucket:
    """A bucket of records from years ago."""

    def __init__(self, deployment: Deployment) -> None:
        self.name = unique("records")
        self._s3 = deployment.client("s3")
        self._s3.create_bucket(Bucket=self.name)
        outputs = {**deployment.outputs, "bucket_name": self.name}
        self.deployment = Deployment("dev", outputs, deployment.account)
        self.counting = Counting(self._s3)
        self.deployment._clients["s3"] = self.counting  # pyright: ignore[reportPrivateUsage]

    def put(self, moment: str, status: int = 200, request_id: str = "", **more: Any) -> str:
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        request_id = request_id or unique("request")
        record = {"request_id": request_id, "created_at": at.isoformat(), "status": status, **more}
        self.put_object(record_key(at, request_id), json.dumps(record))
        return request_id

    def put_object(self, key: str, body: str) -> None:
        self._s3.put_object(Bucket=self.name, Key=key, Body=body.encode())

    def ids(self, selection: Selection) -> list[str]:
        return [record.request_id for record in Records(self.deployment).newest(selection)]


@pytest.fixture
def bucket(deployed: Deployed) -> Bucket:
    return Bucket(deployed.deployment)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_records_lie_where_the_function_puts_them() -> None:
    key = record_key(day("2026-11-25"), "id")

    assert key == f"{RECORDS_PREFIX}dt=2026-11-25/id.json"
    assert module._QUEUED_RESULT.format("id") == queued_result_key("id")  # pyright: ignore[reportPrivateUsage]


def test_the_newest_come_first(bucket: Bucket) -> None:
    second, first, third = (
        bucket.put(moment)
        for moment in ("2020-01-02T10:00:00", "2020-01-01T10:00:00", "2020-01-02T10:00:00.5")
    )

    assert bucket.ids(Selection()) == [third, second, first]
    assert bucket.ids(Selection(limit=2)) == [third, second]


def test_only_wanted_days_are_listed(bucket: Bucket) -> None:
    for number in range(1, 6):
        bucket.put(f"2020-01-0{number}T12:00:00")

    found = bucket.ids(Selection(since=day("2020-01-02T13:00"), until=day("2020-01-04T11:00")))

    assert len(found) == 1
    assert bucket.counting.listed == [
        "records/",
        "records/dt=2020-01-04/",
        "records/dt=2020-01-03/",
        "records/dt=2020-01-02/",
    ]


def test_a_limit_ends_the_reading(bucket: Bucket) -> None:
    for number in range(40):
        bucket.put(f"2020-01-01T12:00:{number:02}")
    newest = bucket.put("2020-01-02T00:00:00")

    assert bucket.ids(Selection(limit=1)) == [newest]
    assert bucket.counting.listed == ["records/", "records/dt=2020-01-02/"]
    assert bucket.counting.read == [f"records/dt=2020-01-02/{newest}.json"]


def test_failures_are_found_among_many(bucket: Bucket) -> None:
    failed = [bucket.put("2020-01-01T12:00:00", status=502), bucket.put("2020-01-01T12:01:00", 429)]
    for number in range(20):
        bucket.put(f"2020-01-02T12:00:{number:02}")

    assert bucket.ids(Selection(only_failed=True, limit=5)) == failed[::-1]


def test_what_is_no_record_is_told_and_loses_nothing(bucket: Bucket) -> None:
    known = bucket.put("2020-01-01T12:00:00")
    for number, body in enumerate(("no JSON", "[1]", '{"status": 200}')):
        bucket.put_object(f"records/dt=2020-01-01/{number}.json", body)
    bucket.put_object("records/notes.txt", "not in a day")

    records = Records(bucket.deployment)
    found = records.newest(Selection())

    assert [record.request_id for record in found] == [known]
    assert sorted(records.unreadable) == [
        f"s3://{bucket.name}/records/dt=2020-01-01/{number}.json" for number in range(3)
    ]


def test_one_is_found_by_id_its_beginning_or_its_uri(bucket: Bucket) -> None:
    bucket.put("2020-01-01T12:00:00", request_id="aaaa-1")
    bucket.put("2020-01-02T12:00:00", request_id="aaaa-2")
    bucket.put("2020-01-02T12:00:00", request_id="bbbb-1")
    bucket.put_object(
        queued_result_key("cccc-1"),
        '{"line": 1, "request_id": "cccc-1", "created_at": "2020-01-01T00:00:00+00:00", "status": 200}\n',
    )
    records = Records(bucket.deployment)

    assert records.find("bbbb").request_id == "bbbb-1"
    assert records.find("cccc-1").request_id == "cccc-1"
    uri = f"s3://{bucket.name}/records/dt=2020-01-01/aaaa-1.json"
    assert records.find(uri).uri == uri
    with pytest.raises(OperationError, match="2 records begin with aaaa: aaaa-2, aaaa-1"):
        records.find("aaaa")
    with pytest.raises(NotFoundError, match="dev has no record of dddd"):
        records.find("dddd")
    with pytest.raises(OperationError, match="'a/b' is no request's id"):
        records.find("a/b")


def test_what_is_stored_from_now_on_is_followed(bucket: Bucket) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    bucket.put(now.isoformat(), request_id="before")
    following = Records(bucket.deployment).follow(Selection(), sleep=lambda _: None)
    assert next(following) == []

    bucket.put(now.isoformat(), request_id="later", status=202)
    first = next(following)
    bucket.put(now.isoformat(), request_id="later")
    completed, nothing = next(following), next(following)

    assert [(each.request_id, each.content["status"]) for each in first] == [("later", 202)]
    assert [(each.request_id, each.content["status"]) for each in completed] == [("later", 200)]
    assert nothing == []


def test_a_bucket_that_is_gone_is_told(deployed: Deployed) -> None:
    outputs = {**deployed.deployment.outputs, "bucket_name": unique("gone")}

    with pytest.raises(NotFoundError, match="NoSuchBucket"):
        Records(Deployment("dev", outputs, deployed.deployment.account)).newest(Selection())


@pytest.mark.parametrize(
    ("record", "question", "answer"),
    [
        (
            {"request": {"prompt": "Who?"}, "reply": {"text": "A fox."}},
            "Who?",
            "A fox.",
        ),
        (
            {
                "request": {
                    "messages": [
                        {"role": "system", "content": "s"},
                        {"role": "user", "content": "u"},
                    ]
                },
                "reply": {"embedding": [0.1, 0.2]},
            },
            "u",
            "(a vector of 2 numbers)",
        ),
        (
            {
                "request": {"prompt_characters": 29},
                "reply": None,
                "error": {"type": "model_failed", "message": "no memory"},
            },
            "(29 characters)",
            "model_failed: no memory",
        ),
        (
            {"request": {"body": {"a": 1}}, "reply": None, "status": 202},
            '{"a": 1}',
            "(not there yet)",
        ),
        (
            {"request": {"body_characters": [3, [4]]}, "reply": {"text_characters": 6}},
            "(7 characters)",
            "(6 characters)",
        ),
        (
            {
                "request": {"messages": [{"role": "user", "content_characters": 5}]},
                "reply": {"embedding_dimensions": 8},
                "error": None,
            },
            "(5 characters)",
            "(a vector of 8 numbers)",
        ),
        (
            {"request": None, "error": {"type": "bad_request", "message_characters": 10}},
            "",
            "bad_request: (10 characters)",
        ),
    ],
)
def test_a_record_tells_what_was_asked_and_answered(
    record: dict[str, Any], question: str, answer: str
) -> None:
    assert (asked(record), answered(record)) == (question, answer)


def test_an_excerpt_is_one_line_that_a_terminal_only_shows() -> None:
    assert in_one_line("a\n\n b\x1b[31m\tc") == "a b [31m c"
