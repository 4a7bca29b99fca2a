"""Roles and their inline policies."""

from typing import Any

from rehearsal.deployer.kind import (
    Created,
    Inputs,
    Kind,
    call,
    physical_name,
    put_again,
    tag_list,
    tags_by,
)
from rehearsal.deployer.requests import checked_request
from rehearsal.deployer.state import Deployed
from rehearsal.local_account import LocalAccount

_RENAMED = {"assumeRolePolicy": "assumeRolePolicyDocument"}
_SHORTEST_SESSION = 3600  # seconds; what the provider sends if nothing is said
_ONLY_THE_PROVIDERS = {"name", "tags", "forceDetachPolicies"}


def _role(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    role_name = physical_name(name, inputs)
    members = {
        _RENAMED.get(key, key): value
        for key, value in inputs.items()
        if key not in _ONLY_THE_PROVIDERS
    }
    request = checked_request("iam", "CreateRole", {**members, "roleName": role_name})
    role = account.client("iam").create_role(**request, Tags=tag_list(inputs))["Role"]
    return Created(role_name, {"name": role_name, "arn": role["Arn"], "uniqueId": role["RoleId"]})


def _role_policy(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    policy_name = physical_name(name, inputs)
    account.client("iam").put_role_policy(
        RoleName=inputs["role"], PolicyName=policy_name, PolicyDocument=inputs["policy"]
    )
    return Created(f"{inputs['role']}:{policy_name}", {"name": policy_name})


def _update_role(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
    """Each of its settings has a call of its own."""
    iam, role = account.client("iam"), {"RoleName": was.id}
    iam.update_assume_role_policy(**role, PolicyDocument=inputs["assumeRolePolicy"])
    description = {"Description": inputs.get("description", "")}
    duration = {"MaxSessionDuration": int(inputs.get("maxSessionDuration", _SHORTEST_SESSION))}
    iam.update_role(**role, **description, **duration)
    if boundary := inputs.get("permissionsBoundary"):
        iam.put_role_permissions_boundary(**role, PermissionsBoundary=boundary)
    elif "permissionsBoundary" in was.inputs:
        iam.delete_role_permissions_boundary(**role)
    return was.outputs


KINDS = {
    "aws:iam/role:Role": Kind(
        create=_role,
        update=_update_role,
        delete=call("iam", "delete_role", RoleName="id"),
        tag=tags_by("iam", "RoleName", "id", put="tag_role", remove="untag_role"),
    ),
    "aws:iam/rolePolicy:RolePolicy": Kind(
        create=_role_policy,
        update=put_again(_role_policy, "name"),
        delete=call("iam", "delete_role_policy", RoleName="role", PolicyName="name"),
    ),
}
