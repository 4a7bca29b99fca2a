import contextlib
import errno
import json
import os
import tempfile
import threading
import tracemalloc
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, BinaryIO

import pytest

from handlers.aws.errors import NotConnectedError
from handlers.batch import input_file, parts, passage
from handlers.batch.entries import entry_of
from handlers.batch.input_object import InputObject
from handlers.batch.parts import Part
from handlers.batch.passage import Passage
from handlers.batch.runner import BatchOutcome
from handlers.errors import (
    BadRequestError,
    DiskFullError,
    EndpointMissingError,
    EndpointThrottledError,
    EndpointWakingError,
    HandlerError,
    ModelFailedError,
    ModelRejectedRequestError,
    NoTimeLeftError,
    StorageUnavailableError,
)
from tests.handlers.batch.rig import (
    MESSAGE_ID,
    Asked,
    Outcome,
    Rig,
    json_lines,
    names,
    prompts,
    texts,
)
from tests.handlers.doubles import BUCKET_NAME, FakeS3, s3_error


def failing(*lines: int, with_error: HandlerError) -> Any:
    """A model that fails on some lines."""

    def answer(asked: Asked) -> Outcome:
        return with_error if asked.line in lines else f"{asked.prompt}!"

    return answer


def lines_asked(rig: Rig) -> list[int]:
    return sorted(asked.line for asked in rig.generator.calls)


# What comes in, and what goes out.


def test_every_line_is_answered_in_its_order() -> None:
    rig = Rig()
    batch = rig.upload(prompts(range(1, 251)))

    outcome = rig.run(batch)

    assert outcome == BatchOutcome(
        finished=True,
        lines=250,
        result_uri=f"s3://{BUCKET_NAME}/results/prompts.jsonl.v1.jsonl",
    )
    result = rig.result(batch)
    assert [line["line"] for line in result] == list(range(1, 251))
    assert texts(result) == [f"p{n}!" for n in range(1, 251)]


def test_a_result_line_is_the_record_with_the_number_of_its_line() -> None:
    rig = Rig()
    batch = rig.upload(b'{"prompt": "a", "parameters": {"seed": 1}}')

    rig.run(batch)

    assert rig.result(batch) == [
        {
            "line": 1,
            "status": 200,
            "request_id": f"{MESSAGE_ID}-1",
            "created_at": "2026-11-25T00:00:00.000+00:00",
            "mode": "batch",
            "request": {"prompt": "a", "parameters": {"seed": 1}},
            "reply": {"text": "a!", "finish_reason": "stop", "usage": None},
            "error": None,
            "model": rig.result(batch)[0]["model"],
            "latency_ms": {"model": 100, "total": 100},
            "attempts": 1,
        }
    ]


@pytest.mark.row("bad-lines")
def test_a_bad_line_has_its_error_and_the_others_their_texts() -> None:
    rig = Rig()
    batch = rig.upload(b'\xef\xbb\xbf"a"\n{"prompt": 5}\n\n"\xff"\nnull\n{"prompt": \n"b"')

    outcome = rig.run(batch)

    assert (outcome.finished, outcome.lines, outcome.failed) == (True, 6, 4)
    result = rig.result(batch)
    assert [line["line"] for line in result] == [1, 2, 4, 5, 6, 7]
    assert texts(result) == ["a!", *["(bad_request)"] * 4, "b!"]
    assert result[1]["status"] == 400
    assert result[1]["error"]["retryable"] is False
    assert (result[1]["request"], result[1]["reply"], result[1]["attempts"]) == (None, None, 0)
    assert rig.generator.prompts == ["a", "b"]


@pytest.mark.row("bad-lines")
@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_no_lines_make_an_empty_result(content: bytes) -> None:
    rig = Rig()
    batch = rig.upload(content)

    assert rig.run(batch).finished
    assert rig.content(names(batch).result) == b""


