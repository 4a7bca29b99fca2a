"""AWS's event stream encoding: messages with headers and checksums, arriving in parts of any size.

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

import struct
from binascii import crc32
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_PRELUDE = struct.Struct(">III")
_CHECKSUM = struct.Struct(">I")
# botocore's limits: 128 KiB of headers, 24 MiB of payload.
_LONGEST_HEADERS_BYTES = 128 * 1024
_LONGEST_PAYLOAD_BYTES = 24 * 1024**2

HeaderValue = str | bytes | int | bool
"""What a header holds."""


class EventStreamError(Exception):
    """What came is not an event stream; the message quotes nothing of it."""


@dataclass(frozen=True)
class Event:
    """One message of a stream."""

    headers: Mapping[str, HeaderValue]
    payload: bytes


class EventStreamDecoder:
    """Puts the parts of one stream together to messages."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, part: bytes) -> Iterator[Event]:
        """The messages that are complete with this part. Raises EventStreamError."""
        pending = self._pending
        pending += part
        while len(pending) >= _PRELUDE.size:
            total_bytes, headers_bytes, checksum = _PRELUDE.unpack_from(pending)
            _check(pending[:8], checksum)
            payload_bytes = total_bytes - headers_bytes - _PRELUDE.size - _CHECKSUM.size
            if headers_bytes > _LONGEST_HEADERS_BYTES:
                raise EventStreamError(f"{headers_bytes} bytes of headers")
            if not 0 <= payload_bytes <= _LONGEST_PAYLOAD_BYTES:
                raise EventStreamError(f"{payload_bytes} bytes of payload")
            if len(pending) < total_bytes:
                return
            message = bytes(pending[:total_bytes])
            del pending[:total_bytes]
            yield _event(message, headers_bytes)

    def is_between_messages(self) -> bool:
        """Whether the stream may end here."""
        return not self._pending


def _event(message: bytes, headers_bytes: int) -> Event:
    _check(message[: -_CHECKSUM.size], _CHECKSUM.unpack(message[-_CHECKSUM.size :])[0])
    headers_end = _PRELUDE.size + headers_bytes
    headers = _headers(message[_PRELUDE.size : headers_end])
    return Event(headers, message[headers_end : -_CHECKSUM.size])


def _check(content: bytes | bytearray, checksum: int) -> None:
    if crc32(content) != checksum:
        raise EventStreamError("a checksum is wrong")


def _headers(encoded: bytes) -> dict[str, HeaderValue]:
    headers: dict[str, HeaderValue] = {}
    rest = _Reader(encoded)
    try:
        while rest:
            name = rest.take(rest.number(1)).decode()
            if name in headers:
                raise EventStreamError("a header comes twice")
            headers[name] = _value(rest.number(1), rest)
    except UnicodeDecodeError:
        raise EventStreamError("a header is not UTF-8") from None
    return headers


def _value(kind: int, rest: "_Reader") -> HeaderValue:
    if kind in _SIGNED_NUMBER_BYTES:
        return int.from_bytes(rest.take(_SIGNED_NUMBER_BYTES[kind]), signed=True)
    match kind:
        case 0:
            return True
        case 1:
            return False
        case 6:
            return rest.take(rest.number(2))
        case 7:
            return rest.take(rest.number(2)).decode()
        case 9:
            return rest.take(16)  # a UUID
        case _:
            raise EventStreamError(f"a header of the unknown kind {kind}")


_SIGNED_NUMBER_BYTES = {2: 1, 3: 2, 4: 4, 5: 8, 8: 8}  # 8 is a time in milliseconds since 1970


class _Reader:
    """Bytes that are taken from the front."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._position = 0

    def __bool__(self) -> bool:
        return self._position < len(self._content)

    def take(self, count: int) -> bytes:
        """The next bytes. Raises EventStreamError when there are fewer."""
        end = self._position + count
        if end > len(self._content):
            raise EventStreamError("the headers end within a header")
        taken = self._content[self._position : end]
        self._position = end
        return taken

    def number(self, count: int) -> int:
        """The next bytes as a number without sign."""
        return int.from_bytes(self.take(count))
