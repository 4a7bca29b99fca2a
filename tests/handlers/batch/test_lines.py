import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.batch import input_file
from handlers.batch.input_file import Line, read_lines, request_in
from handlers.errors import BadRequestError, HandlerError, PayloadTooLargeError


def read(content: bytes) -> list[tuple[int, bytes | None]]:
    return [(line.number, line.text) for line in read_lines(io.BytesIO(content))]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"\n\n", []),
        (b'"a"\n"b"', [(1, b'"a"'), (2, b'"b"')]),
        (b'"a"\r\n"b"\r\n', [(1, b'"a"'), (2, b'"b"')]),
        (b'"a"\n \t\r\n"b"\n', [(1, b'"a"'), (3, b'"b"')]),
        (b'\xef\xbb\xbf"a"\n', [(1, b'"a"')]),
        (b"\xef\xbb\xbf", []),
        (b'"a\xc2\x85\xe2\x80\xa8"\n', [(1, b'"a\xc2\x85\xe2\x80\xa8"')]),
    ],
    ids=["none", "blank", "no final newline", "CRLF", "gap", "BOM", "only BOM", "Unicode's own"],
)
def test_lines_end_at_line_feeds_and_blank_ones_only_count(
    content: bytes, expected: list[tuple[int, bytes]]
) -> None:
    assert read(content) == expected


def test_an_endless_line_is_skipped_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_file, "LONGEST_LINE_BYTES", 5)

    content = b'"abc"\n' + b"x" * 50 + b'\n"abcd"\n"b"\n' + b"y" * 6

    assert read(content) == [(1, b'"abc"'), (2, None), (3, None), (4, b'"b"'), (5, None)]


def test_no_more_of_an_endless_line_is_read_at_once_than_a_line_may_have() -> None:
    asked: list[int] = []

    class Endless(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            asked.append(size or -1)
            return b"x" * min(size or 0, 7) if len(asked) < 100 else b""

    assert read_lines(Endless(b"   ")).__next__().number == 1
    assert all(0 < size <= input_file.LONGEST_LINE_BYTES + 1 for size in asked)


@given(st.lists(st.binary().map(lambda text: text.replace(b"\n", b""))))
def test_every_line_has_the_number_that_an_editor_shows(texts: list[bytes]) -> None:
    content = b"x\n" + b"".join(text + b"\n" for text in texts)

    expected = [(n, text.strip(b" \t\r")) for n, text in enumerate([b"x", *texts], 1)]
    assert read(content) == [(n, text) for n, text in expected if text]


def test_a_line_is_a_request_or_a_prompt() -> None:
    request = request_in(Line(1, b'{"prompt": "a", "parameters": {"seed": 1}}'), 64)

    assert (request.prompt, request.parameters) == ("a", {"seed": 1})
    assert request_in(Line(1, b'"Once upon a time"'), 64).prompt == "Once upon a time"


def test_a_line_that_asks_for_a_later_answer_gets_it_like_the_others() -> None:
    assert not request_in(Line(1, b'{"prompt": "a", "async": true}'), 64).asynchronous


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        (None, PayloadTooLargeError, "Line 7 is longer than 6,291,456 bytes"),
        (b'"\xff"', BadRequestError, "Line 7 is not UTF-8: byte 2 of the line"),
        (b'{"prompt": ', BadRequestError, "Line 7 is not JSON: Expecting value at line 1"),
        (b'{"prompt": NaN}', BadRequestError, "Line 7 is not JSON: NaN is not a JSON number"),
        (b"[" * 100_000, BadRequestError, "Line 7 is not JSON: it is nested too deeply"),
        (b'{"result": "8f507cfc"}', BadRequestError, "Line 7 asks for a result"),
        (b'{"prompt": "a", "client_token": "b"}', BadRequestError, "Line 7 has a client_token"),
        (b"5", BadRequestError, "got a number"),
        (b'{"prompt": "a", "parameters": {"max_new_tokens": 65}}', BadRequestError, "1 to 64"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(
    text: bytes | None, kind: type[HandlerError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        request_in(Line(7, text), 64)


@given(st.binary(min_size=1))
def test_any_line_is_a_request_or_an_error(text: bytes) -> None:
    try:
        request = request_in(Line(1, text), 64)
    except HandlerError as error:
        assert error.status == 400  # noqa: PT017 - either way ends well
    else:
        assert isinstance(json.loads(text), str | dict)
        assert request.prompt or request.messages or request.body is not None
