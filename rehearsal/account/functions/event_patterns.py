"""Which events a pattern lets through: the rules of Lambda's filters and of EventBridge.

A pattern names keys; under each is a list of rules, of which one has to hold. Facts:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html, read in November
2026. Played are exact values, prefix, suffix, equals-ignore-case, anything-but, numeric, exists and $or.
"""

import json
import operator
from collections.abc import Callable, Mapping
from typing import Any

MAX_PATTERN_CHARACTERS = 4096  # AWS Lambda quota
_MISSING = object()
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class BadPatternError(ValueError):
    """A text is no pattern that this account plays."""


def parsed_pattern(text: str) -> Mapping[str, Any]:
    """Read a pattern.

    Raises:
        BadPatternError: it is no JSON object, a key has no list of rules, or a rule is none.
    """
    try:
        pattern = json.loads(text)
    except ValueError as failure:
        raise BadPatternError(f"it is no JSON: {failure}") from failure
    if not isinstance(pattern, dict) or len(text) > MAX_PATTERN_CHARACTERS:
        raise BadPatternError(f"it is no object of at most {MAX_PATTERN_CHARACTERS} characters")
    _check(pattern)
    return pattern


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Whether an event is as the pattern says under every key."""
    return all(_key_matches(key, wanted, event) for key, wanted in pattern.items())


def lets_message_through(pattern: Mapping[str, Any], body: str) -> bool:
    """Whether a queue's message with this body passes: a text never does where JSON is expected, nor the other way."""
    if "body" not in pattern:
        return True
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    is_json = isinstance(content, dict | list)
    expects_json = isinstance(pattern["body"], dict)
    return is_json == expects_json and matches(pattern, {"body": content if is_json else body})


def _key_matches(key: str, wanted: Any, event: Any) -> bool:
    if key == "$or":
        return any(matches(each, event) for each in wanted)
    value = event.get(key, _MISSING) if isinstance(event, dict) else _MISSING
    if isinstance(wanted, dict):
        return matches(wanted, value)
    values = value if isinstance(value, list) else [value]
    return any(_holds(rule, each) for rule in wanted for each in values)


def _holds(rule: Any, value: Any) -> bool:
    if not isinstance(rule, dict):
        # To Python True is 1; to JSON 1 is 1.0.
        return isinstance(value, bool) == isinstance(rule, bool) and value == rule
    ((name, wanted),) = rule.items()
    if name == "exists":
        return (value is not _MISSING) == wanted
    return value is not _MISSING and _RULES[name](wanted, value)


def _has_prefix(wanted: Any, value: Any) -> bool:
    return isinstance(value, str) and value.startswith(wanted)


def _has_suffix(wanted: Any, value: Any) -> bool:
    return isinstance(value, str) and value.endswith(wanted)


def _equals_ignoring_case(wanted: Any, value: Any) -> bool:
    return isinstance(value, str) and value.lower() == wanted.lower()


def _is_anything_but(wanted: Any, value: Any) -> bool:
    rules = wanted if isinstance(wanted, list) else [wanted]
    return not any(_holds(rule, value) for rule in rules)


def _is_in_range(wanted: Any, value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and all(
        _COMPARISONS[sign](value, limit)
        for sign, limit in zip(wanted[::2], wanted[1::2], strict=True)
    )


_RULES: dict[str, Callable[[Any, Any], bool]] = {
    "prefix": _has_prefix,
    "suffix": _has_suffix,
    "equals-ignore-case": _equals_ignoring_case,
    "anything-but": _is_anything_but,
    "numeric": _is_in_range,
}
_TEXT_RULES = {"prefix", "suffix", "equals-ignore-case"}


def _check(pattern: Mapping[str, Any]) -> None:
    for key, wanted in pattern.items():
        if key == "$or" and isinstance(wanted, list):
            for each in wanted:
                _check_object(key, each)
        elif isinstance(wanted, dict):
            _check(wanted)
        elif isinstance(wanted, list) and wanted:
            for rule in wanted:
                _check_rule(key, rule)
        else:
            raise BadPatternError(f"{key!r} must be an object or an array that is not empty")


def _check_object(key: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise BadPatternError(f"{key!r} must be an array of objects")
    _check(value)


def _check_rule(key: str, rule: Any) -> None:
    if isinstance(rule, list):
        raise BadPatternError(f"{key!r} has an array for a rule")
    if not isinstance(rule, dict):
        return
    if len(rule) != 1:
        raise BadPatternError(f"{key!r} has a rule of {len(rule)} operators")
    ((name, wanted),) = rule.items()
    is_fine = (
        isinstance(wanted, bool) if name == "exists"
        else isinstance(wanted, str) if name in _TEXT_RULES
        else _is_range(wanted) if name == "numeric"
        else name == "anything-but"
    )  # fmt: skip
    if not is_fine:
        raise BadPatternError(f"{key!r} has the rule {json.dumps(rule)}, which is not played")
    if name == "anything-but":
        for each in wanted if isinstance(wanted, list) else [wanted]:
            _check_rule(key, each)


def _is_range(wanted: Any) -> bool:
    if not isinstance(wanted, list) or not wanted or len(wanted) % 2:
        return False
    are_signs = all(isinstance(sign, str) and sign in _COMPARISONS for sign in wanted[::2])
    return are_signs and all(
        isinstance(limit, int | float) and not isinstance(limit, bool) for limit in wanted[1::2]
    )
