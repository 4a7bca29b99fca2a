"""What the rules take out of the texts that are kept, and that no rule holds anything up."""

import json
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from handlers.contracts.contract import Generated
from handlers.environment import RedactionRule
from handlers.errors import UnexpectedReplyError
from handlers.generation_request import GenerationRequest
from handlers.storage import redaction
from handlers.storage.redaction import MOST_PROCESSES, NotRedactedError, Redactor
from tests.handlers.doubles import FakeEndpoint, FakeReply, FakeS3, generator, invocation

EMAIL: RedactionRule = {"pattern": r"[\w.]+@[\w.]+\w", "replacement": "[email]"}
# Doubles its work with every further letter.
ENDLESS: RedactionRule = {"pattern": r"(a+)+b", "replacement": ""}
ENDLESS_TEXT = "a" * 60


@pytest.fixture
def redactors() -> Iterator[Any]:
    """Makes redactors and ends them."""
    made: list[Redactor] = []

    def redactor(*rules: RedactionRule) -> Redactor:
        made.append(Redactor(rules))
        return made[-1]

    yield redactor
    for each in made:
        each.close()


def test_what_a_rule_finds_is_replaced_in_every_text(redactors: Any) -> None:
    redactor = redactors(EMAIL)

    assert redactor.redacted(["to a@b.cc and d@e.ff", "", "none"], 5) == [
        "to [email] and [email]",
        "",
        "none",
    ]


def test_rules_apply_in_their_order(redactors: Any) -> None:
    redactor = redactors(
        {"pattern": "fox", "replacement": "cat"}, {"pattern": "cat", "replacement": "owl"}
    )

    assert redactor.redacted(["fox cat"], 5) == ["owl owl"]


def test_a_replacement_is_a_text_and_nothing_else(redactors: Any) -> None:
    redactor = redactors({"pattern": "(fox)", "replacement": r"\1\g<0>\n"})

    assert redactor.redacted(["a fox"], 5) == [r"a \1\g<0>\n"]


def test_texts_of_any_size_and_alphabet_pass(redactors: Any) -> None:
    texts = ["ébloui 🦊\n\r\u2028\x00" * 50_000, "\ud83d"]

    assert redactors(EMAIL).redacted(texts, 20) == texts


@pytest.fixture(scope="module")
def letter_redactor() -> Iterator[Redactor]:
    redactor = Redactor(({"pattern": "e", "replacement": "[x]"},))
    yield redactor
    redactor.close()


@given(texts=st.lists(st.text(), max_size=5))
@hypothesis_settings(deadline=None)
def test_nothing_that_a_rule_finds_is_left(letter_redactor: Redactor, texts: list[str]) -> None:
    redacted = letter_redactor.redacted(texts, 20)

    assert redacted == [text.replace("e", "[x]") for text in texts]


def test_one_process_serves_one_request_after_the_other(redactors: Any) -> None:
    redactor = redactors(EMAIL)
    redactor.start()
    [process] = redactor._idle

    for _ in range(3):
        redactor.redacted(["a@b.cc"], 5)
    redactor.start()

    assert redactor._idle == [process]


def test_requests_at_the_same_time_do_not_wait_for_each_other(redactors: Any) -> None:
    redactor = redactors(EMAIL)

    with ThreadPoolExecutor(4) as pool:
        texts = pool.map(lambda n: redactor.redacted([f"{n} a@b.cc"], 20), range(20))

    assert list(texts) == [[f"{n} [email]"] for n in range(20)]


def test_there_are_few_processes_however_many_requests_come_at_once(redactors: Any) -> None:
    redactor = redactors(EMAIL)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: redactor.redacted([f"{n} a@b.cc"], 20), range(64)))

    assert 1 <= len(redactor._idle) <= MOST_PROCESSES


def test_whoever_waits_for_a_process_waits_no_longer_than_it_may(redactors: Any) -> None:
    redactor = redactors(ENDLESS)

    with ThreadPoolExecutor(MOST_PROCESSES) as pool:
        stuck = [pool.submit(redactor.redacted, [ENDLESS_TEXT], 0.3) for _ in range(MOST_PROCESSES)]
        while redactor._turns._value:
            time.sleep(0.005)
        with pytest.raises(NotRedactedError, match=r"its turn did not come within 0\.1 s"):
            redactor.redacted(["a"], 0.1)

    assert all(isinstance(each.exception(), NotRedactedError) for each in stuck)


def test_a_process_that_was_ended_meanwhile_is_replaced(redactors: Any) -> None:
    redactor = redactors(EMAIL)
    redactor.start()
    [process] = redactor._idle
    process._process.kill()
    process._process.wait()

    assert redactor.redacted(["a@b.cc"], 5) == ["[email]"]
    assert redactor._idle != [process]


def test_a_pattern_that_does_not_end_is_ended(redactors: Any) -> None:
    redactor = redactors(ENDLESS, EMAIL)
    redactor.start()
    [process] = redactor._idle

    with pytest.raises(NotRedactedError, match=r"it did not end within 0\.2 s"):
        redactor.redacted([ENDLESS_TEXT], 0.2)

    assert process._process.returncode is not None
    assert redactor.redacted(["a@b.cc"], 5) == ["[email]"]


