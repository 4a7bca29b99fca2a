"""The event stream's decoder, held against botocore's for any messages in any parts."""

import struct
from binascii import crc32
from itertools import pairwise
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.aws.event_stream import Event, EventStreamDecoder, EventStreamError

names = st.text(min_size=1, max_size=8).filter(lambda name: len(name.encode()) < 256)
header = st.one_of(
    st.just(b"\x00"),
    st.just(b"\x01"),
    st.binary(min_size=1, max_size=1).map(lambda b: b"\x02" + b),
    st.binary(min_size=2, max_size=2).map(lambda b: b"\x03" + b),
    st.binary(min_size=4, max_size=4).map(lambda b: b"\x04" + b),
    st.binary(min_size=8, max_size=8).map(lambda b: b"\x05" + b),
    st.binary(max_size=20).map(lambda b: b"\x06" + struct.pack(">H", len(b)) + b),
    st.text(max_size=20).map(str.encode).map(lambda b: b"\x07" + struct.pack(">H", len(b)) + b),
    st.binary(min_size=8, max_size=8).map(lambda b: b"\x08" + b),
    st.binary(min_size=16, max_size=16).map(lambda b: b"\x09" + b),
)


def encoded(headers: bytes, payload: bytes) -> bytes:
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    checked = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return checked + struct.pack(">I", crc32(checked))


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    headers = draw(st.dictionaries(names, header, max_size=4))
    block = b"".join(
        struct.pack(">B", len(name.encode())) + name.encode() + value
        for name, value in headers.items()
    )
    return encoded(block, draw(st.binary(max_size=60)))


def botocores(stream: bytes) -> list[Event]:
    buffer = EventStreamBuffer()
    buffer.add_data(stream)
    found: list[Any] = list(buffer)
    return [Event(message.headers, message.payload) for message in found]


def ours(parts: list[bytes]) -> list[Event]:
    decoder = EventStreamDecoder()
    return [event for part in parts for event in decoder.feed(part)]


@settings(deadline=None)
@given(st.lists(messages(), max_size=4), st.lists(st.integers(0, 400), max_size=6))
def test_any_messages_in_any_parts_are_read_as_botocore_reads_them(
    encoded_messages: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(encoded_messages)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    parts = [stream[start:end] for start, end in pairwise(edges)]

    events = ours(parts)

    assert events == botocores(stream)
    assert len(events) == len(encoded_messages)


@settings(deadline=None)
@given(messages(), st.data())
def test_no_bit_can_be_wrong_unnoticed(encoded_message: bytes, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(encoded_message) * 8 - 1))
    damaged = bytearray(encoded_message)
    damaged[position // 8] ^= 1 << position % 8

    with pytest.raises(EventStreamError):
        ours([bytes(damaged)])


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_anything_else_is_refused_or_waited_for(noise: bytes) -> None:
    decoder = EventStreamDecoder()
    try:
        events = list(decoder.feed(noise))
    except EventStreamError:
        return
    assert not noise or events or not decoder.is_between_messages()


def test_a_stream_may_end_between_messages_only() -> None:
    decoder = EventStreamDecoder()
    message = encoded(b"", b"payload")
    assert decoder.is_between_messages()

    assert list(decoder.feed(message[:10])) == []
    assert not decoder.is_between_messages()
    assert list(decoder.feed(message[10:])) == [Event({}, b"payload")]
    assert decoder.is_between_messages()


def prelude(total_bytes: int, headers_bytes: int) -> bytes:
    lengths = struct.pack(">II", total_bytes, headers_bytes)
    return lengths + struct.pack(">I", crc32(lengths))


@pytest.mark.parametrize(
    ("stream", "problem"),
    [
        (encoded(b"\x01a\x07\x00\x01x\x01a\x00", b""), "a header comes twice"),
        (encoded(b"\x01\xff\x00", b""), "a header is not UTF-8"),
        (encoded(b"\x01a\x07\x00\x01\xff", b""), "a header is not UTF-8"),
        (encoded(b"\x01a\x0a", b""), "a header of the unknown kind 10"),
        (encoded(b"\x09a", b""), "the headers end within a header"),
        (prelude(15, 0), "-1 bytes of payload"),
        (prelude(25 * 1024**2, 0), "26214384 bytes of payload"),
        (prelude(200_000, 150_000), "150000 bytes of headers"),
        (encoded(b"", b"x")[:-1] + b"\x00", "a checksum is wrong"),
    ],
)
def test_what_breaks_the_rules_is_refused_with_the_rule(stream: bytes, problem: str) -> None:
    with pytest.raises(EventStreamError) as caught:
        ours([stream])

    assert str(caught.value) == problem
