"""What each role of a stack was granted, against what it did: which grants no call used, and what was denied."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.account.iam.documents import as_list
from rehearsal.account.iam.patterns import matches
from rehearsal.local_account import LocalAccount

TRUST_POLICY = "trust policy"
_WILDCARDS = "*?"
Document = Mapping[str, Any]
Calls = Mapping[str, Any]
"""Decisions as the account tells them: equal ones with their count."""


@dataclass(frozen=True)
class RolePolicies:
    """A role and all that is written about what it may do."""

    name: str
    arn: str
    policies: Mapping[str, Document]
    """By name, the trust policy among them."""


@dataclass(frozen=True)
class ActionUse:
    """One action of a statement, which may have wildcards."""

    action: str
    used: int
    """How many calls the statement decided by it."""
    actions_used: dict[str, int] = field(default_factory=dict)
    """What those calls asked for, for an action with wildcards."""


@dataclass(frozen=True)
class StatementUse:
    """One statement of a policy."""

    sid: str
    """Its own, or its place in the policy."""
    effect: str
    resources: list[str]
    condition: Mapping[str, Any]
    wildcards: list[str]
    """The actions and resources that leave something open."""
    actions: list[ActionUse]


@dataclass(frozen=True)
class PolicyUse:
    """One policy of a role."""

    name: str
    statements: list[StatementUse]


@dataclass(frozen=True)
class DeniedCalls:
    """What was asked for in vain."""

    principal: str
    action: str
    resources: list[str]
    count: int
    reason: str


@dataclass(frozen=True)
class RoleUse:
    """One role of the stack."""

    name: str
    arn: str
    policies: list[PolicyUse]
    denied: list[DeniedCalls]

    @property
    def unused(self) -> list[tuple[PolicyUse, StatementUse, ActionUse]]:
        """The grants that no call used."""
        return [
            (policy, statement, action)
            for policy in self.policies
            for statement in policy.statements
            for action in statement.actions
            if statement.effect == "Allow" and not action.used
        ]


@dataclass(frozen=True)
class LeastPrivilege:
    """The report on all roles of a stack."""

    roles: list[RoleUse]
    calls: list[dict[str, Any]]
    """Which statement allowed or forbade each call of theirs."""


def least_privilege(roles: Iterable[RolePolicies], calls: Iterable[Calls]) -> LeastPrivilege:
    """Hold what roles were granted against what they did.

    Args:
        roles: the roles to report on.
        calls: all decisions of the account; those about other roles are passed over.
    """
    by_role: dict[str, list[Calls]] = {role.name: [] for role in roles}
    for call in calls:
        # By name: a stack may name a role by a real account's number.
        name = str(call["role"] or "").rpartition("/")[2]
        if name in by_role:
            by_role[name].append(call)
    return LeastPrivilege(
        [_use_of(role, by_role[role.name]) for role in roles],
        [dict(call) for own in by_role.values() for call in own],
    )


def read_role(account: LocalAccount, name: str) -> RolePolicies:
    """Fetch a role's policies from the account."""
    iam = account.client("iam")
    role = iam.get_role(RoleName=name)["Role"]
    policies: dict[str, Document] = {TRUST_POLICY: role["AssumeRolePolicyDocument"]}
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        found = iam.get_role_policy(RoleName=name, PolicyName=policy)
        policies[policy] = found["PolicyDocument"]
    for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        arn = attached["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
        policies[attached["PolicyName"]] = found["Document"]
    return RolePolicies(name, role["Arn"], policies)


def _use_of(role: RolePolicies, calls: list[Calls]) -> RoleUse:
    denied = [
        DeniedCalls(
            call["principal"],
            call["action"],
            list(call["resources"]),
            call["count"],
            call["reason"],
        )
        for call in calls
        if not call["allowed"]
    ]
    return RoleUse(
        role.name,
        role.arn,
        [
            PolicyUse(name, _uses_of_statements(document, _decided_by(name, calls)))
            for name, document in role.policies.items()
        ],
        denied,
    )


def _decided_by(policy: str, calls: Iterable[Calls]) -> list[Calls]:
    return [call for call in calls if call["policy"] == policy]


def _uses_of_statements(document: Document, calls: list[Calls]) -> list[StatementUse]:
    statements = as_list(document.get("Statement", []))
    return [
        _use_of_statement(
            statement, place, [call for call in calls if call["statement"] == statement]
        )
        for place, statement in enumerate(statements, start=1)
    ]


def _use_of_statement(statement: Mapping[str, Any], place: int, calls: list[Calls]) -> StatementUse:
    excepted = "NotAction" in statement
    patterns = as_list(statement.get("NotAction" if excepted else "Action", []))
    resources = as_list(statement.get("Resource", statement.get("NotResource", [])))
    wildcards = [
        text for text in [*patterns, *resources] if any(mark in text for mark in _WILDCARDS)
    ]
    if excepted:
        patterns = [f"all but {', '.join(patterns)}"]
    return StatementUse(
        sid=statement.get("Sid") or f"statement {place}",
        effect=statement["Effect"],
        resources=resources
        if "NotResource" not in statement
        else [f"all but {each}" for each in resources],
        condition=statement.get("Condition", {}),
        wildcards=wildcards,
        actions=[_use_of_action(pattern, calls, is_any=excepted) for pattern in patterns],
    )


def _use_of_action(pattern: str, calls: Iterable[Calls], *, is_any: bool) -> ActionUse:
    found: dict[str, int] = {}
    for call in calls:
        if is_any or matches(pattern, call["action"], ignore_case=True):
            found[call["action"]] = found.get(call["action"], 0) + call["count"]
    is_exact = not is_any and not any(mark in pattern for mark in _WILDCARDS)
    return ActionUse(pattern, sum(found.values()), {} if is_exact else found)
