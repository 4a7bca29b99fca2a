"""Every decision is noted with the statement that made it, and served as JSON."""

from typing import Any

import pytest

from rehearsal.account.iam import call_journal
from rehearsal.account.iam.call_journal import JudgedCall, judged_calls, note
from rehearsal.local_account import LocalAccount
from tests.rehearsal.tenant import (
    ECHO,
    REGION,
    WRITE_LOGS,
    Tenant,
    allow,
    deny,
    document,
    refusal,
    trust,
    unique,
)

HANDLER = "def handler(event, context): return event"


def calls_of(tenant: Tenant, role: str) -> list[dict[str, Any]]:
    return [call for call in LocalAccount(tenant.url, REGION).calls() if call["role"] == role]


def test_a_call_is_noted_with_the_statement_that_allowed_it(tenant: Tenant) -> None:
    bucket = tenant.bucket({"a": "1", "b": "2"})
    reading = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Sid="ReadAll")
    role = tenant.role(trust("lambda"), allow("sqs:*", "*"), reading)
    s3 = tenant.client_as(role, "s3")

    for key in ("a", "b", "a"):
        s3.get_object(Bucket=bucket, Key=key)

    name = role.rpartition("/")[2]
    assert calls_of(tenant, role) == [
        {
            "principal": f"arn:aws:sts::123456789012:assumed-role/{name}/tests",
            "role": role,
            "action": "s3:GetObject",
            "allowed": True,
            "policy": "permissions",
            "statement": reading,
            "reason": "",
            "count": 3,
            "resources": {f"arn:aws:s3:::{bucket}/a": 2, f"arn:aws:s3:::{bucket}/b": 1},
            "requests": [
                {"resource": f"arn:aws:s3:::{bucket}/{key}", "conditions": {}} for key in "ab"
            ],
        }
    ]


def test_what_conditions_look_at_is_noted_with_the_call(tenant: Tenant) -> None:
    bucket = tenant.bucket({"a/1": "1", "b/1": "2"})
    arn = f"arn:aws:s3:::{bucket}"
    listing = {
        **allow("s3:ListBucket", arn),
        "Condition": {"StringLike": {"s3:prefix": ["a/*", "b/*"]}},
    }
    role = tenant.role(trust("lambda"), listing)
    s3 = tenant.client_as(role, "s3")

    for prefix in ("a/", "b/", "a/"):
        s3.list_objects_v2(Bucket=bucket, Prefix=prefix)

    (call,) = calls_of(tenant, role)
    assert call["count"] == 3
    assert call["requests"] == [
        {"resource": arn, "conditions": {"s3:prefix": prefix}} for prefix in ("a/", "b/")
    ]


def test_a_refusal_is_noted_with_what_the_caller_was_told(tenant: Tenant) -> None:
    bucket, forbidding = tenant.bucket({"a": "1"}), deny("s3:GetObject", "*", Sid="Not")
    role = tenant.role(trust("lambda"), allow("s3:*", "*"), forbidding)
    s3 = tenant.client_as(role, "s3")

    _, message = refusal(lambda: s3.get_object(Bucket=bucket, Key="a"))

    (call,) = calls_of(tenant, role)
    assert not call["allowed"]
    assert call["policy"] == "permissions"
    assert call["statement"] == forbidding
    assert call["reason"] == message


def test_a_request_without_a_name_is_noted_as_refused(tenant: Tenant) -> None:
    role = tenant.role(trust("lambda"), allow("*", "*"))
    dynamodb = tenant.client_as(role, "dynamodb")

    refusal(dynamodb.list_tables)

    (call,) = calls_of(tenant, role)
    assert (call["action"], call["allowed"], call["policy"]) == ("dynamodb:?", False, None)
    assert "whose IAM action the local account does not know" in call["reason"]


