"""What a deployed function's role may do, taken apart, so that each piece can be taken away alone."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.rehearsal.front_door.stacks import Stack
from tests.rehearsal.tenant import document

Statement = Mapping[str, Any]
_LISTING = ("StringLikeIfExists", "s3:prefix")


@dataclass(frozen=True)
class Grant:
    """One action on one resource, or the listing of one prefix."""

    action: str
    target: str
    """The resource, or what a listing is bound to."""

    def __str__(self) -> str:
        return f"{self.action} on {self.target}"


class Role:
    """The role of a stack's function."""

    def __init__(self, stack: Stack) -> None:
        self._iam = stack.tenant.client("iam")
        found = stack.tenant.client("lambda").get_function_configuration(
            FunctionName=stack.function
        )
        self._name = found["Role"].rpartition("/")[2]
        self._policies: dict[str, list[Statement]] = {
            name: self._iam.get_role_policy(RoleName=self._name, PolicyName=name)["PolicyDocument"][
                "Statement"
            ]
            for name in self._iam.list_role_policies(RoleName=self._name)["PolicyNames"]
        }

    def grants(self) -> list[Grant]:
        """Every one of them, once."""
        return sorted(
            {
                Grant(action, target)
                for statements in self._policies.values()
                for statement in statements
                for action, target in _pieces(statement)
            },
            key=str,
        )

    @contextmanager
    def without(self, grant: Grant) -> Generator[None]:
        """Take one away for the length of a `with` block, from every policy that has it."""
        less = {
            name: [left for each in statements for left in _less(each, grant)]
            for name, statements in self._policies.items()
        }
        changed = [name for name in less if less[name] != self._policies[name]]
        for name in changed:
            self._put(name, less[name])
        try:
            yield
        finally:
            for name in changed:
                self._put(name, self._policies[name])

    def _put(self, policy: str, statements: list[Statement]) -> None:
        if not statements:
            self._iam.delete_role_policy(RoleName=self._name, PolicyName=policy)
            return
        self._iam.put_role_policy(
            RoleName=self._name,
            PolicyName=policy,
            PolicyDocument=document(*map(dict, statements)),
        )


def _pieces(statement: Statement) -> Iterator[tuple[str, str]]:
    for action in _listed(statement["Action"]):
        for target in _targets(statement):
            yield action, target


def _targets(statement: Statement) -> list[str]:
    operator, key = _LISTING
    bound_to = statement.get("Condition", {}).get(operator, {}).get(key)
    return _listed(bound_to or statement["Resource"])


def _less(statement: Statement, grant: Grant) -> Iterator[Statement]:
    """The statement without one of its pieces, as one statement or two."""
    actions, targets = _listed(statement["Action"]), _targets(statement)
    if grant.action not in actions or grant.target not in targets:
        yield statement
        return
    if other_actions := [action for action in actions if action != grant.action]:
        yield {**statement, "Sid": "Others", "Action": other_actions}
    if other_targets := [target for target in targets if target != grant.target]:
        yield {**_bound_to(statement, other_targets), "Action": grant.action}


def _bound_to(statement: Statement, targets: list[str]) -> Statement:
    operator, key = _LISTING
    if key in statement.get("Condition", {}).get(operator, {}):
        return {**statement, "Condition": {operator: {key: targets}}}
    return {**statement, "Resource": targets}


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
