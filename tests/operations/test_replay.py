"""Recorded requests are sent again, and the new answers held against the recorded ones."""

import json
import re
from typing import Any

import pytest

from operations.asking import Event, Reply
from operations.records import StoredRecord
from operations.replay import compare, event_of, replay, summary_of
from tests.operations.conftest import STREAMING, Deployed, Genai
from tests.rehearsal.tenant import unique

FAILED = {"status": 502, "error": {"type": "model_failed", "message": "m"}}


def record(**content: Any) -> StoredRecord:
    return StoredRecord("s3://b/records/x.json", {"request_id": "id", "status": 200, **content})


def said(text: str, **more: Any) -> Reply:
    return {"status": 200, "text": text, **more}


@pytest.mark.parametrize(
    ("request_", "event"),
    [
        ({"prompt": "p", "parameters": {}}, {"prompt": "p"}),
        (
            {"prompt": "p", "parameters": {"seed": 1}},
            {"prompt": "p", "parameters": {"seed": 1}},
        ),
        (
            {"messages": [{"role": "user", "content": "c"}]},
            {"messages": [{"role": "user", "content": "c"}]},
        ),
        ({"body": {"a": 1}}, {"body": {"a": 1}}),
        ({"prompt_characters": 4, "parameters": {}}, None),
        ({"messages": [{"role": "user", "content_characters": 4}]}, None),
        ({"prompt": "p", "parameters": {"stop_characters": [3]}}, None),
        (None, None),
    ],
)
def test_a_request_is_sent_again_as_it_was_if_its_texts_were_kept(
    request_: Any, event: Event | None
) -> None:
    assert event_of(record(request=request_, client_token="t")) == event


@pytest.mark.parametrize(
    ("before", "reply", "outcome", "similarity"),
    [
        ({"reply": {"text": "a b c d"}}, said("a b c d"), "same", 1.0),
        ({"reply": {"text": "a b c d"}}, said("a b x d"), "different", 0.75),
        ({"reply": {"text": "a"}}, FAILED, "fails", None),
        ({"status": 502, "reply": None, "error": {}}, said("a"), "recovered", None),
        ({"status": 502, "reply": None, "error": {}}, FAILED, "fails again", None),
        ({"status": 202, "reply": None}, said("a"), "new", None),
        (
            {"reply": {"embedding": [3.0, 4.0]}},
            said("", embedding=[3.0, 4.0]),
            "same",
            1.0,
        ),
        (
            {"reply": {"embedding": [1.0, 0.0]}},
            said("", embedding=[0.0, 1.0]),
            "different",
            0.0,
        ),
    ],
)
def test_answers_are_compared(
    before: Any, reply: Reply, outcome: str, similarity: float | None
) -> None:
    found = compare(record(**before), reply)

    assert found.outcome == outcome
    assert found.similarity == (None if similarity is None else pytest.approx(similarity))


def test_a_summary_adds_up_what_is_known_of_both_times() -> None:
    usage = {"usage": {"completion_tokens": 5}}
    known = record(reply={"text": "a b", **usage}, latency_ms={"total": 500})
    replayed = [
        compare(known, said("a b", latency_ms=250, usage={"completion_tokens": 7})),
        compare(known, said("a c", latency_ms=250)),
        compare(record(reply={"text": "x"}), said("x", latency_ms=9000)),
        compare(known, FAILED),
    ]

    summary = summary_of(replayed)

    assert summary.outcomes == {"same": 2, "different": 1, "fails": 1}
    assert summary.mean_similarity == pytest.approx(2.5 / 3)
    assert (summary.seconds_before, summary.seconds) == (1.0, 0.5)
    assert (summary.tokens_before, summary.tokens) == (15, 7)


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        ({"mode": "async", "status": 202, "latency_ms": {"model": 7, "total": 9}}, None),
        ({"mode": "async", "reply": {}, "latency_ms": {"model": 7000, "total": 9}}, 7.0),
        ({"mode": "stream", "reply": {}, "latency_ms": {"model": 7, "total": 9}}, 0.009),
    ],
)
def test_the_time_of_an_asynchronous_answer_is_the_endpoints(
    content: Any, seconds: float | None
) -> None:
    assert compare(record(**content), said("a")).seconds_before == seconds