def test_a_json_list_is_a_batch_too() -> None:
    rig = Rig()
    batch = rig.upload(b'[\n  {"prompt": "a"},\n  "b",\n  5\n]\n', "inputs/prompts.json")

    assert rig.run(batch).lines == 3
    assert texts(rig.result(batch)) == ["a!", "b!", "(bad_request)"]


def test_a_request_that_the_function_kept_is_answered_under_its_id() -> None:
    rig = Rig()
    batch = rig.upload(b'{"prompt": "a"}', "inputs/queued/8f507cfc.json")

    outcome = rig.run(batch)

    assert outcome.result_uri == f"s3://{BUCKET_NAME}/results/queued/8f507cfc.jsonl"
    assert texts(json_lines(rig.content("results/queued/8f507cfc.jsonl"))) == ["a!"]
    assert rig.generator.calls[0].invocation.request_id == "8f507cfc-1"


def test_an_unreadable_json_text_is_said_in_the_result() -> None:
    rig = Rig()
    batch = rig.upload(b'[{"prompt": "a"}', "inputs/prompts.json")

    outcome = rig.run(batch)

    assert (outcome.finished, outcome.lines, outcome.failed) == (True, 1, 1)
    assert texts(rig.result(batch)) == ["(bad_request)"]
    assert "a comma or a bracket is missing" in rig.result(batch)[0]["error"]["message"]
    assert rig.generator.calls == []


def test_a_json_text_that_is_too_large_is_said_in_the_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(input_file, "LONGEST_JSON_BYTES", 5)
    rig = Rig()
    batch = rig.upload(b'["a", "b"]', "inputs/prompts.json")

    assert rig.run(batch).finished
    assert texts(rig.result(batch)) == ["(payload_too_large)"]


def test_what_a_request_id_starts_with_is_cut_to_what_sagemaker_takes() -> None:
    rig = Rig()

    rig.run(rig.upload(b'"a"', f"inputs/queued/{'i' * 64}.json"))

    assert rig.generator.calls[0].invocation.request_id == "i" * 62 + "-1"


# How it goes about it.


def test_as_many_lines_are_asked_at_once_as_there_are_workers() -> None:
    rig = Rig(workers=4)
    together = threading.Barrier(4, timeout=10)

    def answer(asked: Asked) -> Outcome:
        together.wait()
        return asked.prompt

    rig.generator.answer = answer

    assert rig.run(rig.upload(prompts(range(8)))).failed == 0


def test_what_is_done_is_stored_every_hundred_lines() -> None:
    rig = Rig(workers=1)
    batch = rig.upload(prompts(range(250)))

    rig.run(batch)

    assert [key.rpartition("/")[2][:19] for key in rig.keys(names(batch).parts)] == [
        "000000001-000000100",
        "000000101-000000200",
        "000000201-000000250",
    ]


def test_what_is_done_is_stored_every_ten_seconds() -> None:
    rig = Rig(workers=1)
    rig.generator.seconds = 3
    batch = rig.upload(prompts(range(40)))

    rig.run(batch)

    stored = [Part.named(key.rpartition("/")[2]) for key in rig.keys(names(batch).parts)]
    assert sum(part.lines for part in stored if part) == 40
    assert max(part.lines for part in stored if part) < 20


def test_what_is_done_is_stored_before_it_takes_much_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parts, "_MOST_BYTES", 1000)
    rig = Rig(workers=1)
    batch = rig.upload(prompts(range(10)))

    rig.run(batch)

    stored = [Part.named(key.rpartition("/")[2]) for key in rig.keys(names(batch).parts)]
    assert {part.lines for part in stored if part} == {3, 1}


def test_lines_that_fill_the_memory_make_room_as_they_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passage, "_WINDOW_BYTES", 20)
    rig = Rig(workers=4)

    together = threading.Barrier(2)

    def answer(asked: Asked) -> Outcome:
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(timeout=10)
        return asked.prompt

    rig.generator.answer = answer

    # If what is answered kept its room, nobody would ever be there to meet.
    assert rig.run(rig.upload(prompts(range(50)))).lines == 50
    assert not together.broken


