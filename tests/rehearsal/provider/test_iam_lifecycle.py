"""What the real provider asks of IAM and STS for our resources, in its order.

Read in hashicorp/terraform-provider-aws, internal/service/iam, November 2026 (the stored version may be older than
the provider in use): role.go at 3277329285f5. Whose account it is: hashicorp/aws-sdk-go-base, awsauth.go at
1430a79807d6, asks for the user, then for the caller, then for roles.
"""

import json
from typing import Any
from urllib.parse import quote_plus

import pytest

from tests.rehearsal.tenant import Tenant, allow, document, refusal, trust, unique

GONE = "NoSuchEntity"
TRUST = document(trust("lambda"))
PERMISSIONS = document(allow("s3:GetObject", "arn:aws:s3:::a bucket/*"))


@pytest.fixture
def iam(tenant: Tenant) -> Any:
    return tenant.client("iam")


def read_role(iam: Any, name: str) -> dict[str, Any]:
    """What the provider reads of a role, as it makes its state of it."""
    role = iam.get_role(RoleName=name)["Role"]
    return {
        "trust": role["AssumeRolePolicyDocument"],
        "description": role.get("Description"),
        "session": role["MaxSessionDuration"],
        "path": role["Path"],
        "arn": role["Arn"],
        "boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "tags": {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])},
        "inline": iam.list_role_policies(RoleName=name)["PolicyNames"],
        "attached": iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"],
    }


def test_a_role_is_created_read_as_given_updated_and_gone(iam: Any) -> None:
    name, boundary = unique("role"), unique("boundary")
    limit = iam.create_policy(PolicyName=boundary, PolicyDocument=PERMISSIONS)["Policy"]["Arn"]
    iam.create_role(
        RoleName=name,
        Path="/genai/",
        AssumeRolePolicyDocument=TRUST,
        Description="runs",
        MaxSessionDuration=3600,
        PermissionsBoundary=limit,
        Tags=[{"Key": "Project", "Value": "genai"}, {"Key": "old", "Value": "1"}],
    )
    given = {
        "trust": json.loads(TRUST),
        "description": "runs",
        "session": 3600,
        "path": "/genai/",
        "arn": f"arn:aws:iam::123456789012:role/genai/{name}",
        "boundary": limit,
        "tags": {"Project": "genai", "old": "1"},
        "inline": [],
        "attached": [],
    }
    assert read_role(iam, name) == given

    trusted = document(trust("sagemaker"))
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trusted)
    iam.update_role_description(RoleName=name, Description="serves")
    iam.update_role(RoleName=name, MaxSessionDuration=7200)
    iam.delete_role_permissions_boundary(RoleName=name)
    iam.untag_role(RoleName=name, TagKeys=["old"])
    iam.tag_role(RoleName=name, Tags=[{"Key": "new", "Value": "2"}])
    assert read_role(iam, name) == {
        **given,
        "trust": json.loads(trusted),
        "description": "serves",
        "session": 7200,
        "boundary": None,
        "tags": {"Project": "genai", "new": "2"},
    }
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=limit)
    assert read_role(iam, name)["boundary"] == limit

    assert iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"] == []
    iam.delete_role(RoleName=name)
    assert refusal(lambda: iam.get_role(RoleName=name))[0] == GONE
    assert refusal(lambda: iam.delete_role(RoleName=name))[0] == GONE


@pytest.mark.fact("§7 IAM: a role that has a policy cannot be deleted: DeleteConflict")
def test_a_roles_policy_is_put_read_as_given_and_gone(iam: Any) -> None:
    role = unique("role")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
    named = {"RoleName": role, "PolicyName": "permissions"}
    assert refusal(lambda: iam.get_role_policy(**named))[0] == GONE

    iam.put_role_policy(**named, PolicyDocument=PERMISSIONS)
    assert iam.get_role_policy(**named)["PolicyDocument"] == json.loads(PERMISSIONS)
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["permissions"]
    assert refusal(lambda: iam.delete_role(RoleName=role))[0] == "DeleteConflict"

    iam.delete_role_policy(**named)
    assert refusal(lambda: iam.get_role_policy(**named))[0] == GONE
    assert refusal(lambda: iam.delete_role_policy(**named))[0] == GONE
    iam.delete_role(RoleName=role)
    assert refusal(lambda: iam.get_role_policy(**named))[0] == GONE


@pytest.mark.fact("§7 IAM: GetRole and GetRolePolicy tell policies URL-encoded")
def test_policies_come_url_encoded(tenant: Tenant) -> None:
    """boto3 decodes them; the provider does so itself, and fails on a text that is not encoded."""
    iam = tenant.client_with("iam", "rehearsal", "rehearsal", None)
    told: list[str] = []
    iam.meta.events.register(
        "before-parse.iam", lambda response_dict, **_: told.append(response_dict["body"].decode())
    )
    role = unique("role")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=PERMISSIONS)
    told.clear()

    iam.get_role(RoleName=role)
    iam.get_role_policy(RoleName=role, PolicyName="p")

    assert quote_plus(TRUST)[:20] in told[0].replace("%20", "+")
    assert quote_plus(PERMISSIONS)[:20] in told[1].replace("%20", "+")
    assert not any('"Version"' in text for text in told)


def test_whose_account_it_is_can_be_asked_in_each_way(iam: Any, tenant: Tenant) -> None:
    _ = tenant.execution_role  # so that there is a role
    arns = [
        iam.get_user()["User"]["Arn"],
        tenant.client("sts").get_caller_identity()["Arn"],
        iam.list_roles(MaxItems=1)["Roles"][0]["Arn"],
    ]

    assert {arn.split(":")[4] for arn in arns} == {"123456789012"}