def test_a_boundary_and_a_resources_own_policy_are_named(tenant: Tenant) -> None:
    iam, bucket, name = tenant.client("iam"), tenant.bucket({"a": "1"}), unique("boundary")
    boundary = iam.create_policy(PolicyName=name, PolicyDocument=document(allow("sqs:*", "*")))
    role, guest = tenant.role(trust("lambda"), allow("s3:*", "*")), tenant.role(trust("lambda"))
    iam.put_role_permissions_boundary(
        RoleName=role.rpartition("/")[2], PermissionsBoundary=boundary["Policy"]["Arn"]
    )
    letting_in = {
        **allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"),
        "Principal": {"AWS": guest},
    }
    tenant.client("s3").put_bucket_policy(Bucket=bucket, Policy=document(letting_in))

    refusal(lambda: tenant.client_as(role, "s3").get_object(Bucket=bucket, Key="a"))
    tenant.client_as(guest, "s3").get_object(Bucket=bucket, Key="a")

    (refused,), (allowed,) = calls_of(tenant, role), calls_of(tenant, guest)
    assert refused["reason"].endswith(
        "because no permissions boundary allows the s3:GetObject action"
    )
    assert (allowed["policy"], allowed["statement"]) == ("resource policy", letting_in)


@pytest.mark.fact("§8: a service becomes a role that trusts it")
def test_what_services_do_as_a_role_is_noted_too(tenant: Tenant) -> None:
    role = tenant.role(trust("lambda"), WRITE_LOGS)
    tenant.call(tenant.function(HANDLER, role_arn=role), {"a": 1})

    trusted = calls_of(tenant, role)[0]

    assert trusted["principal"] == "lambda.amazonaws.com"
    assert (trusted["action"], trusted["policy"]) == ("sts:AssumeRole", "trust policy")


def test_what_an_execution_role_is_required_to_have_is_noted(tenant: Tenant) -> None:
    pulling = allow("ecr:*", "*", Sid="Pull")
    reading = allow(["s3:GetObject", "s3:ListBucket"], "*", Sid="Read")
    role = tenant.role(trust("sagemaker"), pulling, reading, WRITE_LOGS)

    tenant.serve(ECHO, role)

    sids = {call["action"]: (call["statement"] or {}).get("Sid") for call in calls_of(tenant, role)}
    assert sids["ecr:BatchGetImage"] == "Pull"
    assert sids["s3:GetObject"] == "Read"


def test_a_service_that_a_role_does_not_trust_is_noted(tenant: Tenant) -> None:
    role = tenant.role(trust("lambda"))

    tenant.failure_of(ECHO, role)

    (call,) = [each for each in calls_of(tenant, role) if not each["allowed"]]
    assert call["principal"] == "sagemaker.amazonaws.com"
    assert call["reason"].startswith("sagemaker.amazonaws.com is not authorized to perform: sts:")


def test_the_administrator_is_noted_without_a_policy(tenant: Tenant) -> None:
    group = unique("/group")
    tenant.client("logs").create_log_group(logGroupName=group)

    noted = [
        call
        for call in LocalAccount(tenant.url, REGION).calls()
        if call["action"] == "logs:CreateLogGroup" and call["role"] is None
    ]

    assert noted[0]["allowed"]
    assert noted[0]["policy"] is None
    assert noted[0]["reason"].startswith("the account's administrator may do all")


# In bounds


@pytest.fixture
def own_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_journal, "_entries", {})


def call(principal: str, resource: str) -> JudgedCall:
    return JudgedCall(
        principal=principal,
        role=None,
        action="s3:GetObject",
        resource=resource,
        allowed=True,
        policy="p",
        statement={"Sid": "s"},
    )


@pytest.mark.usefixtures("own_journal")
def test_thousands_of_calls_are_one_entry_with_a_few_resources() -> None:
    for number in range(2_000):
        note(call("me", f"arn:aws:s3:::b/{number}"))

    (entry,) = judged_calls()

    assert entry.count == 2_000
    assert list(entry.resources) == [f"arn:aws:s3:::b/{number}" for number in range(20)]


@pytest.mark.usefixtures("own_journal")
def test_the_journal_does_not_grow_without_end() -> None:
    for number in range(call_journal.ENTRIES_KEPT + 100):
        note(call(f"principal {number}", "r"))
    note(call("principal 0", "r"))

    entries = judged_calls()

    assert len(entries) == call_journal.ENTRIES_KEPT
    assert entries[0].count == 2
