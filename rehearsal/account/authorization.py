"""Decide, as IAM does, whether policy statements allow one action on one resource.

Pure functions over documents. The order is IAM's: an explicit deny wins, then any allow, else denied.
What this evaluator does not know fails closed: an unknown condition operator never allows and always
denies.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

Document = Mapping[str, Any]
Context = Mapping[str, str]


@dataclass(frozen=True)
class Call:
    """One action on one resource, with the condition keys that the request sets."""

    action: str
    """`service:Operation`, such as `s3:GetObject`."""
    resource: str
    """ARN, or `*` for an action that has no resource type."""
    context: Context = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """The outcome, and the statement that decided it (none when nothing matched)."""

    allowed: bool
    statement: Mapping[str, Any] | None = None

    @property
    def explicitly_denied(self) -> bool:
        """A statement forbade the call, rather than none allowing it."""
        return not self.allowed and self.statement is not None


def decide(documents: Iterable[Document], call: Call, principal: str | None = None) -> Decision:
    """Evaluate `documents` for `call`.

    Args:
        documents: identity policies, or one resource policy.
        call: what is asked for.
        principal: for a resource policy, the ARN or service that asks; statements whose `Principal`
            does not name it are passed over.
    """
    allowing: Mapping[str, Any] | None = None
    for document in documents:
        for statement in _as_list(document.get("Statement", [])):
            if not _applies(statement, call, principal):
                continue
            if statement.get("Effect") == "Deny":
                return Decision(allowed=False, statement=statement)
            if statement.get("Effect") == "Allow" and allowing is None:
                allowing = statement
    return Decision(allowed=allowing is not None, statement=allowing)


def _applies(statement: Mapping[str, Any], call: Call, principal: str | None) -> bool:
    return (
        _principal_matches(statement, principal)
        and _matches_either(statement, "Action", call.action, ignore_case=True)
        and _matches_either(statement, "Resource", call.resource, ignore_case=False)
        and _conditions_hold(statement, call.context)
    )


def _principal_matches(statement: Mapping[str, Any], principal: str | None) -> bool:
    named = statement.get("Principal")
    if named is None or principal is None:
        return named is None and principal is None
    if named == "*":
        return True
    values = [value for kind in named.values() for value in _as_list(kind)]
    return any(_matches(pattern, principal, ignore_case=False) for pattern in values)


def _matches_either(
    statement: Mapping[str, Any], key: str, value: str, *, ignore_case: bool
) -> bool:
    if f"Not{key}" in statement:
        return not any(
            _matches(pattern, value, ignore_case=ignore_case)
            for pattern in _as_list(statement[f"Not{key}"])
        )
    if key not in statement:  # a trust policy names no resource
        return key == "Resource"
    return any(
        _matches(pattern, value, ignore_case=ignore_case) for pattern in _as_list(statement[key])
    )


def _conditions_hold(statement: Mapping[str, Any], context: Context) -> bool:
    is_deny = statement.get("Effect") == "Deny"
    lowered = {key.lower(): value for key, value in context.items()}
    for operator, pairs in statement.get("Condition", {}).items():
        base = operator.removesuffix("IfExists")
        test = _OPERATORS.get(base)
        if test is None:
            return is_deny
        for key, wanted in pairs.items():
            actual = lowered.get(key.lower())
            if actual is None:
                if operator.endswith("IfExists") or base in _NEGATED:
                    continue
                return False
            outcomes = [test(str(pattern), actual) for pattern in _as_list(wanted)]
            if not (all(outcomes) if base in _NEGATED else any(outcomes)):
                return False
    return True


def _number(test: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def compare(wanted: str, actual: str) -> bool:
        return test(float(actual), float(wanted))

    return compare


def _like(pattern: str, value: str) -> bool:
    return _matches(pattern, value, ignore_case=False)


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, actual: wanted == actual,
    "StringNotEquals": lambda wanted, actual: wanted != actual,
    "StringEqualsIgnoreCase": lambda wanted, actual: wanted.lower() == actual.lower(),
    "StringLike": _like,
    "StringNotLike": lambda wanted, actual: not _like(wanted, actual),
    "ArnEquals": _like,
    "ArnLike": _like,
    "ArnNotEquals": lambda wanted, actual: not _like(wanted, actual),
    "ArnNotLike": lambda wanted, actual: not _like(wanted, actual),
    "Bool": lambda wanted, actual: wanted.lower() == actual.lower(),
    "NumericEquals": _number(lambda actual, wanted: actual == wanted),
    "NumericNotEquals": _number(lambda actual, wanted: actual != wanted),
    "NumericLessThan": _number(lambda actual, wanted: actual < wanted),
    "NumericLessThanEquals": _number(lambda actual, wanted: actual <= wanted),
    "NumericGreaterThan": _number(lambda actual, wanted: actual > wanted),
    "NumericGreaterThanEquals": _number(lambda actual, wanted: actual >= wanted),
}
_NEGATED = {"StringNotEquals", "StringNotLike", "ArnNotEquals", "ArnNotLike", "NumericNotEquals"}


def _matches(pattern: str, value: str, *, ignore_case: bool) -> bool:
    return _wildcard(pattern, ignore_case=ignore_case).fullmatch(value) is not None


@lru_cache(maxsize=4096)
def _wildcard(pattern: str, *, ignore_case: bool) -> re.Pattern[str]:
    translated = "".join(
        ".*" if character == "*" else "." if character == "?" else re.escape(character)
        for character in pattern
    )
    return re.compile(translated, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
