"""Roles and their inline policies."""

from rehearsal.deployer.creator import Created, Creator, Inputs, physical_name, tag_list
from rehearsal.deployer.requests import checked_request
from rehearsal.local_account import LocalAccount

_RENAMED = {"assumeRolePolicy": "assumeRolePolicyDocument"}
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


CREATORS: dict[str, Creator] = {
    "aws:iam/role:Role": _role,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
}
