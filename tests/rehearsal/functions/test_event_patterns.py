"""Patterns of Lambda's filters and of EventBridge's rules."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.account.functions.event_patterns import (
    BadPatternError,
    lets_message_through,
    matches,
    parsed_pattern,
)

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
OBJECTS = st.dictionaries(st.text(max_size=3), SCALARS | st.lists(SCALARS, max_size=3), max_size=4)


def rule(*rules: Any) -> dict[str, Any]:
    return {"key": list(rules)}


@pytest.mark.fact("§7 EventSourceMapping: filter_criteria, by Lambda's rules")
@pytest.mark.parametrize(
    ("pattern", "passing", "not_passing"),
    [
        (rule("a"), "a", "b"),
        (rule("a", "b"), "b", "c"),
        (rule(1), 1.0, True),
        (rule(None), None, ""),
        (rule(""), "", None),
        (rule({"prefix": "in"}), "inputs", "outin"),
        (rule({"suffix": ".json"}), "a.json", "a.jsonl"),
        (rule({"equals-ignore-case": "Put"}), "PUT", "puts"),
        (rule({"anything-but": "a"}), "b", "a"),
        (rule({"anything-but": ["a", 1]}), 2, 1),
        (rule({"anything-but": {"prefix": "in"}}), "out", "in"),
        (rule({"numeric": [">", 0, "<=", 5]}), 5, 0),
        (rule({"numeric": ["=", 3.5]}), 3.5, "3.5"),
        (rule("a"), ["b", "a"], ["b"]),
        ({"$or": [rule("a"), rule({"numeric": [">", 9]})]}, 10, 9),
    ],
)  # fmt: skip
def test_a_rule_lets_through(pattern: dict[str, Any], passing: Any, not_passing: Any) -> None:
    checked = parsed_pattern(json.dumps(pattern))

    assert matches(checked, {"key": passing, "more": 1})
    assert not matches(checked, {"key": not_passing})
    assert not matches(checked, {"other": passing})


@pytest.mark.parametrize(("exists", "event"), [(True, {"key": None}), (False, {"other": 1})])
def test_a_key_is_there_or_is_not(*, exists: bool, event: dict[str, Any]) -> None:
    assert matches(parsed_pattern(json.dumps(rule({"exists": exists}))), event)
    assert not matches(parsed_pattern(json.dumps(rule({"exists": not exists}))), event)


def test_all_keys_have_to_match_at_every_depth() -> None:
    pattern = parsed_pattern('{"a": {"b": [1], "c": ["x"]}}')

    assert matches(pattern, {"a": {"b": 1, "c": "x"}})
    assert not matches(pattern, {"a": {"b": 1}})
    assert not matches(pattern, {"a": 1})
    assert not matches(pattern, [])


@pytest.mark.fact("§6 Events: SQS filters look at the body, which has to be of the pattern's kind")
@pytest.mark.parametrize(
    ("pattern", "body", "passes"),
    [
        ({}, "anything", True),
        ({"body": {"kind": ["a"]}}, '{"kind": "a"}', True),
        ({"body": {"kind": ["a"]}}, '{"kind": "b"}', False),
        ({"body": {"kind": [{"exists": False}]}}, "no JSON", False),
        ({"body": ["hello"]}, "hello", True),
        ({"body": [{"prefix": "he"}]}, "hello", True),
        ({"body": ["hello"]}, '{"hello": 1}', False),
    ],
)
def test_a_message_passes(pattern: dict[str, Any], body: str, *, passes: bool) -> None:
    assert lets_message_through(parsed_pattern(json.dumps(pattern)), body) is passes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "it is no JSON"),
        ("[]", "it is no object"),
        ('{"a": 1}', "'a' must be an object or an array that is not empty"),
        ('{"a": []}', "'a' must be an object or an array that is not empty"),
        ('{"$or": [1]}', "must be an array of objects"),
        ('{"a": [[1]]}', "'a' has an array for a rule"),
        ('{"a": [{"prefix": "x", "suffix": "y"}]}', "'a' has a rule of 2 operators"),
        ('{"a": [{"prefix": 1}]}', "is not played"),
        ('{"a": [{"numeric": [">"]}]}', "is not played"),
        ('{"a": [{"numeric": ["~", 1]}]}', "is not played"),
        ('{"a": [{"exists": "yes"}]}', "is not played"),
        ('{"a": [{"cidr": "10.0.0.0/8"}]}', "is not played"),
        ('{"a": [{"anything-but": [{"cidr": "x"}]}]}', "is not played"),
    ],
)
def test_what_is_no_pattern_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadPatternError, match=message.replace("$", r"\$")):
        parsed_pattern(text)


@given(OBJECTS)
def test_an_event_matches_itself_as_a_pattern(event: dict[str, Any]) -> None:
    filled = {key: value for key, value in event.items() if value != [] and key != "$or"}
    pattern = {k: value if isinstance(value, list) else [value] for k, value in filled.items()}

    assert matches(parsed_pattern(json.dumps(pattern)), filled)


@given(st.text(max_size=60) | OBJECTS.map(json.dumps), OBJECTS)
def test_any_text_is_a_pattern_or_is_refused(text: str, event: dict[str, Any]) -> None:
    try:
        pattern = parsed_pattern(text)
    except BadPatternError:
        return
    assert matches(pattern, event) in {True, False}
