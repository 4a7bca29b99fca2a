"""Who may invoke a function, as its policy is written and read."""

import json
from typing import Any

import pytest

from tests.rehearsal.tenant import REGION, Tenant, refusal, trust

ARN = f"arn:aws:lambda:{REGION}:123456789012:function"
ECHO = "def handler(event, context): return event\n"
INVOKE = {"Action": "lambda:InvokeFunction"}


@pytest.fixture
def function(tenant: Tenant) -> str:
    return tenant.function(ECHO)


def add(tenant: Tenant, function: str, sid: str = "one", **members: Any) -> dict[str, Any]:
    added = tenant.client("lambda").add_permission(
        FunctionName=function, StatementId=sid, **{**INVOKE, **members}
    )
    return json.loads(added["Statement"])


def policy(tenant: Tenant, function: str, **more: Any) -> list[dict[str, Any]]:
    found = tenant.client("lambda").get_policy(FunctionName=function, **more)
    return json.loads(found["Policy"])["Statement"]


@pytest.mark.fact(
    "§7 Permission: source_arn, source_account, function_url_auth_type become conditions"
)
@pytest.mark.parametrize(
    ("members", "principal", "condition"),
    [
        (
            {
                "Principal": "s3.amazonaws.com",
                "SourceArn": "arn:aws:s3:::b",
                "SourceAccount": "123456789012",
            },
            {"Service": "s3.amazonaws.com"},
            {
                "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"},
                "StringEquals": {"AWS:SourceAccount": "123456789012"},
            },
        ),
        (
            {
                "Principal": "*",
                "Action": "lambda:InvokeFunctionUrl",
                "FunctionUrlAuthType": "AWS_IAM",
            },
            "*",
            {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}},
        ),
        (
            {"Principal": "*", "InvokedViaFunctionUrl": True},
            "*",
            {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
        ),
        ({"Principal": "210987654321"}, {"AWS": "arn:aws:iam::210987654321:root"}, None),
        (
            {"Principal": "*", "PrincipalOrgID": "o-a1b2c3d4e5"},
            "*",
            {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        ),
    ],
)
def test_a_permission_is_a_statement(
    tenant: Tenant,
    function: str,
    members: dict[str, Any],
    principal: Any,
    condition: dict[str, Any] | None,
) -> None:
    statement = add(tenant, function, **members)

    assert statement == {
        "Sid": "one",
        "Effect": "Allow",
        "Principal": principal,
        "Action": members.get("Action", "lambda:InvokeFunction"),
        "Resource": f"{ARN}:{function}",
        **({"Condition": condition} if condition else {}),
    }
    assert policy(tenant, function) == [statement]


@pytest.mark.fact("§7 Permission: qualifier; each version and alias has a policy of its own")
def test_a_permission_is_of_one_alias(tenant: Tenant, function: str) -> None:
    client = tenant.client("lambda")
    version = client.publish_version(FunctionName=function)["Version"]
    client.create_alias(FunctionName=function, Name="live", FunctionVersion=version)
    add(tenant, function, Principal="sns.amazonaws.com")
    add(tenant, function, Principal="s3.amazonaws.com", Qualifier="live")

    (of_alias,) = policy(tenant, function, Qualifier="live")
    (of_function,) = policy(tenant, function)

    assert of_alias["Resource"] == f"{ARN}:{function}:live"
    assert of_function["Principal"] == {"Service": "sns.amazonaws.com"}
    client.remove_permission(FunctionName=function, StatementId="one", Qualifier="live")
    assert policy(tenant, function) == [of_function]
    assert refusal(lambda: policy(tenant, function, Qualifier="live"))[0] == (
        "ResourceNotFoundException"
    )


@pytest.mark.fact("§7 Permission: what is not there is ResourceNotFoundException")
def test_what_is_there_already_or_not_there_is_told(tenant: Tenant, function: str) -> None:
    client = tenant.client("lambda")
    assert refusal(lambda: policy(tenant, function)) == (
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )
    add(tenant, function, Principal="*")

    assert refusal(lambda: add(tenant, function, Principal="*")) == (
        "ResourceConflictException",
        (
            "The statement id (one) provided already exists. Please provide a new statement id, or "
            "remove the existing statement."
        ),
    )
    assert refusal(
        lambda: client.remove_permission(FunctionName=function, StatementId="other")
    ) == ("ResourceNotFoundException", "Statement other is not found in resource policy.")
    assert refusal(lambda: add(tenant, function, "s p", Principal="*"))[0] == "ValidationException"
    stale = {"FunctionName": function, "StatementId": "one", "RevisionId": "old"}
    assert refusal(lambda: client.remove_permission(**stale))[0] == "PreconditionFailedException"


@pytest.mark.fact("§6 Limits: resource policy 20 KB")
def test_a_policy_that_is_too_large_is_refused(tenant: Tenant, function: str) -> None:
    def fill() -> None:
        for number in range(200):
            source = f"arn:aws:s3:::{number:060}"
            add(tenant, function, f"sid{number}", Principal="s3.amazonaws.com", SourceArn=source)

    code, message = refusal(fill)

    assert code == "PolicyLengthExceededException"
    assert message == "The final policy size is bigger than the limit (20480)."


@pytest.mark.fact("§6 Invoke: DryRun checks the permission and runs nothing")
def test_a_dry_run_is_refused_to_who_may_not_invoke(tenant: Tenant, function: str) -> None:
    nobody = tenant.client_as(tenant.role(trust("lambda")), "lambda")

    code, message = refusal(lambda: nobody.invoke(FunctionName=function, InvocationType="DryRun"))

    assert code == "AccessDeniedException"
    assert (
        f"not authorized to perform: lambda:InvokeFunction on resource: {ARN}:{function}" in message
    )
