"""An input on the temporary disk, in whatever of the accepted forms it came, and the request in each line.

Bounded, whatever it holds; and gone with the run, however that ends.
"""

import errno
import json
import os
import re
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

from handlers.errors import BadRequestError, DiskFullError, PayloadTooLargeError
from handlers.generation_request import GenerationRequest, ResultRequest, read_request
from handlers.json_values import NotJsonError, only_not_json_errors, parse_json, refuse_constant

LONGEST_LINE_BYTES = 6 * 1024 * 1024
"""What SageMaker takes as one request, and so the most that a line may need."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
JSON_SPACE = b" \t\r\n"


@dataclass(frozen=True)
class Line:
    """One line that is not blank."""

    number: int
    """Counted from 1, blank lines too: as an editor shows it."""
    text: bytes | None
    """None: longer than LONGEST_LINE_BYTES, and skipped."""


def read_lines(file: BinaryIO) -> Iterator[Line]:
    """The lines of a file from its start, without blank ones and without a byte order mark."""
    file.seek(len(BYTE_ORDER_MARK) if has_byte_order_mark(file) else 0)
    number = 0
    # One more than is allowed: the line's end.
    while text := file.readline(LONGEST_LINE_BYTES + 1):
        number += 1
        if len(text) > LONGEST_LINE_BYTES and not text.endswith(b"\n"):
            _skip_rest(file)
            yield Line(number, None)
        elif stripped := text.strip(JSON_SPACE):
            yield Line(number, stripped)


def has_byte_order_mark(file: BinaryIO) -> bool:
    """Whether a file starts with the mark that some editors write in front of UTF-8."""
    file.seek(0)
    return file.read(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK


def _skip_rest(file: BinaryIO) -> None:
    while (text := file.readline(LONGEST_LINE_BYTES)) and not text.endswith(b"\n"):
        pass


def request_in(line: Line, max_new_tokens: int) -> GenerationRequest:
    """What a line asks for: a request as everywhere, or a JSON string that is the prompt.

    Raises the HandlerError that says what is wrong with the line.
    """
    if line.text is None:
        raise PayloadTooLargeError(
            f"Line {line.number} is longer than {LONGEST_LINE_BYTES:,} bytes, which is more than"
            " SageMaker takes as one request. Shorten the prompt."
        )
    try:
        value = parse_json(line.text.decode())
    except UnicodeDecodeError as error:
        raise BadRequestError(
            f"Line {line.number} is not UTF-8: byte {error.start + 1} of the line fits in no"
            " character. Save the file as UTF-8."
        ) from None
    except NotJsonError as problem:
        raise BadRequestError(
            f"Line {line.number} is not JSON: {problem} of this line. Each line holds one request,"
            ' such as {"prompt": "Once upon a time"}, or a string that is the prompt.'
        ) from None
    if isinstance(value, str):
        value = {"prompt": value}
    request = read_request(value, max_new_tokens)
    if isinstance(request, ResultRequest):
        raise BadRequestError(
            f"Line {line.number} asks for a result. A batch only generates; ask the function itself."
        )
    if request.client_token is not None:
        raise BadRequestError(
            f"Line {line.number} has a client_token, which cannot be kept in a batch: what was not"
            " stored when a run ended is asked again. Take it out."
        )
    # A batch is answered later as it is.
    return replace(request, asynchronous=False)


LONGEST_JSON_BYTES = 16 * 1024 * 1024
"""A JSON text is read whole, so it is bounded; JSON Lines are not."""

_SNIFFED_BYTES = 64 * 1024
_LINE_NAMES = (".jsonl", ".ndjson")
_SPACE = re.compile(f"[{JSON_SPACE.decode()}]*")


def is_json_text(file: BinaryIO, key: str) -> bool:
    """Whether a file is one JSON text rather than JSON Lines: by its name, else by its start."""
    name = key.lower()
    if name.endswith(".json"):
        return True
    return not name.endswith(_LINE_NAMES) and _starts_like_json_text(file)


def _starts_like_json_text(file: BinaryIO) -> bool:
    """A list, or a first line that is no JSON value by itself but starts an object."""
    file.seek(len(BYTE_ORDER_MARK) if has_byte_order_mark(file) else 0)
    start = file.read(_SNIFFED_BYTES).lstrip(JSON_SPACE)
    if start.startswith(b"["):
        return True
    first, line_end, _ = start.partition(b"\n")
    if not (line_end and first.startswith(b"{")):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return True
    return False


def write_as_json_lines(file: BinaryIO, lines: BinaryIO) -> None:
    """Write the request, or the list of requests, that a JSON text holds as one line each.

    Raises BadRequestError or PayloadTooLargeError when it is no such text.
    """
    file.seek(0)
    content = file.read(LONGEST_JSON_BYTES + 1)
    if len(content) > LONGEST_JSON_BYTES:
        raise PayloadTooLargeError(
            f"A JSON file may have {LONGEST_JSON_BYTES:,} bytes. Write one request per line, and"
            " name the file .jsonl: that has no such limit."
        )
    try:
        text = content.removeprefix(BYTE_ORDER_MARK).decode()
    except UnicodeDecodeError as error:
        raise _bad(f"it is not UTF-8: byte {error.start + 1} fits in no character") from None
    lines.writelines(_on_one_line(item) for item in _items(text))


def _on_one_line(item: str) -> bytes:
    # Line ends inside a JSON value only ever stand between its tokens.
    return item.replace("\r", " ").replace("\n", " ").encode() + b"\n"


def _items(text: str) -> Iterator[str]:
    """The JSON text of each request. One at a time is parsed: a list of them all may be huge."""
    position = _after_space(text, 0)
    if not text.startswith("[", position):
        end = _value_end(text, position)
        if _after_space(text, end) < len(text):
            raise _bad("there is more after its first value; JSON Lines are named .jsonl")
        yield text[position:end]
        return
    position = _after_space(text, position + 1)
    is_first = True
    while not text.startswith("]", position):
        if not is_first:
            if not text.startswith(",", position):
                raise _bad(f"a comma or a bracket is missing at character {position + 1}")
            position = _after_space(text, position + 1)
        end = _value_end(text, position)
        yield text[position:end]
        position = _after_space(text, end)
        is_first = False
    if _after_space(text, position + 1) < len(text):
        raise _bad("there is more after its list")


def _value_end(text: str, start: int) -> int:
    try:
        with only_not_json_errors():
            _, end = _DECODER.raw_decode(text, start)
    except NotJsonError as error:
        raise _bad(str(error)) from None
    return end


def _after_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


_DECODER = json.JSONDecoder(parse_constant=refuse_constant)


def _bad(problem: str) -> BadRequestError:
    return BadRequestError(
        f"The file is not JSON: {problem}. A .json file holds one request, such as"
        ' {"prompt": "Once upon a time"}, or a list of requests; nothing of it was asked.'
    )


@contextmanager
def temporary_file() -> Generator[BinaryIO, None, None]:
    """An empty file without a name. Raises DiskFullError when what is done inside fills the disk."""
    try:
        with tempfile.TemporaryFile() as file:
            yield cast("BinaryIO", file)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise _full("The disk is full.") from error


def check_room_for(size: int) -> None:
    """Raise DiskFullError when a file of `size` bytes has no room on the temporary disk."""
    disk = os.statvfs(tempfile.gettempdir())
    if size > (free := disk.f_bavail * disk.f_frsize):
        raise _full(f"It has {free:,} bytes free, and the input object {size:,} bytes.")


def _full(what: str) -> DiskFullError:
    return DiskFullError(
        f"A batch needs room for its input and its result in {tempfile.gettempdir()}. {what} What"
        " is done of the batch is kept. Raise the function's ephemeral storage (512 MB if nothing"
        " was said, at most 10,240 MB), or split the input."
    )