class IdleExecutor:
    """Takes work and never does it."""

    def submit(self, *_work: Any) -> Future[Any]:
        return Future()


def window_over(rig: Rig, content: bytes) -> int:
    """How many lines of an input are read ahead while none is answered."""

    class Time:
        def has_time_for_line(self) -> bool:
            return True

    class Pace:
        is_stopped = False

    class Asker:
        time, pace = Time(), Pace()

        def ask(self, _line: Any) -> None:
            return None

    with tempfile.TemporaryFile() as file:
        file.write(content)
        reading = Passage(file, None, [], Asker(), rig.workers)  # type: ignore[arg-type]
        reading._fill(IdleExecutor())  # type: ignore[arg-type]
        return len(reading._window)  # pyright: ignore[reportPrivateUsage] - what a test looks into


def test_lines_are_read_ahead_a_few_per_worker_and_not_more_than_memory_allows() -> None:
    rig = Rig(workers=4)

    assert window_over(rig, prompts(range(1000))) == 16
    assert window_over(rig, b"\n".join([b'"' + b"x" * 3_000_000 + b'"'] * 16)) == 6


@pytest.mark.row("bad-lines")
def test_100_000_lines_go_through_little_memory() -> None:
    rig = Rig()
    batch = rig.upload(prompts(range(1, 100_001)))
    for first in range(1, 99_001, 1000):
        part = Part(first=first, last=first + 999, lines=1000, failed=0, pending=0)
        entries = [entry_of(n, {"status": 200}).text for n in range(first, first + 1000)]
        rig.s3.put(BUCKET_NAME, names(batch).parts + part.name, b"".join(entries), seconds=1)

    tracemalloc.start()
    outcome = rig.run(batch)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (outcome.finished, outcome.lines) == (True, 100_000)
    content = rig.content(names(batch).result)
    numbers = [int(line.split(b",")[0].split(b": ")[1]) for line in content.splitlines()]
    assert numbers == list(range(1, 100_001))
    assert lines_asked(rig) == list(range(99_001, 100_001))
    # Most of it is the result, which this S3 keeps in memory, and the copy it reads.
    assert peak_bytes < 2 * len(content) + 16_000_000


# Deliveries.


def test_a_second_delivery_of_the_same_version_does_nothing() -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')
    first = rig.run(batch)
    stored = dict(rig.s3.objects)

    second = rig.run(batch)

    assert second == BatchOutcome(finished=True, result_uri=first.result_uri)
    assert rig.s3.objects == stored
    assert rig.generator.prompts == ["a"]


def test_a_second_delivery_does_nothing_when_the_input_is_gone_meanwhile() -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')
    rig.run(batch)
    rig.delete(batch.key)

    assert rig.run(batch).finished
    assert rig.keys("results/prompts") == [names(batch).result]


@pytest.mark.row("event-twice")
def test_each_version_has_a_result_of_its_own_in_whatever_order_its_event_comes() -> None:
    rig = Rig()
    old = rig.upload(b'"old"')
    new = rig.upload(b'"new"')

    for batch in (new, old, new):
        assert rig.run(batch).finished

    assert (texts(rig.result(old)), texts(rig.result(new))) == (["old!"], ["new!"])
    assert sorted(rig.generator.prompts) == ["new", "old"]


def test_without_versions_the_result_is_called_by_what_was_read() -> None:
    rig = Rig()
    rig.upload(b'"old"')
    new = replace(rig.upload(b'"new"'), version_id=None)
    late_event = replace(new, etag="etag-of-old")

    # What FakeS3 reads has a version; a bucket without them says none.
    outcome = rig.run(late_event)

    assert outcome.result_uri == f"s3://{BUCKET_NAME}/results/prompts.jsonl.v2.jsonl"
    assert texts(json_lines(rig.content("results/prompts.jsonl.v2.jsonl"))) == ["new!"]