def test_other_threads_run_while_a_pattern_does_not_end(redactors: Any) -> None:
    redactor = redactors(ENDLESS)
    redactor.start()
    counted = 0

    with ThreadPoolExecutor(1) as pool:
        stuck = pool.submit(redactor.redacted, [ENDLESS_TEXT], 0.2)
        while not stuck.done():
            counted += 1
            time.sleep(0.005)

    assert isinstance(stuck.exception(), NotRedactedError)
    assert counted > 3


def test_a_process_that_cannot_start_is_told(
    redactors: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redaction.sys, "executable", "/nowhere/python")
    redactor = redactors(EMAIL)
    redactor.start()

    with pytest.raises(NotRedactedError, match=r"no process for it \(FileNotFoundError\)"):
        redactor.redacted(["a@b.cc"], 5)


# In a record.

ASKING = GenerationRequest(
    messages=(
        {"role": "system", "content": "Be a@b.cc"},
        {"role": "user", "content": "I am c@d.ee"},
    ),
    parameters={"stop": ["f@g.hh", "END"]},
)


def kept_of(
    request: GenerationRequest, reply: bytes, *rules: RedactionRule, left: int = 30_000, **more: Any
) -> tuple[Any, list[str]]:
    """The record that is kept, and the warnings about it."""
    s3 = FakeS3()
    made = generator(FakeEndpoint([FakeReply(reply)]), s3, redaction=rules, **more)
    try:
        answer = made.generate(request, invocation(left))
        assert isinstance(answer.outcome, Generated)
        warnings = answer.warnings
    except UnexpectedReplyError:
        warnings = []
    finally:
        made.close()
    [key] = s3.called("put")
    return s3.value(key), warnings


def test_a_record_is_redacted_wherever_somebody_wrote() -> None:
    reply = json.dumps([{"generated_text": "Dear i@j.kk!"}]).encode()

    record, warnings = kept_of(ASKING, reply, EMAIL)

    assert "@" not in json.dumps(record)
    assert record["request"] == {
        "messages": [
            {"role": "system", "content": "Be [email]"},
            {"role": "user", "content": "I am [email]"},
        ],
        "parameters": {"stop": ["[email]", "END"]},
    }
    assert record["reply"]["text"] == "Dear [email]!"
    assert warnings == []


def test_a_raw_body_is_redacted_through_and_through() -> None:
    body = {"a@b.cc": ["c@d.ee", {"x": "f@g.hh", "n": 1}], "y": None}

    record, _ = kept_of(GenerationRequest(body=body), b'"h@i.jj"', EMAIL, contract="raw")

    assert record["request"]["body"] == {
        "[email]": ["[email]", {"x": "[email]", "n": 1}],
        "y": None,
    }
    assert record["reply"]["text"] == '"[email]"'


def test_the_raw_reply_and_the_message_of_a_failure_are_redacted() -> None:
    record, _ = kept_of(
        ASKING, b"<html>a@b.cc", {"pattern": "html|shape", "replacement": "-"}, EMAIL
    )

    assert record["error"]["raw_reply"] == "<->[email]"
    assert "is not in the - of the contract" in record["error"]["message"]
    assert record["error"]["type"] == "unexpected_reply"


def test_what_a_pattern_does_not_end_on_is_kept_as_lengths(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reply = json.dumps([{"generated_text": ENDLESS_TEXT}]).encode()

    with caplog.at_level(logging.INFO):
        record, warnings = kept_of(ASKING, reply, ENDLESS, left=700)

    assert record["reply"] == {"text_characters": 60, "finish_reason": None, "usage": None}
    assert warnings == [
        (
            "The record of this request was not redacted: it did not end within 0.1 s. It holds the"
            " lengths of the texts instead of the texts. Look for a simpler pattern in GENAI_REDACT."
        )
    ]
    assert [entry.getMessage() for entry in caplog.records] == ["record not redacted"]
    assert ENDLESS_TEXT not in caplog.text


def test_the_process_starts_before_the_model_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []
    start = redaction.subprocess.Popen

    def noted(*args: Any, **options: Any) -> Any:
        started.append(args)
        return start(*args, **options)

    monkeypatch.setattr(redaction.subprocess, "Popen", noted)
    at_the_call: list[int] = []
    endpoint = FakeEndpoint(before=lambda _call: at_the_call.append(len(started)))
    made = generator(endpoint, FakeS3(), redaction=(EMAIL,))
    try:
        made.generate(ASKING, invocation())
    finally:
        made.close()

    assert (at_the_call, len(started)) == ([1], 1)


def test_the_caller_gets_the_text_as_it_was_written() -> None:
    made = generator(
        FakeEndpoint([FakeReply(b'[{"generated_text": "a@b.cc"}]')]), FakeS3(), redaction=(EMAIL,)
    )
    try:
        answer = made.generate(ASKING, invocation())
    finally:
        made.close()

    assert isinstance(answer.outcome, Generated)
    assert answer.outcome.text == "a@b.cc"


def test_an_answer_of_a_batch_has_its_text_and_a_redacted_request() -> None:
    made = generator(
        FakeEndpoint([FakeReply(b'[{"generated_text": "a@b.cc"}]')]), FakeS3(), redaction=(EMAIL,)
    )
    try:
        record = made.record_of(GenerationRequest(prompt="c@d.ee"), invocation())
    finally:
        made.close()

    assert record["request"].get("prompt") == "[email]"
    assert record["reply"] is not None
    assert record["reply"].get("text") == "a@b.cc"
