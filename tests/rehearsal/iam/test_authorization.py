"""IAM's evaluation, on documents alone."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.account.iam.authorization import Call, Principal, decide
from tests.rehearsal.tenant import allow, deny

BUCKET = "arn:aws:s3:::models"
READ = Call("s3:GetObject", f"{BUCKET}/a/b.json")
ACCOUNT = frozenset({"arn:aws:iam::123456789012:root", "123456789012"})
ROLE = "arn:aws:iam::123456789012:role/reader"
SESSION = "arn:aws:sts::123456789012:assumed-role/reader/tests"
READER = Principal("AWS", frozenset({ROLE, SESSION}), ACCOUNT)
SAGEMAKER = Principal("Service", frozenset({"sagemaker.amazonaws.com"}))


def allows(*statements: Any, call: Call = READ, principal: Principal | None = None) -> bool:
    return decide([{"Statement": list(statements)}], call, principal).allowed


def test_nothing_is_allowed_without_a_statement() -> None:
    decision = decide([], READ)

    assert not decision.allowed
    assert not decision.explicitly_denied


def test_an_allow_that_names_action_and_resource_allows() -> None:
    assert allows(allow("s3:GetObject", f"{BUCKET}/*"))


def test_the_deciding_statement_is_told() -> None:
    granting, forbidding = allow("s3:*", "*"), deny("s3:GetObject", "*")

    assert decide([{"Statement": granting}], READ).statement == granting
    assert decide([{"Statement": [granting, forbidding]}], READ).statement == forbidding


def test_a_deny_in_another_document_wins() -> None:
    documents = [{"Statement": allow("*", "*")}, {"Statement": deny("s3:GetObject", "*")}]

    assert decide(documents, READ).explicitly_denied


def test_actions_ignore_case_and_resources_do_not() -> None:
    assert allows(allow("S3:getobject", f"{BUCKET}/*"))
    assert not allows(allow("s3:GetObject", f"{BUCKET.upper()}/*"))


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("*", True),
        (f"{BUCKET}/a/*", True),
        (f"{BUCKET}/a/?.json", True),
        (f"{BUCKET}/*/b.json", True),
        (f"{BUCKET}/a/b?json", True),
        (f"{BUCKET}/a/b", False),
        (f"{BUCKET}/a/b.jso", False),
        (BUCKET, False),
        (f"{BUCKET}/a/??.json", False),
        (f"{BUCKET}2/*", False),
    ],
)
def test_wildcards_stand_for_any_text_and_for_one_character(pattern: str, *, matches: bool) -> None:
    assert allows(allow("s3:GetObject", pattern)) is matches


@pytest.mark.parametrize("pattern", [".*", "[a-z]*", "a|b", "(", "a+", "\\", "^$", "{1}"])
def test_only_the_two_wildcards_are_special(pattern: str) -> None:
    named = Call("s3:GetObject", f"{BUCKET}/{pattern.replace('*', 'x')}")

    assert allows(allow("s3:GetObject", f"{BUCKET}/{pattern}"), call=named)
    assert not allows(allow("s3:GetObject", f"{BUCKET}/{pattern}"))


def test_a_wildcard_reaches_over_a_line_end() -> None:
    call = Call("s3:GetObject", f"{BUCKET}/a\nb")

    assert allows(allow("s3:GetObject", f"{BUCKET}/*"), call=call)


def test_not_action_means_every_other_action() -> None:
    statement = {"Effect": "Allow", "NotAction": "s3:Delete*", "Resource": "*"}

    assert allows(statement)
    assert not allows(statement, call=Call("s3:DeleteObject", READ.resource))


def test_not_resource_means_every_other_resource() -> None:
    statement = {"Effect": "Deny", "Action": "*", "NotResource": f"{BUCKET}/a/*"}

    assert allows(allow("*", "*"), statement)
    elsewhere = Call("s3:GetObject", f"{BUCKET}/secret")
    assert not allows(allow("*", "*"), statement, call=elsewhere)


def test_an_identity_policy_without_a_resource_allows_nothing() -> None:
    assert not allows({"Effect": "Allow", "Action": "*"})


def test_a_statement_without_an_action_allows_nothing() -> None:
    assert not allows({"Effect": "Allow", "Resource": "*"})


CONDITIONS = [
    ("StringEquals", "eu", "eu", True),
    ("StringEquals", ["us", "eu"], "eu", True),
    ("StringEquals", "EU", "eu", False),
    ("StringEquals", "e*", "eu", False),
    ("StringNotEquals", "us", "eu", True),
    ("StringNotEquals", ["us", "eu"], "eu", False),
    ("StringEqualsIgnoreCase", "EU", "eu", True),
    ("StringNotEqualsIgnoreCase", "EU", "eu", False),
    ("StringLike", "e?", "eu", True),
    ("StringLike", ["x*", "e*"], "eu", True),
    ("StringNotLike", ["x*", "e*"], "eu", False),
    ("ArnLike", "arn:aws:sagemaker:*:123:*", "arn:aws:sagemaker:eu:123:endpoint/a:b", True),
    ("ArnLike", "arn:aws:sagemaker:*", "arn:aws:sagemaker:eu:123:endpoint/a", False),
    ("ArnEquals", "arn:aws:s3:::a*", "arn:aws:s3:::abc", True),
    ("ArnNotLike", "arn:aws:s3:::a*", "arn:aws:s3:::abc", False),
    ("ArnNotEquals", "arn:aws:s3:::x*", "arn:aws:s3:::abc", True),
    ("Bool", "false", "false", True),
    ("Bool", False, "false", True),
    ("Bool", True, "false", False),
    ("NumericLessThan", "1.2", "1.1", True),
    ("NumericLessThan", "1.2", "1.2", False),
    ("NumericLessThanEquals", "1.2", "1.2", True),
    ("NumericGreaterThan", 5, "6", True),
    ("NumericGreaterThanEquals", 5, "4", False),
    ("NumericEquals", "1.20", "1.2", True),
    ("NumericNotEquals", ["1", "2"], "2", False),
]


@pytest.mark.parametrize(("operator", "wanted", "actual", "holds"), CONDITIONS)
@pytest.mark.parametrize("suffix", ["", "IfExists"])
def test_a_condition_compares_the_requests_key(
    operator: str, wanted: Any, actual: str, *, holds: bool, suffix: str
) -> None:
    condition = {f"{operator}{suffix}": {"aws:Key": wanted}}
    call = Call(READ.action, READ.resource, {"aws:key": actual})

    assert allows(allow("*", "*", Condition=condition), call=call) is holds
    assert allows(allow("*", "*"), deny("*", "*", Condition=condition), call=call) is not holds


@pytest.mark.parametrize(
    ("operator", "holds"),
    [
        ("StringEquals", False),
        ("StringLike", False),
        ("Bool", False),
        ("NumericLessThan", False),
        ("StringNotEquals", True),
        ("StringNotLike", True),
        ("ArnNotLike", True),
        ("StringEqualsIfExists", True),
        ("StringNotEqualsIfExists", True),
        ("NumericLessThanIfExists", True),
    ],
)
def test_a_key_that_the_request_lacks(operator: str, *, holds: bool) -> None:
    condition = {operator: {"aws:absent": "1"}}

    assert allows(allow("*", "*", Condition=condition)) is holds


def test_every_condition_must_hold() -> None:
    call = Call(READ.action, READ.resource, {"a": "1", "b": "2"})
    both = {"StringEquals": {"a": "1", "b": "2"}}
    one = {"StringEquals": {"a": "1"}, "StringLike": {"b": "x*"}}

    assert allows(allow("*", "*", Condition=both), call=call)
    assert not allows(allow("*", "*", Condition=one), call=call)


@pytest.mark.parametrize(
    "condition",
    [
        {"BinaryEquals": {"a": "MQ=="}},
        {"ForMostValues:StringEquals": {"a": "1"}},
        {"IpAddress": {"aws:SourceIp": "here"}},
        {"DateLessThan": {"a": "2026-01-01"}},
        {"Null": {"a": "maybe"}},
        {"StringEqualz": {"a": "1"}},
        {"NumericEquals": {"a": "many"}},
    ],
)
def test_a_condition_that_cannot_be_evaluated_fails_closed(condition: Any) -> None:
    call = Call(READ.action, READ.resource, {"a": "1", "aws:SourceIp": "10.0.0.1"})

    assert not allows(allow("*", "*", Condition=condition), call=call)
    assert not allows(allow("*", "*"), deny("*", "*", Condition=condition), call=call)


@pytest.mark.parametrize("order", [1, -1])
def test_an_unknown_operator_does_not_hide_a_condition_that_fails(order: int) -> None:
    conditions = [("Unheard", {"a": "1"}), ("StringEquals", {"a": "2"})][::order]
    call = Call(READ.action, READ.resource, {"a": "1"})

    assert allows(allow("*", "*"), deny("*", "*", Condition=dict(conditions)), call=call)


@pytest.mark.parametrize(
    ("named", "principal", "is_named"),
    [
        ("*", READER, True),
        ({"AWS": "*"}, READER, True),
        ({"AWS": ROLE}, READER, True),
        ({"AWS": [SESSION, "arn:aws:iam::1:root"]}, READER, True),
        ({"AWS": "arn:aws:iam::123456789012:role/other"}, READER, False),
        ({"AWS": "arn:aws:iam::123456789012:role/*"}, READER, False),
        ({"Service": "sagemaker.amazonaws.com"}, SAGEMAKER, True),
        ({"Service": ["lambda.amazonaws.com", "sagemaker.amazonaws.com"]}, SAGEMAKER, True),
        ({"Service": "lambda.amazonaws.com"}, SAGEMAKER, False),
        ({"AWS": "sagemaker.amazonaws.com"}, SAGEMAKER, False),
        ({"Service": ROLE}, READER, False),
        ({"Federated": "*"}, READER, False),
        ("reader", READER, False),
    ],
)
def test_a_resource_policy_speaks_of_the_principals_it_names(
    named: Any, principal: Principal, *, is_named: bool
) -> None:
    granting, forbidding = (
        {"Effect": effect, "Principal": named, "Action": "*", "Resource": "*"}
        for effect in ("Allow", "Deny")
    )
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}

    assert allows(granting, principal=principal) is is_named
    assert allows(everyone, forbidding, principal=principal) is not is_named


@pytest.mark.parametrize("account", sorted(ACCOUNT))
def test_naming_the_account_denies_its_roles_and_allows_none_of_them(account: str) -> None:
    granting = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "*", "Resource": "*"}

    assert not allows(granting, principal=READER)
    everyone = {**granting, "Principal": "*"}
    assert not allows(everyone, {**granting, "Effect": "Deny"}, principal=READER)


def test_not_principal_means_everyone_else() -> None:
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    others = {"Effect": "Deny", "NotPrincipal": {"AWS": ROLE}, "Action": "*", "Resource": "*"}

    assert allows(everyone, others, principal=READER)
    stranger = Principal("AWS", frozenset({"arn:aws:iam::123456789012:role/other"}))
    assert not allows(everyone, others, principal=stranger)


def test_identity_policies_and_resource_policies_do_not_stand_in_for_each_other() -> None:
    assert not allows(allow("*", "*"), principal=READER)
    assert not allows({**allow("*", "*"), "Principal": "*"})


def test_a_trust_policy_names_no_resource() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }

    assert allows(statement, call=Call("sts:AssumeRole", ROLE), principal=SAGEMAKER)


# Small alphabets, so that statements and calls meet often.
ACTIONS = st.sampled_from(
    ["s3:GetObject", "s3:PutObject", "s3:*", "*", "logs:Put*", "s3:?etObject"]
)
RESOURCES = st.sampled_from(["*", BUCKET, f"{BUCKET}/*", f"{BUCKET}/a?b", f"{BUCKET}/a.b"])
OPERATORS = st.sampled_from(
    ["StringEquals", "StringNotLike", "Bool", "NumericLessThan", "Unheard", "StringLikeIfExists"]
)
PAIRS = st.dictionaries(st.sampled_from(["a", "B", "c"]), st.sampled_from(["1", "true", "x*"]))
CONDITION_BLOCKS = st.one_of(st.none(), st.dictionaries(OPERATORS, PAIRS, max_size=2))


@st.composite
def statements(draw: st.DrawFn, effect: str | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": effect or draw(st.sampled_from(["Allow", "Deny"])),
        draw(st.sampled_from(["Action", "NotAction"])): draw(st.lists(ACTIONS, min_size=1)),
        draw(st.sampled_from(["Resource", "NotResource"])): draw(st.lists(RESOURCES, min_size=1)),
    }
    conditions = draw(CONDITION_BLOCKS)
    return statement if conditions is None else {**statement, "Condition": conditions}


CALLS = st.builds(
    Call,
    st.sampled_from(["s3:GetObject", "s3:PutObject", "logs:PutLogEvents"]),
    st.sampled_from(["*", BUCKET, f"{BUCKET}/a.b", f"{BUCKET}/axb"]),
    st.dictionaries(st.sampled_from(["a", "b", "C"]), st.sampled_from(["1", "true", "xy", "?"])),
)
DOCUMENTS = st.lists(statements())


@settings(max_examples=60)
@given(DOCUMENTS, CALLS, st.data())
def test_a_deny_that_matches_wins_wherever_it_stands(
    written: list[Any], call: Call, data: st.DataObject
) -> None:
    forbidding = deny(call.action, call.resource)
    written.insert(data.draw(st.integers(0, len(written))), forbidding)

    assert decide([{"Statement": written}], call).explicitly_denied


@settings(max_examples=60)
@given(DOCUMENTS, statements(effect="Allow"), CALLS)
def test_one_more_allow_never_takes_anything_away(
    written: list[Any], more: dict[str, Any], call: Call
) -> None:
    if allows(*written, call=call):
        assert allows(*written, more, call=call)


@settings(max_examples=60)
@given(DOCUMENTS, statements(effect="Deny"), CALLS)
def test_one_more_deny_never_gives_anything(
    written: list[Any], more: dict[str, Any], call: Call
) -> None:
    if not allows(*written, call=call):
        assert not allows(*written, more, call=call)


@settings(max_examples=60)
@given(DOCUMENTS, CALLS, st.randoms())
def test_the_order_of_statements_does_not_matter(
    written: list[Any], call: Call, random: Any
) -> None:
    before = allows(*written, call=call)
    random.shuffle(written)

    assert allows(*written, call=call) is before


# What no ARN can hold stands for an escaped star inside.
_NO_PRIVATE_USE = st.characters(exclude_categories=["Co", "Cs"])


@settings(max_examples=60)
@given(st.text(_NO_PRIVATE_USE), st.text(_NO_PRIVATE_USE))
def test_a_text_matches_itself_and_a_star(name: str, other: str) -> None:
    call = Call("s3:GetObject", f"{BUCKET}/{name}")
    literal = name.replace("*", "x").replace("?", "x")

    assert allows(allow("*", f"{BUCKET}/*"), call=call)
    same = Call("s3:GetObject", f"{BUCKET}/{literal}")
    assert allows(allow("*", f"{BUCKET}/{literal}"), call=same)
    another = Call("s3:GetObject", f"{BUCKET}/{other}")
    assert allows(allow("*", f"{BUCKET}/{literal}"), call=another) is (other == literal)