@pytest.mark.row("event-twice")
def test_a_missing_input_ends_with_a_failure_beside_its_result() -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')
    rig.delete(batch.key)

    outcome = rig.run(batch)

    assert (outcome.finished, outcome.lines, outcome.failed) == (True, 0, 1)
    assert outcome.result_uri == f"s3://{BUCKET_NAME}/results/prompts.jsonl.v1.missing.jsonl"
    (line,) = json_lines(rig.content(names(batch).missing))
    assert (line["status"], line["error"]["type"]) == (404, "not_found")
    assert line["error"]["message"].startswith("The input object is not there any more.")


def test_an_input_that_comes_back_after_it_was_missing_is_answered() -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')
    rig.delete(batch.key)
    rig.run(batch)

    again = rig.upload(b'"a"')

    assert again == batch
    assert rig.run(again).finished
    assert texts(rig.result(again)) == ["a!"]


def test_an_input_that_nothing_identifies_is_missing_too() -> None:
    rig = Rig()

    outcome = rig.run(InputObject(bucket=BUCKET_NAME, key="inputs/a.jsonl"))

    assert outcome.result_uri == f"s3://{BUCKET_NAME}/results/a.jsonl.unknown.missing.jsonl"


def test_deleting_the_input_calls_a_batch_off() -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')
    rig.delete(batch.key, with_versions=False)

    outcome = rig.run(batch)

    assert outcome.finished
    assert rig.generator.calls == []
    assert texts(json_lines(rig.content(names(batch).missing))) == ["(not_found)"]


@pytest.mark.row("results-in-inputs")
@pytest.mark.parametrize("key", ["results/a.jsonl", "a.jsonl", "claims/../inputs/a.jsonl"])
def test_only_what_lies_under_inputs_is_an_input(key: str) -> None:
    rig = Rig()
    batch = rig.upload(b'"a"', key)

    with pytest.raises(BadRequestError, match="input lies under inputs/"):
        rig.run(batch)

    assert list(rig.s3.objects) == [f"s3://{BUCKET_NAME}/{key}"]


@pytest.mark.parametrize("key", ["inputs/", "inputs/day 1/"])
def test_a_folder_that_a_console_makes_is_no_batch(key: str) -> None:
    rig = Rig()
    batch = rig.upload(b"", key)

    assert rig.run(batch) == BatchOutcome(finished=True)
    assert rig.keys("results/") == []


def test_two_runs_do_not_work_on_a_batch_at_once() -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')
    others: list[BatchOutcome] = []

    def answer(asked: Asked) -> Outcome:
        others.append(rig.run(batch, timeout_seconds=60))
        return asked.prompt

    rig.generator.answer = answer

    assert rig.run(batch, timeout_seconds=60).finished
    (other,) = others
    assert not other.finished
    assert other.retry_after_seconds is not None
    # Five more, as clocks differ, and one to be sure.
    assert other.retry_after_seconds == 66
    assert rig.generator.prompts == ["a"]


def test_the_lease_of_a_run_that_was_killed_runs_out() -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')
    lease = json.dumps({"ends_at": rig.clock.now() + 100, "owner": "killed"}).encode()
    rig.s3.put(BUCKET_NAME, f"{names(batch).leases}1.json", lease, seconds=1)

    assert rig.run(batch).retry_after_seconds == 101
    rig.clock.pass_by(101)

    assert rig.run(batch).finished


def test_a_run_that_ends_by_itself_gives_its_lease_back() -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')
    rig.generator.answer = failing(1, with_error=ModelFailedError("no"))

    assert rig.run(batch).retry_after_seconds == 20
    rig.generator.answer = failing(with_error=ModelFailedError("no"))

    assert rig.run(batch).finished
    assert rig.keys(names(batch).leases) == [f"{names(batch).leases}{n}.json" for n in (1, 2)]


