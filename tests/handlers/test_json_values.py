"""Foreign text and values in messages."""

import pytest

from handlers.json_values import kind_of, printable


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "a boolean"),
        (1, "a number"),
        (1.5, "a number"),
        ("x", "a string"),
        ([], "a list"),
        ({}, "an object"),
        (b"", "a bytes"),
    ],
)
def test_values_are_named_by_their_kind(value: object, kind: str) -> None:
    assert kind_of(value) == kind


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\n  two\tx", "one two x"),
        ("half \ud83d fox", "half ? fox"),
        ("0123456789", "0123456789"),
        ("0123456789a", "012345678…"),
        pytest.param("0123456789" * 100_000, "012345678…", id="long"),
        pytest.param(" " * 1_000_000, "…", id="blank"),
    ],
)
def test_foreign_text_becomes_one_short_line(text: str, line: str) -> None:
    assert printable(text, 10) == line
