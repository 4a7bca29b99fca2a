"""Frame parts of a streamed reply as AWS event-stream messages."""

import json
import struct
import zlib

_STRING_HEADER = 7  # header value type


def payload_part(chunk: bytes) -> bytes:
    """Wrap one slice of the container's reply."""
    return _message(
        {
            ":message-type": "event",
            ":event-type": "PayloadPart",
            ":content-type": "application/octet-stream",
        },
        chunk,
    )


def model_stream_error(message: str, error_code: str) -> bytes:
    """Wrap the model's failure in the middle of a stream."""
    return _exception("ModelStreamError", {"Message": message, "ErrorCode": error_code})


def internal_failure(message: str) -> bytes:
    """Wrap SageMaker's own failure in the middle of a stream."""
    return _exception("InternalStreamFailure", {"Message": message})


def _exception(kind: str, members: dict[str, str]) -> bytes:
    return _message(
        {
            ":message-type": "exception",
            ":exception-type": kind,
            ":content-type": "application/json",
        },
        json.dumps(members).encode(),
    )


def _message(headers: dict[str, str], payload: bytes) -> bytes:
    encoded = b"".join(
        struct.pack(">B", len(name))
        + name.encode()
        + struct.pack(">BH", _STRING_HEADER, len(value))
        + value.encode()
        for name, value in headers.items()
    )
    # 16 bytes of framing: two lengths, the prelude's checksum and the message's.
    prelude = struct.pack(">II", 16 + len(encoded) + len(payload), len(encoded))
    body = prelude + struct.pack(">I", zlib.crc32(prelude)) + encoded + payload
    return body + struct.pack(">I", zlib.crc32(body))