@pytest.mark.parametrize("content", [b"damaged", b"[]", b'{"ends_at": "later"}'])
def test_a_lease_that_cannot_be_read_keeps_nobody_away(content: bytes) -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')
    rig.s3.put(BUCKET_NAME, f"{names(batch).leases}1.json", content, seconds=1)

    assert rig.run(batch).finished


def test_a_run_knows_its_own_lease_when_the_answer_about_it_was_lost() -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')
    rig.s3.fail(NotConnectedError(), "put", "claims/", times=1, after=True)

    assert rig.run(batch).finished
    assert rig.keys(names(batch).leases) == [f"{names(batch).leases}1.json"]


def test_of_two_runs_that_take_the_lease_at_the_same_moment_one_gets_it() -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')

    def other_run(call: Any) -> None:
        if call.operation == "put" and call.key.endswith("/1.json"):
            rig.s3.before = lambda _call: None
            lease = json.dumps({"ends_at": rig.clock.now() + 100, "owner": "other"}).encode()
            rig.s3.put(BUCKET_NAME, call.key, lease, seconds=1)

    rig.s3.before = other_run

    assert rig.run(batch).retry_after_seconds == 2
    assert rig.generator.calls == []


# The end of the time.


@pytest.mark.row("bad-lines")
def test_a_run_stops_before_its_time_is_over_and_the_next_one_goes_on() -> None:
    rig = Rig(workers=1)
    rig.generator.seconds = 4
    batch = rig.upload(prompts(range(1, 31)))

    first = rig.run(batch, timeout_seconds=60)
    asked_first = lines_asked(rig)

    assert (first.finished, first.retry_after_seconds) == (False, 1)
    assert first.lines == len(asked_first)
    assert 8 <= len(asked_first) <= 13
    outcomes = [rig.run(batch, timeout_seconds=60) for _ in range(3)]
    assert outcomes[-1].finished
    assert lines_asked(rig) == list(range(1, 31))
    assert texts(rig.result(batch)) == [f"p{n}!" for n in range(1, 31)]


def test_a_line_is_given_no_more_time_than_the_run_has() -> None:
    rig = Rig(workers=1)

    rig.run(rig.upload(b'"a"'), timeout_seconds=60)

    left = rig.generator.calls[0].invocation.deadline.remaining_milliseconds()
    assert left < (60 - 2) * 1000


def test_a_line_that_the_end_of_the_run_cut_off_is_asked_again() -> None:
    rig = Rig(workers=1)
    batch = rig.upload(prompts([1, 2]))

    def answer(asked: Asked) -> Outcome:
        rig.generator.seconds = 40  # from the second line on
        return asked.prompt

    rig.generator.answer = answer
    rig.generator.seconds = 20

    first = rig.run(batch, timeout_seconds=60)
    second = rig.run(batch, timeout_seconds=60)

    assert (first.finished, first.lines) == (False, 1)
    assert second.finished
    assert lines_asked(rig) == [1, 2, 2]


def test_a_line_that_timed_out_with_all_the_time_of_a_run_is_not_asked_again() -> None:
    rig = Rig(workers=1)
    rig.generator.seconds = 100
    batch = rig.upload(b'"a"')

    assert rig.run(batch, timeout_seconds=60).finished
    assert texts(rig.result(batch)) == ["(model_timed_out)"]


def test_a_result_that_there_is_no_time_to_join_is_left_to_the_next_run() -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')

    def slow_part(call: Any) -> None:
        if call.operation == "put" and call.key.startswith("results/.parts/"):
            rig.clock.pass_by(19)

    rig.s3.before = slow_part

    first = rig.run(batch, timeout_seconds=20)

    assert (first.finished, first.lines, first.retry_after_seconds) == (False, 1, 1)
    assert rig.run(batch, timeout_seconds=20).finished
    assert rig.generator.prompts == ["a"]


def test_a_line_that_was_not_asked_for_lack_of_time_stays() -> None:
    rig = Rig(workers=1)
    rig.generator.answer = failing(1, with_error=NoTimeLeftError("none"))
    batch = rig.upload(prompts([1, 2, 3]))

    assert not rig.run(batch).finished
    assert lines_asked(rig) == [1]
    rig.generator.answer = failing(with_error=NoTimeLeftError("none"))
    assert rig.run(batch).failed == 0


