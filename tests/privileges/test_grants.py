"""The calls that deployed stacks made equal what their roles were granted: nothing is missing, nothing is too much."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest

from rehearsal.least_privilege import TRUST_POLICY
from tests.privileges.cases import CASES
from tests.privileges.documents import (
    ROLES,
    Document,
    Granted,
    Statement,
    granted,
    listed,
    policies,
)
from tests.privileges.recorded import Recorded, recorded_calls
from tests.privileges.unused import STOOD_IN_FOR, UNUSED, UNUSED_RESOURCES, Unused

RECORDED = recorded_calls()
STATEMENTS = sorted({call.statement for call in RECORDED})


def documents_of(call: Recorded) -> list[Document]:
    """What decides about a call: a service becomes a role by its trust policy, the role acts by the others."""
    return [
        document
        for name, document in policies(call.case)[call.role].items()
        if (name == TRUST_POLICY) == (call.policy == TRUST_POLICY)
    ]


def document(*statements: Statement) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def without(statement: Statement, documents: Iterable[Document]) -> list[Document]:
    """The documents less one statement, also where another policy says the same."""
    left = content(statement)
    return [
        {**each, "Statement": [kept for kept in each["Statement"] if content(kept) != left]}
        for each in documents
    ]


def content(statement: Statement) -> Mapping[str, Any]:
    return {key: value for key, value in statement.items() if key != "Sid"}


def is_used(case: str, role: str, statement: Statement, action: str | None = None) -> bool:
    """Whether a call of this role was allowed by this statement, or by this action of it."""
    alone = document(statement)
    return any(
        (call.case, call.role) == (case, role)
        and action in {None, call.action}
        and call.is_allowed_by([alone])
        for call in RECORDED
    )


def unused_actions(case: str) -> set[tuple[str, str, str]]:
    """The grants that nothing used: policy, statement, action."""
    return {
        (grant.policy, grant.sid, action)
        for grant in granted(case)
        for action in grant.actions
        if not is_used(case, grant.role, grant.statement, action)
    }


def unused_resources(case: str) -> set[tuple[str, str]]:
    """The resources that nothing was done to, of statements that are used: statement, resource."""
    return {
        (grant.sid, resource)
        for grant in granted(case)
        if grant.policy != TRUST_POLICY and not is_excepted(grant)
        for resource in listed(grant.statement["Resource"])
        if not is_used(case, grant.role, {**grant.statement, "Resource": resource})
    }


def has_reason(policy: str, sid: str, action: str) -> bool:
    return any(unused.is_meant(policy, sid, action) for unused in UNUSED)


def is_excepted(grant: Granted) -> bool:
    """Whether nothing of it is used, for a reason."""
    return all(has_reason(grant.policy, grant.sid, action) for action in grant.actions)


@pytest.mark.parametrize("case", CASES)
def test_every_call_that_was_made_is_granted(case: str) -> None:
    made = [call for call in RECORDED if call.case == case]

    assert {call.role for call in made} == ROLES.keys()
    assert [call for call in made if not call.is_allowed_by(documents_of(call))] == []


@pytest.mark.parametrize("case", CASES)
def test_every_grant_was_used_but_for_what_has_a_reason(case: str) -> None:
    assert [unused for unused in unused_actions(case) if not has_reason(*unused)] == []


@pytest.mark.parametrize("case", CASES)
def test_every_resource_of_a_grant_was_used_but_for_what_has_a_reason(case: str) -> None:
    left = {
        (sid, resource)
        for sid, resource in unused_resources(case)
        if not fnmatchcase(resource, UNUSED_RESOURCES.get(sid, ("",))[0])
    }

    assert left == set()


@pytest.mark.parametrize("statement", STATEMENTS, ids="/".join)
def test_something_fails_without(statement: tuple[str, str, str, str]) -> None:
    """Each statement alone is taken away from its role, and a call that was made is denied."""
    case, role, policy, sid = statement
    (found,) = [g for g in granted(case) if (g.role, g.policy, g.sid) == (role, policy, sid)]

    denied = [
        call
        for call in RECORDED
        if call.statement == statement
        and not call.is_allowed_by(without(found.statement, documents_of(call)))
    ]

    assert denied


def test_every_statement_is_tried_or_has_a_reason() -> None:
    untried = [
        grant
        for case in CASES
        for grant in granted(case)
        if (case, grant.role, grant.policy, grant.sid) not in STATEMENTS
        and not _is_said_elsewhere(grant)
    ]

    left = {(each.policy, each.sid) for each in untried if not is_excepted(each)}
    assert left == STOOD_IN_FOR.keys()


def _is_said_elsewhere(grant: Granted) -> bool:
    """Whether another policy of the role says the same, which then decides: each grant stands by itself."""
    return any(
        content(other.statement) == content(grant.statement)
        and (other.case, other.role, other.policy, other.sid) in STATEMENTS
        for other in granted(grant.case)
        if other.role == grant.role
    )


@pytest.mark.parametrize("unused", UNUSED, ids=lambda each: f"{each.sid} {each.action}")
def test_no_exception_is_kept_that_nothing_needs(unused: Unused) -> None:
    assert any(unused.is_meant(*found) for case in CASES for found in unused_actions(case))


@pytest.mark.parametrize("sid", UNUSED_RESOURCES)
def test_no_exception_for_a_resource_is_kept_that_nothing_needs(sid: str) -> None:
    pattern, _ = UNUSED_RESOURCES[sid]
    assert any(
        name == sid and fnmatchcase(resource, pattern)
        for case in CASES
        for name, resource in unused_resources(case)
    )
