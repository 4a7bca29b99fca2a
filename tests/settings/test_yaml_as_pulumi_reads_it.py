"""YAML is read by Pulumi's rules, and whatever could surprise is refused where it stands."""

import math
import textwrap
from typing import Any

import pytest

from settings.yaml_reader import YamlError, read_yaml


def refusal(text: str) -> tuple[str, str]:
    """What is said about a text, and the fix."""
    with pytest.raises(YamlError) as refused:
        read_yaml(text.encode())
    return str(refused.value), refused.value.fix


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("ml.m5.large", "ml.m5.large"),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("12:30", "12:30"),
        ("600", 600),
        ("-1", -1),
        ("1_000", 1000),
        ("0x1F", 31),
        ("0b11", 3),
        ("0o17", 15),
        ("017", 15),
        ("08", 8),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".inf", math.inf),
        ("~", None),
        ("null", None),
        ("", None),
        ("'600'", "600"),
        ('"true"', "true"),
        ("!!str 600", "600"),
        ("=", "="),
        ("[a, 1]", ["a", 1]),
        ("{a: {b: 1}}", {"a": {"b": 1}}),
    ],
)
def test_a_value_has_the_type_that_pulumi_gives_it(written: str, value: Any) -> None:
    read = read_yaml(f"key: {written}".encode())

    assert read == {"key": value}
    assert type(read["key"]) is type(value)


def test_not_a_number_is_a_number() -> None:
    assert math.isnan(read_yaml(b".nan"))


@pytest.mark.parametrize("text", ["", "# only a comment\n", "\ufeff"])
def test_a_text_without_a_value_is_nothing(text: str) -> None:
    assert read_yaml(text.encode()) is None


def test_an_alias_is_the_value_it_stands_for() -> None:
    assert read_yaml(b"a: &x {b: 1}\nc: *x") == {"a": {"b": 1}, "c": {"b": 1}}


SYNTAX = "check indentation, colons and quotes there"
PLAIN = "write text, a number, true, false, a list or a group"


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        (
            "config:\n\ta: 1",
            "line 2, column 1: a tab cannot indent YAML",
            "put spaces in its place",
        ),
        (
            "a: 1\n  b: 2",
            "line 2, column 4: not valid YAML: mapping values are not allowed here",
            SYNTAX,
        ),
        (
            "a: [1",
            "line 1, column 6: not valid YAML: expected ',' or ']', but got '<stream end>'",
            SYNTAX,
        ),
        ("a: *x", "line 1, column 4: not valid YAML: found undefined alias 'x'", SYNTAX),
        (
            "a: 1\n---\nb: 2",
            "line 2, column 1: not valid YAML: found another document",
            SYNTAX,
        ),
        (
            "a:\n  b: 1\n  c: 2\n  b: 3",
            "line 4, column 3: b is written twice in the same place",
            "keep one of the two",
        ),
        ("1: a", "line 1, column 1: 1 is not a text, so not a key", "put it in quotes"),
        (
            "? [a]\n: b",
            "line 1, column 3: a list or group is not a text, so not a key",
            "put it in quotes",
        ),
        (
            "a: &x {b: 1}\nc:\n  <<: *x",
            "line 3, column 3: merge keys (<<) are not read",
            "write the keys out",
        ),
        (
            "a: 2026-11-24",
            "line 1, column 4: 2026-11-24 is read as a date",
            'put it in quotes: "2026-11-24"',
        ),
        (
            "a: !!python/object/apply:os.system [ls]",
            (
                "line 1, column 4: a value of type !!python/object/apply:os.system is not plain data, "
                "or not of that type"
            ),
            PLAIN,
        ),
        (
            "a: !!int ten",
            "line 1, column 4: a value of type !!int is not plain data, or not of that type",
            PLAIN,
        ),
        (
            "a: !!bool yes",
            "line 1, column 4: a value of type !!bool is not plain data, or not of that type",
            PLAIN,
        ),
        (
            "a: !!set {b}",
            "line 1, column 4: a value of type !!set is not plain data, or not of that type",
            PLAIN,
        ),
        ("a: \x07", "has the unprintable character U+0007", "remove it"),
        (
            "[" * 1000,
            "line 1, column 52: is nested more than 50 levels deep",
            "flatten it",
        ),
        ("&a [*a]", "line 1, column 1: is nested more than 50 levels deep", "flatten it"),
    ],
)
def test_what_cannot_be_used_is_refused_where_it_stands(text: str, message: str, fix: str) -> None:
    assert refusal(text) == (message, fix)


@pytest.mark.row("bad-settings")
def test_an_alias_bomb_does_not_go_off() -> None:
    bomb = textwrap.dedent("""\
        a: &a [x, x, x, x, x, x, x, x, x, x]
        b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
        c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
        d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
        e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
        f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
        """)

    message, fix = refusal(bomb)

    assert message.endswith("has more than 2000 values once its aliases are written out")
    assert fix == "remove aliases (*name)"


def test_a_file_of_another_kind_is_refused_by_its_size() -> None:
    message, _ = refusal("x" * 300_000)

    assert message == "has 300000 bytes, more than 262144"


def test_a_file_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(YamlError, match="byte 3 is not UTF-8"):
        read_yaml("a: é".encode("latin-1"))