# Trouble with the model.


def test_a_line_that_the_model_does_not_want_is_not_asked_again() -> None:
    rig = Rig()
    rig.generator.answer = failing(2, with_error=ModelRejectedRequestError("too long"))
    batch = rig.upload(prompts([1, 2, 3]))

    assert rig.run(batch).failed == 1
    assert texts(rig.result(batch)) == ["p1!", "(model_rejected_request)", "p3!"]
    assert lines_asked(rig) == [1, 2, 3]


def test_only_the_lines_that_failed_are_asked_with_the_next_delivery() -> None:
    rig = Rig()
    rig.generator.answer = failing(2, 150, with_error=ModelFailedError("no"))
    batch = rig.upload(prompts(range(1, 201)))

    first = rig.run(batch, receive_count=2)
    assert (first.finished, first.lines, first.failed) == (False, 198, 2)
    assert first.retry_after_seconds == 40
    assert rig.keys("results/prompts") == []

    rig.generator.calls.clear()
    rig.generator.answer = failing(with_error=ModelFailedError("no"))
    assert rig.run(batch, receive_count=3).finished
    assert lines_asked(rig) == [2, 150]
    assert texts(rig.result(batch)) == [f"p{n}!" for n in range(1, 201)]


def test_a_throttled_line_makes_everybody_pause_and_is_asked_again() -> None:
    rig = Rig()
    throttled = iter([True, True])

    def answer(asked: Asked) -> Outcome:
        is_throttled = asked.line == 1 and next(throttled, False)
        return EndpointThrottledError("slow down") if is_throttled else f"{asked.prompt}!"

    rig.generator.answer = answer
    batch = rig.upload(prompts([1, 2]))

    assert rig.run(batch).finished
    assert texts(rig.result(batch)) == ["p1!", "p2!"]
    assert rig.clock.waits
    assert all(4 <= seconds <= 11 for seconds in rig.clock.waits)


def test_an_endpoint_that_keeps_throttling_is_left_alone() -> None:
    rig = Rig(workers=4)
    rig.generator.answer = lambda _asked: EndpointThrottledError("slow down")
    batch = rig.upload(prompts(range(1, 1001)))

    outcome = rig.run(batch, receive_count=1)

    assert (outcome.finished, outcome.lines, outcome.retry_after_seconds) == (False, 0, 60)
    assert len(rig.generator.calls) <= 5 * 4
    assert sum(rig.clock.waits) > 5 + 10 + 20 + 40


def test_a_pause_that_does_not_fit_in_the_run_ends_it() -> None:
    rig = Rig(workers=1)
    rig.generator.answer = failing(3, with_error=EndpointWakingError("soon"))
    batch = rig.upload(prompts([1, 2, 3, 4]))

    outcome = rig.run(batch, timeout_seconds=40)

    assert (outcome.finished, outcome.lines, outcome.retry_after_seconds) == (False, 2, 60)
    assert rig.clock.waits == []


def test_a_batch_that_gets_nowhere_comes_back_later_each_time() -> None:
    rig = Rig(max_receives=1000)
    rig.generator.answer = lambda _asked: ModelFailedError("no")
    batch = rig.upload(b'"a"')

    outcomes = [rig.run(batch, receive_count) for receive_count in (1, 2, 3, 6, 7, 500)]

    assert [outcome.retry_after_seconds for outcome in outcomes] == [20, 40, 80, 640, 900, 900]


def test_a_missing_endpoint_fails_no_line() -> None:
    rig = Rig(workers=2)
    rig.generator.answer = lambda _asked: EndpointMissingError("not deployed")
    batch = rig.upload(prompts(range(1, 101)))

    outcome = rig.run(batch, receive_count=3)

    assert (outcome.finished, outcome.retry_after_seconds) == (False, 80)
    assert len(rig.generator.calls) <= 2


