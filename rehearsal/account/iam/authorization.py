"""Decide, as IAM does, whether policy statements allow one action on one resource.

Pure functions over documents. The order is IAM's: an explicit deny wins, then any allow, else denied.
What this evaluator does not know fails closed: a condition that it cannot evaluate never allows and
always denies.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

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
class Principal:
    """Who asks, by every name that a resource policy may call them."""

    kind: Literal["AWS", "Service"]
    names: frozenset[str]
    """ARNs, or a service's name."""
    account_names: frozenset[str] = frozenset()
    """The account's number and root ARN: a Deny that names them means everyone in the account."""


@dataclass(frozen=True)
class Decision:
    """The outcome, and the statement that decided it (none when nothing matched)."""

    allowed: bool
    statement: Mapping[str, Any] | None = None

    @property
    def explicitly_denied(self) -> bool:
        """A statement forbade the call, rather than none allowing it."""
        return not self.allowed and self.statement is not None


def decide(
    documents: Iterable[Document], call: Call, principal: Principal | None = None
) -> Decision:
    """Evaluate `documents` for `call`.

    Args:
        documents: identity policies, or one resource policy.
        call: what is asked for.
        principal: for a resource policy, who asks; statements that do not name it are passed over.
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


def _applies(statement: Mapping[str, Any], call: Call, principal: Principal | None) -> bool:
    # Only a trust policy may leave the resource out: it is the role that it belongs to.
    has_resource = "Resource" in statement or "NotResource" in statement or principal is None
    return (
        _principal_matches(statement, principal)
        and _matches_either(statement, "Action", call.action, ignore_case=True)
        and (
            not has_resource
            or _matches_either(statement, "Resource", call.resource, ignore_case=False)
        )
        and _conditions_hold(statement, call.context)
    )


def _principal_matches(statement: Mapping[str, Any], principal: Principal | None) -> bool:
    is_resource_policy = "Principal" in statement or "NotPrincipal" in statement
    if principal is None or not is_resource_policy:
        return principal is None and not is_resource_policy
    names = principal.names
    if statement.get("Effect") == "Deny":
        names |= principal.account_names
    if "NotPrincipal" in statement:
        return not _names(statement["NotPrincipal"], principal.kind, names)
    return _names(statement["Principal"], principal.kind, names)


def _names(element: Any, kind: str, names: frozenset[str]) -> bool:
    if isinstance(element, str):
        return element == "*"
    named = _as_list(element.get(kind, []))
    return "*" in named or not names.isdisjoint(named)


def _matches_either(
    statement: Mapping[str, Any], key: str, value: str, *, ignore_case: bool
) -> bool:
    patterns = _as_list(statement.get(key, statement.get(f"Not{key}", [])))
    is_named = any(_matches(pattern, value, ignore_case=ignore_case) for pattern in patterns)
    return is_named if key in statement else f"Not{key}" in statement and not is_named


def _conditions_hold(statement: Mapping[str, Any], context: Context) -> bool:
    lowered = {key.lower(): value for key, value in context.items()}
    if_unknown = statement.get("Effect") == "Deny"
    for operator, pairs in statement.get("Condition", {}).items():
        for key, wanted in pairs.items():
            holds = _condition_holds(operator, wanted, lowered.get(key.lower()))
            if not (if_unknown if holds is None else holds):
                return False
    return True


def _condition_holds(operator: str, wanted: Any, actual: str | None) -> bool | None:
    """Evaluate one condition; None when this evaluator cannot."""
    base = operator.removesuffix("IfExists")
    test = _OPERATORS.get(base)
    if test is None:
        return None
    if actual is None:
        return operator != base or base in _NEGATED
    try:
        outcomes = [test(str(pattern), actual) for pattern in _as_list(wanted)]
    except ValueError:  # not the number that the operator compares
        return None
    return all(outcomes) if base in _NEGATED else any(outcomes)


def _number(test: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def compare(wanted: str, actual: str) -> bool:
        return test(float(actual), float(wanted))

    return compare


def _like(pattern: str, value: str) -> bool:
    return _matches(pattern, value, ignore_case=False)


def _arn_like(pattern: str, value: str) -> bool:
    """Compare the six parts of an ARN one by one: a wildcard does not reach over a colon."""
    patterns, parts = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(parts) and all(map(_like, patterns, parts))


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, actual: wanted == actual,
    "StringNotEquals": lambda wanted, actual: wanted != actual,
    "StringEqualsIgnoreCase": lambda wanted, actual: wanted.lower() == actual.lower(),
    "StringNotEqualsIgnoreCase": lambda wanted, actual: wanted.lower() != actual.lower(),
    "StringLike": _like,
    "StringNotLike": lambda wanted, actual: not _like(wanted, actual),
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "ArnNotEquals": lambda wanted, actual: not _arn_like(wanted, actual),
    "ArnNotLike": lambda wanted, actual: not _arn_like(wanted, actual),
    "Bool": lambda wanted, actual: wanted.lower() == actual.lower(),
    "NumericEquals": _number(lambda actual, wanted: actual == wanted),
    "NumericNotEquals": _number(lambda actual, wanted: actual != wanted),
    "NumericLessThan": _number(lambda actual, wanted: actual < wanted),
    "NumericLessThanEquals": _number(lambda actual, wanted: actual <= wanted),
    "NumericGreaterThan": _number(lambda actual, wanted: actual > wanted),
    "NumericGreaterThanEquals": _number(lambda actual, wanted: actual >= wanted),
}
_NEGATED = {name for name in _OPERATORS if "Not" in name}


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
