"""The frames of a streamed reply, as botocore reads them."""

from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.account.sagemaker.event_stream import payload_part


@given(st.lists(st.binary(max_size=200), max_size=6), st.integers(1, 50))
def test_parts_are_read_back_as_they_were_however_they_are_cut(
    parts: list[bytes], size: int
) -> None:
    wire, buffer, heard = b"".join(map(payload_part, parts)), EventStreamBuffer(), list[bytes]()

    for start in range(0, len(wire), size):
        buffer.add_data(wire[start : start + size])
        for event in buffer:
            assert event.headers[":event-type"] == "PayloadPart"
            heard.append(event.payload)

    assert heard == parts
