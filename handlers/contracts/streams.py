"""Reading a streamed reply: JSON lines or server-sent events, in parts that may be split anywhere."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from handlers.contracts.contract import (
    UNNAMED,
    ContainerError,
    Contract,
    FinishReason,
    Generated,
    Usage,
    container_error,
)
from handlers.errors import HandlerError, ModelRejectedRequestError, StreamBrokenError
from handlers.json_values import NotJsonError, is_unicode, parse_json, printable

REPLY_LIMIT_BYTES = 6 * 1024 * 1024  # of InvokeEndpoint's reply; botocore 1.44.5's model
RAW_LINE_KEPT_BYTES = 4096


class Chunk(NamedTuple):
    """What one object of a stream says."""

    text: str = ""
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    is_last: bool = False
    """Whether the text ends with it. A finish reason says so too."""
    whole_text: str | None = None
    """The text from its beginning, where the last object repeats it."""


class LineReader:
    """Reads a stream of JSON objects, a line each, with or without `data:` before it.

    What is not one of the contract's objects is kept until the first that is: a container that does
    not stream answers with one JSON value, over as many lines as it likes.
    """

    def __init__(
        self,
        contract: Contract,
        read_chunk: Callable[[object], Chunk | None],
        *,
        marks_its_end: bool = True,
    ) -> None:
        """`marks_its_end`: a stream without a last object, finish reason or [DONE] was cut off."""
        self._contract = contract
        self._read_chunk = read_chunk
        self._marks_its_end = marks_its_end
        self._tail = bytearray()
        self._unread = bytearray()
        self._pieces: list[str] = []
        self._finish_reason: FinishReason | None = None
        self._usage: Usage | None = None
        self._has_chunks = False
        self._has_text_ended = False
        self._is_over = False
        self._torn_line: bytes | None = None
        self._error: ContainerError | None = None

    def feed(self, part: bytes) -> Iterator[str]:
        """See StreamReader."""
        known = len(self._pieces)
        before, newline, after = part.rpartition(b"\n")
        if newline:
            lines = bytes(self._tail + before).split(b"\n")
            self._tail = bytearray(after)
            for line in lines:
                self._read_line(line)
        else:
            self._tail += part
        if max(len(self._tail), len(self._unread)) > REPLY_LIMIT_BYTES:
            raise self._overflow()
        return iter(self._pieces[known:])

    def finish(self) -> Generated:
        """See StreamReader."""
        self._read_line(bytes(self._tail))
        if self._error:
            raise self._reported(self._error)
        if not self._has_chunks:
            return self._contract.read_reply(bytes(self._unread))
        if self._torn_line is not None:
            raise self._broken("a line of it is not JSON", self._torn_line)
        if self._marks_its_end and not (self._has_text_ended or self._is_over):
            raise self._broken("it ended before the text did")
        return Generated("".join(self._pieces), self._finish_reason, self._usage)

    def _read_line(self, line: bytes) -> None:
        line = line.strip()
        if self._is_over or not line or line.startswith((b":", b"event:", b"id:", b"retry:")):
            return
        if line.startswith(b"error:"):  # llama.cpp's, until it wrote errors as data
            self._read_error_line(line.removeprefix(b"error:"))
            return
        line = line.removeprefix(b"data:").strip()
        if line == b"[DONE]":
            self._is_over = True
            return
        try:
            value = parse_json(line.decode())
        except (UnicodeDecodeError, NotJsonError):
            self._keep(line)
            # What does not begin as an object never was one of the stream's.
            if line.startswith(b"{") and not self._has_text_ended:
                self._torn_line = line
            return
        if error := container_error(value):
            self._fail(error)
        elif chunk := self._read_chunk(value):
            self._take(chunk)
        else:
            self._keep(line)

    def _read_error_line(self, text: bytes) -> None:
        try:
            value = parse_json(text.decode(errors="replace"))
        except NotJsonError:
            value = text.decode(errors="replace").strip()
        self._fail(container_error({"error": value}) or UNNAMED)

    def _keep(self, line: bytes) -> None:
        if not self._has_chunks:
            self._unread += line + b"\n"

    def _fail(self, error: ContainerError) -> None:
        self._error = error
        self._is_over = True

    def _take(self, chunk: Chunk) -> None:
        self._has_chunks = True
        self._unread.clear()
        self._add(chunk.text)
        if chunk.whole_text:
            text = "".join(self._pieces)
            # Where it differs, it is the pieces that were passed on.
            self._add(
                chunk.whole_text.removeprefix(text) if chunk.whole_text.startswith(text) else ""
            )
        self._usage = chunk.usage or self._usage
        self._finish_reason = chunk.finish_reason or self._finish_reason
        self._has_text_ended |= chunk.is_last or chunk.finish_reason is not None
        if chunk.finish_reason == "error":
            self._fail(UNNAMED)

    def _add(self, text: str) -> None:
        if text:
            self._pieces.append(text if is_unicode(text) else _without_lone_surrogates(text))

    def _reported(self, error: ContainerError) -> HandlerError:
        message = printable(error.message)
        if error.is_refusal and not self._pieces:
            return ModelRejectedRequestError(
                f"The model's container does not want this request: {message}"
            )
        return self._broken(f"the container reported an error: {message}")

    def _overflow(self) -> HandlerError:
        came = f"a single line of more than {REPLY_LIMIT_BYTES // 1024**2} MiB"
        if self._pieces:
            return self._broken(f"{came} came")
        return self._contract.unexpected(came, bytes(self._unread + self._tail))

    def _broken(self, why: str, line: bytes = b"") -> StreamBrokenError:
        text = "".join(self._pieces)
        raw = line[:RAW_LINE_KEPT_BYTES].decode(errors="replace")
        return StreamBrokenError(
            f"The model's stream broke off after {len(text)} characters: {why}.",
            {"raw_reply": raw} if raw else None,
            text_so_far=text,
        )


class WholeReader:
    """Reads the reply of a container that does not stream."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._body = bytearray()

    def feed(self, part: bytes) -> Iterator[str]:
        """See StreamReader."""
        self._body += part
        if len(self._body) > REPLY_LIMIT_BYTES:
            came = f"more than {REPLY_LIMIT_BYTES // 1024**2} MiB"
            raise self._contract.unexpected(came, bytes(self._body))
        return iter(())

    def finish(self) -> Generated:
        """See StreamReader."""
        return self._contract.read_reply(bytes(self._body))


def _without_lone_surrogates(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
