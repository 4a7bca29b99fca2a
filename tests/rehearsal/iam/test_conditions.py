"""The conditions and variables of policies, on documents alone, against plainer ways to say the same."""

import fnmatch
import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.account.iam.authorization import Call, decide
from tests.rehearsal.tenant import Statement, allow, deny

VERSION = "2012-10-17"
BUCKET = "arn:aws:s3:::b"


def holds(condition: Any, context: dict[str, str | Sequence[str]]) -> bool:
    """Whether a statement with this condition allows what one without it would."""
    return allows(allow("*", "*", Condition=condition), context=context)


def denies(condition: Any, context: dict[str, str | Sequence[str]]) -> bool:
    return not allows(allow("*", "*"), deny("*", "*", Condition=condition), context=context)


def allows(
    *statements: Statement,
    context: dict[str, str | Sequence[str]],
    resource: str = f"{BUCKET}/k",
    version: str = VERSION,
) -> bool:
    document = {"Version": version, "Statement": list(statements)}
    return decide([document], Call("s3:GetObject", resource, context)).allowed


@pytest.mark.fact(
    "IAM, not in aws-facts: conditions compare dates, addresses, sets and the lack of a key as well"
)
@pytest.mark.parametrize(
    ("operator", "wanted", "actual", "expected"),
    [
        ("DateEquals", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", True),
        ("DateNotEquals", "2026-01-01", "2026-01-02", True),
        ("DateLessThan", "2026-01-02T00:00:00Z", "2026-01-01T23:59:59Z", True),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", False),
        ("DateLessThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", True),
        ("DateGreaterThan", "1700000000", "2026-01-01T00:00:00Z", True),
        ("DateGreaterThanEquals", "2026-01-01T00:00:00Z", "1700000000", False),
        ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
        ("IpAddress", ["192.168.0.0/16", "10.1.2.3"], "10.1.2.3", True),
        ("IpAddress", "10.0.0.0/8", "11.0.0.1", False),
        ("NotIpAddress", "10.0.0.0/8", "11.0.0.1", True),
        ("NotIpAddress", ["11.0.0.0/8", "10.0.0.0/8"], "11.0.0.1", False),
        ("IpAddress", "2001:db8::/32", "2001:db8::1", True),
        ("Null", "true", "here", False),
        ("Null", "false", "here", True),
        ("Null", False, "here", True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a"], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
        ("ForAllValues:StringLike", ["a*"], ["a1", "a2"], True),
        ("ForAllValues:StringNotEquals", ["a"], ["b", "c"], True),
        ("ForAllValues:StringNotEquals", ["a"], ["a", "c"], False),
        ("ForAnyValue:StringEquals", ["a", "b"], ["c", "b"], True),
        ("ForAnyValue:StringEquals", ["a", "b"], ["c", "d"], False),
        ("ForAnyValue:StringNotEquals", ["a"], ["a", "c"], True),
        ("ForAnyValue:StringNotEquals", ["a"], ["a"], False),
        ("ForAnyValue:StringEquals", "a", "a", True),
    ],
)
def test_an_operator_compares(
    operator: str, wanted: Any, actual: str | list[str], *, expected: bool
) -> None:
    condition = {operator: {"aws:Key": wanted}}
    context: dict[str, str | Sequence[str]] = {"aws:key": actual}

    assert holds(condition, context) is expected
    assert denies(condition, context) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("Null", True),
        ("DateLessThan", False),
        ("IpAddress", False),
        ("NotIpAddress", True),
        ("IpAddressIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
        ("ForAnyValue:StringEqualsIfExists", True),
    ],
)
def test_a_key_that_is_not_there(operator: str, *, expected: bool) -> None:
    wanted = "true" if operator == "Null" else "10.0.0.0/8"

    assert holds({operator: {"aws:absent": wanted}}, {}) is expected
    assert denies({operator: {"aws:absent": wanted}}, {}) is expected


def test_a_key_of_no_values_is_not_there() -> None:
    assert holds({"Null": {"aws:TagKeys": "true"}}, {"aws:TagKeys": []})
    assert holds({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}, {"aws:TagKeys": []})
    assert holds({"Null": {"aws:Key": "false"}}, {"aws:Key": ""})


def test_many_values_without_a_quantifier_fail_closed() -> None:
    condition: Any = {"StringEquals": {"aws:TagKeys": ["a", "b"]}}
    many: dict[str, str | Sequence[str]] = {"aws:TagKeys": ["a", "b"]}

    assert not holds(condition, many)
    assert denies(condition, many)


# Variables


ANNE: dict[str, str | Sequence[str]] = {"aws:username": "anne", "aws:TagKeys": ["a"]}


@pytest.mark.fact("IAM, not in aws-facts: a policy's variables stand for what the request sets")
@pytest.mark.parametrize(
    ("pattern", "resource", "is_meant"),
    [
        ("home/${aws:username}/*", "home/anne/x", True),
        ("home/${aws:username}/*", "home/berta/x", False),
        ("home/${AWS:UserName}", "home/anne", True),
        ("${aws:absent}", "", False),
        ("${aws:absent, 'all'}/x", "all/x", True),
        ("${aws:username, 'all'}/x", "anne/x", True),
        ("${aws:TagKeys}", "a", False),
        ("a${*}b", "a*b", True),
        ("a${*}b", "axb", False),
        ("a${?}b", "axb", False),
        ("${$}x", "$x", True),
        ("a$b{c}", "a$b{c}", True),
    ],
)
def test_a_variable_in_a_resource(pattern: str, resource: str, *, is_meant: bool) -> None:
    statement = allow("s3:GetObject", f"{BUCKET}/{pattern}")

    assert allows(statement, context=ANNE, resource=f"{BUCKET}/{resource}") is is_meant


def test_what_a_variable_puts_in_has_no_wildcards() -> None:
    statement = allow("s3:GetObject", f"{BUCKET}/${{aws:username}}/x")
    context: dict[str, str | Sequence[str]] = {"aws:username": "*"}

    assert allows(statement, context=context, resource=f"{BUCKET}/*/x")
    assert not allows(statement, context=context, resource=f"{BUCKET}/anne/x")


@pytest.mark.parametrize(
    ("operator", "wanted", "expected"),
    [
        ("StringEquals", "${aws:username}", True),
        ("StringEquals", "a${aws:username}", False),
        ("StringLike", "home/${aws:username}/*", False),
        ("StringNotEquals", "${aws:username}", False),
        ("StringEquals", "${aws:absent}", False),
        ("StringNotEquals", "${aws:absent}", False),
    ],
)
def test_a_variable_in_a_condition(operator: str, wanted: str, *, expected: bool) -> None:
    context: dict[str, str | Sequence[str]] = {**ANNE, "aws:key": "anne"}

    assert holds({operator: {"aws:key": wanted}}, context) is expected


def test_an_old_policy_has_no_variables() -> None:
    statement = allow("s3:GetObject", f"{BUCKET}/${{aws:username}}")
    literal = f"{BUCKET}/${{aws:username}}"

    assert not allows(statement, context=ANNE, resource=f"{BUCKET}/anne", version="2008-10-17")
    assert allows(statement, context=ANNE, resource=literal, version="2008-10-17")


# Against plainer ways to say the same


TEXTS = st.text("ab*?", max_size=4)


@settings(max_examples=200)
@given(st.lists(TEXTS, min_size=1, max_size=3), TEXTS)
def test_a_pattern_matches_as_a_shells_does(patterns: list[str], value: str) -> None:
    expected = any(fnmatch.fnmatchcase(value, pattern) for pattern in patterns)

    assert holds({"StringLike": {"k": patterns}}, {"k": value}) is expected
    assert holds({"StringNotLike": {"k": patterns}}, {"k": value}) is not expected


@settings(max_examples=100)
@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(0, 32))
def test_an_address_is_in_a_network_whose_bits_it_begins_with(
    address: ipaddress.IPv4Address, other: ipaddress.IPv4Address, length: int
) -> None:
    def first_bits(of: ipaddress.IPv4Address) -> str:
        return f"{int(of):032b}"[:length]

    condition = {"IpAddress": {"aws:SourceIp": f"{other}/{length}"}}

    expected = first_bits(address) == first_bits(other)
    assert holds(condition, {"aws:SourceIp": str(address)}) is expected


MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive to hypothesis


@settings(max_examples=100)
@given(MOMENTS, MOMENTS, st.integers(-720, 720))
def test_dates_compare_as_moments_whatever_zone_they_are_told_in(
    actual: datetime, wanted: datetime, minutes: int
) -> None:
    told = wanted.replace(tzinfo=None) + timedelta(minutes=minutes)
    sign, away = "+" if minutes >= 0 else "-", abs(minutes)
    text = f"{told.isoformat()}{sign}{away // 60:02}:{away % 60:02}"
    context: dict[str, str | Sequence[str]] = {"aws:CurrentTime": actual.isoformat()}

    assert holds({"DateLessThan": {"aws:CurrentTime": text}}, context) is (actual < wanted)
    assert holds({"DateGreaterThanEquals": {"aws:CurrentTime": text}}, context) is (
        actual >= wanted
    )


SETS = st.lists(st.sampled_from("abc"), max_size=4)


@settings(max_examples=100)
@given(SETS, st.lists(st.sampled_from("abc"), min_size=1))
def test_quantifiers_are_those_of_sets(values: list[str], wanted: list[str]) -> None:
    context: dict[str, str | Sequence[str]] = {"aws:TagKeys": values}

    every = {"ForAllValues:StringEquals": {"aws:TagKeys": wanted}}
    some = {"ForAnyValue:StringEquals": {"aws:TagKeys": wanted}}

    assert holds(every, context) is set(values).issubset(wanted)
    assert holds(some, context) is (not set(values).isdisjoint(wanted))


@settings(max_examples=100)
@given(st.text(max_size=6), st.text(max_size=6))
def test_a_variable_stands_for_its_value_and_nothing_else(name: str, other: str) -> None:
    statement = allow("*", f"{BUCKET}/${{aws:username}}")
    context: dict[str, str | Sequence[str]] = {"aws:username": name}

    assert allows(statement, context=context, resource=f"{BUCKET}/{name}")
    assert allows(statement, context=context, resource=f"{BUCKET}/{other}") is (name == other)
