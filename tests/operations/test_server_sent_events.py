"""Server-sent events are read as the standard says, wherever the bytes are cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from operations.server_sent_events import SentEvent, read_events

STREAM = 'data: {"text": "für"}\r\n\r\n: a comment\n\nevent: done\ndata: one\ndata:two\n\n'.encode()
EVENTS = [SentEvent("message", '{"text": "für"}'), SentEvent("done", "one\ntwo")]


@given(st.lists(st.integers(0, len(STREAM))))
def test_a_stream_may_be_cut_anywhere(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(edges)]

    assert list(read_events(pieces)) == EVENTS


@given(st.lists(st.binary()))
def test_no_bytes_make_it_fail(pieces: list[bytes]) -> None:
    assert all(event.data is not None for event in read_events(pieces))


def test_an_event_without_its_end_is_none() -> None:
    assert list(read_events([b"data: whole\n\n", b"data: cut"])) == [SentEvent("message", "whole")]
