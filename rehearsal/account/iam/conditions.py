"""Evaluate a statement's conditions, operator by operator.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html: what a key that is
not there means was read there in November 2026. What the quantifiers make of one that is not there is remembered from
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html.
"""

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rehearsal.account.iam.documents import as_list
from rehearsal.account.iam.patterns import (
    Context,
    UnknownVariableError,
    arn_matches,
    filled_in,
    matches,
    plain,
)

_IF_EXISTS = "IfExists"
Test = Callable[[str, str], bool]


def conditions_hold(
    conditions: Mapping[str, Any],
    context: Context,
    *,
    if_unknown: bool,
    takes_variables: bool = True,
) -> bool:
    """Whether every condition holds.

    Args:
        conditions: a statement's `Condition`.
        context: what the request sets, keys in lower case.
        if_unknown: what to take a condition for that this evaluator cannot judge.
        takes_variables: whether the policy is of the version that has variables.
    """
    variables = context if takes_variables else None
    for operator, pairs in conditions.items():
        for key, wanted in pairs.items():
            holds = _holds(operator, wanted, context.get(key.lower()), variables)
            if not (if_unknown if holds is None else holds):
                return False
    return True


def _holds(
    operator: str, wanted: Any, actual: str | Sequence[str] | None, variables: Context | None
) -> bool | None:
    """Judge one condition; None if this evaluator cannot."""
    wanted = [_text(value) for value in as_list(wanted)]
    if operator == "Null":
        return _is_null(wanted, actual)
    quantifier, is_set, rest = operator.rpartition(":")
    name = rest.removesuffix(_IF_EXISTS)
    if name not in _OPERATORS or (is_set and quantifier not in _QUANTIFIERS):
        return None
    values = [actual] if isinstance(actual, str) else list(actual or ())
    if not values:
        return _holds_without_a_value(quantifier, name, if_exists=rest != name)
    if not is_set and len(values) > 1:  # AWS does not say; such a key wants a quantifier
        return None
    try:
        if variables is not None and name in _TAKES_VARIABLES:
            wanted = [filled_in(value, variables) for value in wanted]
        outcomes = [_is_as_wanted(name, wanted, value) for value in values]
    except (ValueError, UnknownVariableError):  # not what the operator compares
        return None
    return any(outcomes) if quantifier == "ForAnyValue" else all(outcomes)


def _holds_without_a_value(quantifier: str, name: str, *, if_exists: bool) -> bool:
    if quantifier == "ForAnyValue":
        return if_exists
    return quantifier == "ForAllValues" or if_exists or name in _NEGATED


def _is_null(wanted: Iterable[str], actual: str | Sequence[str] | None) -> bool | None:
    answers = {"true": not actual and actual != "", "false": bool(actual) or actual == ""}
    known = [answers.get(value.lower()) for value in wanted]
    return None if None in known else any(known)


def _is_as_wanted(name: str, wanted: Iterable[str], actual: str) -> bool:
    """Whether a value is one of those wanted; for a negated operator, none of them."""
    outcomes = [_OPERATORS[name](value, actual) for value in wanted]
    return not any(outcomes) if name in _NEGATED else any(outcomes)


def _equal(wanted: str, actual: str) -> bool:
    return plain(wanted) == actual


def _equal_in_any_case(wanted: str, actual: str) -> bool:
    return plain(wanted).lower() == actual.lower()


def _number(test: Callable[[float, float], bool]) -> Test:
    return lambda wanted, actual: test(float(actual), float(wanted))


def _date(test: Callable[[datetime, datetime], bool]) -> Test:
    return lambda wanted, actual: test(_moment(actual), _moment(wanted))


def _moment(text: str) -> datetime:
    """Read a date as ISO 8601 has it, or seconds since 1970."""
    if text.lstrip("-").isdigit() and len(text) > len("2026"):
        return datetime.fromtimestamp(int(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _in_network(wanted: str, actual: str) -> bool:
    return ipaddress.ip_address(actual) in ipaddress.ip_network(wanted, strict=False)


# What negates another one shares its test: `_is_as_wanted` turns the outcome round.
_OPERATORS: dict[str, Test] = {
    "StringEquals": _equal,
    "StringNotEquals": _equal,
    "StringEqualsIgnoreCase": _equal_in_any_case,
    "StringNotEqualsIgnoreCase": _equal_in_any_case,
    "StringLike": matches,
    "StringNotLike": matches,
    "ArnEquals": arn_matches,
    "ArnNotEquals": arn_matches,
    "ArnLike": arn_matches,
    "ArnNotLike": arn_matches,
    "Bool": lambda wanted, actual: wanted.lower() == actual.lower(),
    "IpAddress": _in_network,
    "NotIpAddress": _in_network,
    "NumericEquals": _number(lambda actual, wanted: actual == wanted),
    "NumericNotEquals": _number(lambda actual, wanted: actual == wanted),
    "NumericLessThan": _number(lambda actual, wanted: actual < wanted),
    "NumericLessThanEquals": _number(lambda actual, wanted: actual <= wanted),
    "NumericGreaterThan": _number(lambda actual, wanted: actual > wanted),
    "NumericGreaterThanEquals": _number(lambda actual, wanted: actual >= wanted),
    "DateEquals": _date(lambda actual, wanted: actual == wanted),
    "DateNotEquals": _date(lambda actual, wanted: actual == wanted),
    "DateLessThan": _date(lambda actual, wanted: actual < wanted),
    "DateLessThanEquals": _date(lambda actual, wanted: actual <= wanted),
    "DateGreaterThan": _date(lambda actual, wanted: actual > wanted),
    "DateGreaterThanEquals": _date(lambda actual, wanted: actual >= wanted),
}
_NEGATED = {name for name in _OPERATORS if "Not" in name}
_TAKES_VARIABLES = {name for name in _OPERATORS if name.startswith(("String", "Arn"))}
_QUANTIFIERS = {"ForAllValues", "ForAnyValue"}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