def test_a_model_that_fails_on_every_line_is_not_asked_them_all() -> None:
    rig = Rig(workers=4)
    rig.generator.answer = lambda _asked: ModelFailedError("no")
    batch = rig.upload(prompts(range(1, 1001)))

    assert not rig.run(batch).finished
    assert 20 <= len(rig.generator.calls) <= 24


def test_a_model_that_fails_on_some_lines_and_refuses_others_is_asked_them_all() -> None:
    rig = Rig(workers=1)
    rig.generator.answer = lambda asked: (
        ModelRejectedRequestError("no") if asked.line % 15 == 0 else ModelFailedError("no")
    )

    rig.run(rig.upload(prompts(range(1, 101))))

    assert lines_asked(rig) == list(range(1, 101))


def test_a_generator_that_raises_all_the_same_fails_its_line_only() -> None:
    rig = Rig()

    def answer(asked: Asked) -> Outcome:
        if asked.line == 1:
            raise ValueError("never")
        return asked.prompt

    rig.generator.answer = answer
    batch = rig.upload(prompts([1, 2]))

    assert rig.run(batch).failed == 1
    assert texts(rig.result(batch)) == ["(internal)", "p2"]


# The last delivery, and after.


def test_with_the_last_delivery_what_failed_becomes_error_lines() -> None:
    rig = Rig(max_receives=3)
    rig.generator.answer = failing(2, with_error=ModelFailedError("no"))
    batch = rig.upload(prompts([1, 2, 3]))

    outcome = rig.run(batch, receive_count=3)

    assert outcome == BatchOutcome(
        finished=False,
        lines=3,
        failed=1,
        result_uri=f"s3://{BUCKET_NAME}/results/prompts.jsonl.v1.jsonl",
    )
    assert texts(rig.result(batch)) == ["p1!", "(model_failed)", "p3!"]
    assert "pending" not in rig.result(batch)[1]


def test_with_the_last_delivery_lines_that_were_never_asked_say_so() -> None:
    rig = Rig(max_receives=1, workers=1)
    rig.generator.seconds = 20
    batch = rig.upload(prompts([1, 2, 3]))

    outcome = rig.run(batch, receive_count=1, timeout_seconds=40)

    assert (outcome.finished, outcome.lines, outcome.failed) == (False, 3, 2)
    result = rig.result(batch)
    assert texts(result) == ["p1!", "(no_time_left)", "(no_time_left)"]
    assert result[1]["request_id"] == f"{MESSAGE_ID}-2"
    assert "was delivered for the last time before this line" in result[1]["error"]["message"]


def test_a_dead_letter_that_is_sent_back_goes_on_where_it_stopped() -> None:
    rig = Rig(max_receives=1)
    rig.generator.answer = failing(2, with_error=ModelFailedError("no"))
    batch = rig.upload(prompts([1, 2, 3]))
    rig.run(batch, receive_count=1)
    rig.generator.calls.clear()
    rig.generator.answer = failing(with_error=ModelFailedError("no"))

    assert rig.run(batch, receive_count=1).finished

    assert lines_asked(rig) == [2]
    assert texts(rig.result(batch)) == ["p1!", "p2!", "p3!"]
    rig.generator.calls.clear()
    assert rig.run(batch).finished
    assert rig.generator.calls == []


# Trouble with the storage.


def test_a_part_that_s3_does_not_take_is_offered_again() -> None:
    rig = Rig()
    rig.s3.fail(NotConnectedError(), "put", "results/.parts/", times=4)
    batch = rig.upload(b'"a"')

    assert rig.run(batch).finished
    assert rig.clock.waits == [1, 2, 4, 8]
    assert rig.generator.prompts == ["a"]


