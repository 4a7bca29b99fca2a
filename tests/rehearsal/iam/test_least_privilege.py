"""What roles were granted against what they did."""

import json
from typing import Any

import pytest

from rehearsal.least_privilege import (
    ActionUse,
    LeastPrivilege,
    RolePolicies,
    least_privilege,
    read_role,
)
from rehearsal.local_account import LocalAccount
from tests.rehearsal.tenant import Tenant, allow, deny, document, refusal, trust, unique

ROLE = "arn:aws:iam::123456789012:role/r"
READ = allow(["s3:GetObject", "s3:GetObjectVersion"], "arn:aws:s3:::b/*", Sid="Read")
ANY = allow("sqs:*", "*")
NOT_DELETE = {"Effect": "Allow", "NotAction": ["s3:Delete*"], "NotResource": "arn:aws:s3:::c"}
FORBID = deny("s3:PutObject", "arn:aws:s3:::b/secret")


def role(*statements: Any, name: str = "r") -> RolePolicies:
    arn = ROLE.removesuffix("r") + name
    return RolePolicies(name, arn, {"own": json.loads(document(*statements))})


def call(action: str, statement: Any, count: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "principal": "me",
        "role": ROLE,
        "action": action,
        "allowed": True,
        "policy": "own",
        "statement": statement,
        "reason": "",
        "count": count,
        "resources": {"arn": count},
        **more,
    }


def statement_of(report: LeastPrivilege, place: int = 0) -> Any:
    return report.roles[0].policies[0].statements[place]


def test_calls_are_counted_by_the_action_that_allowed_them() -> None:
    report = least_privilege(
        [role(READ)], [call("s3:GetObject", READ, 2), call("s3:getobject", READ)]
    )

    assert statement_of(report).sid == "Read"
    assert statement_of(report).actions == [
        ActionUse("s3:GetObject", 3),
        ActionUse("s3:GetObjectVersion", 0),
    ]
    (unused,) = report.roles[0].unused
    assert unused[2].action == "s3:GetObjectVersion"


def test_a_wildcard_is_pointed_out_with_what_was_used_of_it() -> None:
    calls = [call("sqs:SendMessage", ANY, 2), call("sqs:DeleteMessage", ANY)]

    statement = statement_of(least_privilege([role(ANY)], calls))

    assert statement.wildcards == ["sqs:*", "*"]
    used = {"sqs:SendMessage": 2, "sqs:DeleteMessage": 1}
    assert statement.actions == [ActionUse("sqs:*", 3, used)]


def test_what_is_excepted_is_told_as_that() -> None:
    statement = statement_of(
        least_privilege([role(NOT_DELETE)], [call("s3:GetObject", NOT_DELETE)])
    )

    assert statement.actions == [ActionUse("all but s3:Delete*", 1, {"s3:GetObject": 1})]
    assert statement.resources == ["all but arn:aws:s3:::c"]


def test_a_statement_without_a_sid_goes_by_its_place() -> None:
    report = least_privilege([role(READ, ANY)], [])

    assert [statement_of(report, place).sid for place in (0, 1)] == ["Read", "statement 2"]


def test_a_deny_that_nothing_met_is_no_unused_grant() -> None:
    report = least_privilege([role(FORBID)], [])

    assert report.roles[0].unused == []
    assert statement_of(report).effect == "Deny"


def test_denied_calls_are_told_by_role() -> None:
    refused = call("s3:PutObject", FORBID, 2, allowed=False, reason="no")
    of_another = call("s3:PutObject", None, allowed=False, role=f"{ROLE}2")

    report = least_privilege([role(FORBID), role(READ, name="r3")], [refused, of_another])

    first, second = report.roles
    assert [(each.action, each.count, each.reason) for each in first.denied] == [
        ("s3:PutObject", 2, "no")
    ]
    assert second.denied == []
    assert report.calls == [refused]


def test_two_policies_with_the_same_statement_are_told_apart() -> None:
    twice = RolePolicies("r", ROLE, {name: {"Statement": READ} for name in ("one", "two")})

    report = least_privilege([twice], [call("s3:GetObject", READ, policy="two")])

    used = {each.name: each.statements[0].actions[0].used for each in report.roles[0].policies}
    assert used == {"one": 0, "two": 1}


def test_a_role_is_known_by_name_whatever_account_it_is_said_to_be_of() -> None:
    elsewhere = ROLE.replace("123456789012", "111122223333")

    report = least_privilege([role(READ)], [call("s3:GetObject", READ, role=elsewhere)])

    assert statement_of(report).actions[0].used == 1


@pytest.mark.fact("IAM, not in aws-facts: a grant that nothing uses is too much")
def test_it_reads_roles_and_calls_from_the_account(tenant: Tenant, account: LocalAccount) -> None:
    bucket, iam = tenant.bucket({"a": "1"}), tenant.client("iam")
    reading = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    own = tenant.role(trust("lambda"), reading)
    name, managed = own.rpartition("/")[2], unique("managed")
    arn = iam.create_policy(PolicyName=managed, PolicyDocument=document(allow("sqs:*", "*")))
    iam.attach_role_policy(RoleName=name, PolicyArn=arn["Policy"]["Arn"])
    s3 = tenant.client_as(own, "s3")
    s3.get_object(Bucket=bucket, Key="a")
    refusal(lambda: s3.delete_object(Bucket=bucket, Key="a"))

    (report,) = least_privilege([read_role(account, name)], account.calls()).roles

    used = {
        policy.name: [
            action.used for statement in policy.statements for action in statement.actions
        ]
        for policy in report.policies
    }
    assert used == {"trust policy": [0], "permissions": [1], managed: [0]}
    assert [each.action for each in report.denied] == ["s3:DeleteObject"]
