import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.batch.entries import entry_of, read_entry
from handlers.batch.objects import Objects
from handlers.batch.parts import Part, PartStore, spans_of
from handlers.batch.timing import Clock
from handlers.errors import StorageUnavailableError
from handlers.storage.bucket import Bucket
from tests.handlers.doubles import BUCKET_NAME, FakeS3

RECORD = {"status": 200, "reply": {"text": "a"}, "error": None}


def part(first: int, last: int, pending: int = 0) -> Part:
    return Part(first=first, last=last, lines=last - first + 1, failed=0, pending=pending)


def store(s3: FakeS3) -> PartStore:
    return PartStore(Objects(Bucket(BUCKET_NAME, lambda: s3), lambda: 60, Clock()), "parts/")


def spans(*parts: Part) -> list[tuple[int, int, int]]:
    return [(span.first, span.last, span.part.pending) for span in spans_of(parts)]


def test_parts_follow_each_other() -> None:
    assert spans(part(11, 20), part(1, 10)) == [(1, 10, 0), (11, 20, 0)]


def test_smaller_parts_lie_over_larger_ones() -> None:
    assert spans(part(1, 10, 5), part(1, 4), part(5, 8, 1)) == [(1, 4, 0), (5, 8, 1), (9, 10, 5)]


def test_of_two_parts_for_the_same_lines_the_one_with_less_to_do_is_read() -> None:
    assert spans(part(1, 10, 5), part(1, 10, 2), part(1, 10, 3)) == [(1, 10, 2)]


def test_what_lies_behind_a_gap_is_not_read() -> None:
    assert spans(part(1, 4), part(6, 8)) == [(1, 4, 0)]
    assert spans(part(2, 4)) == []


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(0, 9), st.integers(0, 3))))
def test_each_line_is_in_one_span_however_the_parts_lie(
    ranges: list[tuple[int, int, int]],
) -> None:
    parts = [part(first, first + more, pending) for first, more, pending in ranges]
    covered = {n for each in parts for n in range(each.first, each.last + 1)}
    first_gap = min(set(range(1, 40)) - covered)

    found = [(n, span.part) for span in spans_of(parts) for n in range(span.first, span.last + 1)]

    assert [n for n, _ in found] == list(range(1, first_gap))
    assert all(each.first <= n <= each.last for n, each in found)


def test_a_part_is_known_by_its_name() -> None:
    named = Part(first=101, last=200, lines=99, failed=3, pending=1)

    assert named.name == "000000101-000000200.lines-99.failed-3.pending-1.jsonl"
    assert Part.named(named.name) == named
    assert Part.named("given-up") is None


def test_a_part_holds_what_was_put_into_it() -> None:
    s3 = FakeS3()
    entries = [entry_of(1, RECORD), entry_of(2, {**RECORD, "status": 502}, is_pending=True)]

    store(s3).put(part(1, 2, 1), entries)

    assert store(s3).stored() == [part(1, 2, 1)]
    assert store(s3).entries(part(1, 2, 1)) == {1: entries[0], 2: entries[1]}


def test_a_pending_entry_says_so_until_it_is_the_last_word() -> None:
    pending = entry_of(7, {**RECORD, "status": 502}, is_pending=True)

    assert pending.text.startswith(b'{"pending": true, "line": 7, "status": 502')
    assert pending.as_final().text.startswith(b'{"line": 7, "status": 502')
    assert (pending.as_final().is_failed, pending.as_final().is_pending) == (True, False)


def test_half_a_surrogate_pair_is_stored_as_an_escape() -> None:
    assert rb'"text": "\ud800"' in entry_of(1, {**RECORD, "reply": {"text": "\ud800"}}).text


def test_only_an_entry_is_read_as_one() -> None:
    with pytest.raises(ValueError, match="not an entry of a batch"):
        read_entry(b'{"prompt": "a"}\n')


@pytest.mark.parametrize("content", [None, b"damaged\n"])
def test_a_part_that_is_gone_or_damaged_is_trouble_with_the_storage(
    content: bytes | None,
) -> None:
    s3 = FakeS3()
    if content is not None:
        s3.put(BUCKET_NAME, f"parts/{part(1, 2).name}", content, seconds=1)

    with pytest.raises(StorageUnavailableError, match="gone or damaged"):
        store(s3).entries(part(1, 2))