def test_storage_that_stays_away_ends_the_run_and_the_message_comes_back() -> None:
    rig = Rig()
    rig.s3.fail(NotConnectedError(), "put", "results/.parts/")
    batch = rig.upload(b'"a"')

    with pytest.raises(
        StorageUnavailableError, match=r"No answer from S3.*NotConnectedError"
    ) as caught:
        rig.run(batch)

    assert caught.value.retryable
    rig.s3.faults.clear()
    assert rig.run(batch).finished


@pytest.mark.parametrize(
    ("operation", "prefix", "words"),
    [
        ("get", "inputs/", "Grant s3:GetObject on inputs/*"),
        ("put", "claims/", "Grant s3:PutObject on claims/*"),
        ("list_keys", "results/", "Grant s3:ListBucket on results/*"),
        ("put", "results/", "Grant s3:PutObject on results/*"),
    ],
)
def test_a_missing_permission_is_named_at_once(operation: Any, prefix: str, words: str) -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')
    rig.s3.fail(s3_error("AccessDenied", "Access Denied", 403), operation, prefix)

    with pytest.raises(StorageUnavailableError) as caught:
        rig.run(batch)

    assert words in caught.value.message
    assert "S3 says: Access Denied." in caught.value.message
    assert rig.clock.waits == []


def test_other_refusals_are_named() -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')
    rig.s3.fail(s3_error("NoSuchBucket", "gone", 404), "exists")

    with pytest.raises(StorageUnavailableError, match="There is no bucket genai-dev-records"):
        rig.run(batch)


def test_storage_is_not_asked_when_the_time_is_over() -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')

    with pytest.raises(StorageUnavailableError, match="time is over before S3 was asked"):
        rig.run(batch, timeout_seconds=-1)


def test_a_lease_that_cannot_be_given_back_runs_out() -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')

    def no_second_put(call: Any) -> None:
        if call.operation == "put" and call.key.endswith("/1.json") and rig.generator.calls:
            raise NotConnectedError

    rig.s3.before = no_second_put

    assert rig.run(batch).finished


def test_an_input_that_does_not_fit_on_the_disk_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = Rig()
    batch = rig.upload(b'"a"\n' * 100)
    disk = os.statvfs(tempfile.gettempdir())

    def small(_path: Any) -> Any:
        values = list(disk)
        values[1], values[4] = 1, 399
        return os.statvfs_result(values)

    monkeypatch.setattr(os, "statvfs", small)

    with pytest.raises(
        DiskFullError, match="399 bytes free, and the input object 400 bytes"
    ) as caught:
        rig.run(batch)

    assert (caught.value.status, caught.value.retryable) == (507, True)


def test_a_full_disk_fails_the_message_and_keeps_the_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    batch = rig.upload(b'"a"')
    files: list[BinaryIO] = []
    make = tempfile.TemporaryFile

    def second_is_full() -> Any:
        if files:
            raise OSError(errno.ENOSPC, "No space left on device")
        files.append(make())
        return files[0]

    monkeypatch.setattr(tempfile, "TemporaryFile", second_is_full)
    with pytest.raises(
        DiskFullError, match=r"The disk is full\. What is done of the batch is kept"
    ):
        rig.run(batch)
    monkeypatch.undo()

    assert rig.run(batch).finished
    assert rig.generator.prompts == ["a"]


def test_a_disk_that_fails_otherwise_is_not_called_full(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(tempfile, "TemporaryFile", broken)
    rig = Rig()

    with pytest.raises(HandlerError) as caught:
        rig.run(rig.upload(b'"a"'))

    assert caught.value.type == "internal"


def test_parts_of_an_earlier_version_do_not_get_into_a_later_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parts, "MOST_LINES", 1)
    rig = Rig(s3=FakeS3())
    rig.generator.answer = failing(2, with_error=ModelFailedError("no"))
    old = rig.upload(prompts([1, 2]))
    rig.run(old)
    rig.generator.answer = failing(with_error=ModelFailedError("no"))
    new = rig.upload(prompts([3, 4]))

    assert rig.run(new).finished

    assert texts(rig.result(new)) == ["p3!", "p4!"]
