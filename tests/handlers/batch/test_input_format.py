import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.batch import input_file
from handlers.batch.input_file import is_json_text, write_as_json_lines
from handlers.errors import BadRequestError, PayloadTooLargeError

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=8,
)


def as_lines(text: str | bytes) -> list[str]:
    content = text.encode() if isinstance(text, str) else text
    lines = io.BytesIO()
    write_as_json_lines(io.BytesIO(content), lines)
    return lines.getvalue().decode().splitlines()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.jsonl", b'[{"prompt": "a"}]', False),
        ("a.NDJSON", b"[", False),
        ("a.json", b'"a"\n"b"', True),
        ("a.JSON", b"", True),
        ("a.txt", b'"a"\n"b"', False),
        ("a.txt", b'{"prompt": "a"}\n{"prompt": "b"}\n', False),
        ("a.txt", b'{"prompt": "a"}', False),
        ("a", b'\xef\xbb\xbf [\n {"prompt": "a"}]', True),
        ("a", b'{\n  "prompt": "a"\n}', True),
        ("a", b"Once upon a time\n", False),
        ("a", b"", False),
        ("a", b'{"prompt": "' + b"x" * 70_000 + b'"}\n', False),
    ],
)
def test_json_and_json_lines_are_told_by_name_or_else_by_their_start(
    name: str, content: bytes, *, expected: bool
) -> None:
    assert is_json_text(io.BytesIO(content), f"inputs/{name}") is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"prompt": "a"}', ['{"prompt": "a"}']),
        (' "a" ', ['"a"']),
        ("[]", []),
        (' [ "a" , {"prompt":\r\n "b"} ]\n', ['"a"', '{"prompt":   "b"}']),
        (b'\xef\xbb\xbf["a"]', ['"a"']),
    ],
)
def test_every_request_of_a_json_text_becomes_a_line(
    text: str | bytes, expected: list[str]
) -> None:
    assert as_lines(text) == expected


@given(st.lists(JSON_VALUES), st.integers(0, 2))
def test_any_list_keeps_its_values(values: list[object], indent: int) -> None:
    lines = io.BytesIO()
    write_as_json_lines(io.BytesIO(json.dumps(values, indent=indent or None).encode()), lines)

    assert [json.loads(line) for line in lines.getvalue().split(b"\n")[:-1]] == values


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Expecting value at line 1, column 1"),
        ('["a", ', "Expecting value at line 1, column 7"),
        ('["a",]', "Expecting value at line 1, column 6"),
        ('["a" "b"]', "a comma or a bracket is missing at character 6"),
        ('["a"', "a comma or a bracket is missing at character 5"),
        ('["a"] ["b"]', "there is more after its list"),
        ('"a"\n"b"', "there is more after its first value; JSON Lines are named .jsonl"),
        ("[NaN]", "NaN is not a JSON number"),
        ("[" + "1" * 5000 + "]", "it holds a number with too many digits"),
        ("[" + "[" * 100_000, "it is nested too deeply"),
        (b'["\xff"]', "it is not UTF-8: byte 3 fits in no character"),
    ],
)
def test_what_is_no_json_text_is_refused_as_a_whole(text: str | bytes, words: str) -> None:
    with pytest.raises(BadRequestError, match="The file is not JSON: ") as caught:
        as_lines(text)

    assert words in caught.value.message
    assert "nothing of it was asked" in caught.value.message


def test_a_json_text_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_file, "LONGEST_JSON_BYTES", 5)

    assert as_lines('["a"]') == ['"a"']
    with pytest.raises(PayloadTooLargeError, match=r"A JSON file may have 5 bytes\..*jsonl"):
        as_lines('["aa"]')