def test_only_what_was_kept_is_sent() -> None:
    asked: list[Event] = []

    def ask(event: Event) -> Reply:
        asked.append(event)
        return said("a")

    records = [record(request={"prompt_characters": 3}), record(request={"prompt": "p"})]

    assert len(list(replay(ask, records, at_once=2))) == 1
    assert asked == [{"prompt": "p"}]


def asked(genai: Genai, prompt: str) -> str:
    return json.loads(genai("invoke", "dev", prompt, "--json").stdout).get("request_id", "")


def test_the_command_sends_records_again(genai: Genai, deployed: Deployed) -> None:
    prompt = unique("say ")
    request_id = asked(genai, prompt)

    done = genai("replay", "dev", "--id", request_id)

    assert done.exit_code == 0
    assert deployed.stack.times_asked(prompt) == 2
    assert "1 answered the same\nmean similarity 1.00; " in done.stdout
    assert re.search(r"5 tokens before, 5 now; 0\.\d{6} USD of instance time\n$", done.stdout)


def test_records_of_one_stack_are_sent_to_another(genai: Genai, streaming: Deployed) -> None:
    prompt = unique("say ")
    request_id = asked(genai, prompt)

    done = genai("replay", "dev", "--id", request_id, "--to", STREAMING, "--json")

    told = json.loads(done.stdout)
    assert streaming.stack.times_asked(prompt) == 1
    assert [each["outcome"] for each in told["replayed"]] == ["same"]
    assert told["replayed"][0]["reply"]["model"]["endpoint"] == streaming.deployment.endpoint_name
    assert 0 < told["summary"]["usd"] < 0.001


def test_what_failed_and_fails_again_is_told(genai: Genai, deployed: Deployed) -> None:
    dragons = unique("refuse ")
    failure = json.loads(genai("invoke", "dev", dragons, "--json").stdout)

    done = genai("replay", "dev", "--id", failure["error"]["request_id"])

    assert done.exit_code == 0
    assert deployed.stack.times_asked(dragons) == 2
    assert "1 failing as before" in done.stdout
    assert "model_rejected_request: " in done.stdout


def test_what_worked_and_fails_now_is_a_bad_end(genai: Genai, deployed: Deployed) -> None:
    key = f"records/dt=2020-05-05/{unique('made')}.json"
    content = {
        "request_id": "made",
        "created_at": "2020-05-05T10:00:00+00:00",
        "status": 200,
        "request": {"prompt": "refuse this", "parameters": {}},
        "reply": {"text": "a fox"},
    }
    kept = {**content, "request_id": "unkept", "request": {"prompt_characters": 3}}
    deployed.stack.put(key, json.dumps(content).encode())
    deployed.stack.put(f"{key[:-5]}-2.json", json.dumps(kept).encode())

    done = genai("replay", "dev", "--since", "2020-05-05", "--until", "2020-05-06")

    assert done.exit_code == 1
    assert "1 failing now" in done.stdout
    assert "not sent, as their texts were not kept: 1 (unkept)" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said_"),
    [
        (("--to-outputs", "x"), 2, "goes with --to"),
        (("--id", "0000"), 3, "dev has no record of 0000"),
        (("--to", "nobody"), 3, "no stack nobody was rehearsed"),
    ],
)
@pytest.mark.usefixtures("dev")
def test_what_cannot_be_is_told(
    genai: Genai, arguments: tuple[str, ...], code: int, said_: str
) -> None:
    done = genai("replay", "dev", *arguments)

    assert done.exit_code == code
    assert said_ in done.stderr


def test_nothing_to_send_is_told(genai: Genai, deployed: Deployed) -> None:
    assert deployed.stack.bucket

    done = genai("replay", "dev", "--until", "2001-01-01")

    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "nothing was sent")
