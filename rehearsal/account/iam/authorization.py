"""Decide, as IAM does, whether policy statements allow one action on one resource.

Pure functions over documents. The order is IAM's: an explicit deny wins, then any allow, else denied.
What this evaluator does not know fails closed: a condition that it cannot evaluate never allows and
always denies.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rehearsal.account.iam.conditions import conditions_hold
from rehearsal.account.iam.documents import as_list
from rehearsal.account.iam.patterns import Context, UnknownVariableError, filled_in, matches

Document = Mapping[str, Any]
_WITH_VARIABLES = "2012-10-17"  # in an older policy, a variable is a text like any other


@dataclass(frozen=True)
class Call:
    """One action on one resource, with the condition keys that the request sets."""

    action: str
    """`service:Operation`, such as `s3:GetObject`."""
    resource: str
    """ARN, or `*` for an action that has no resource type."""
    context: Context = field(default_factory=dict)


@dataclass(frozen=True)
class Principal:
    """Who asks, by every name that a resource policy may call them."""

    kind: Literal["AWS", "Service"]
    names: frozenset[str]
    """ARNs, or a service's name."""
    account_names: frozenset[str] = frozenset()
    """The account's number and root ARN: a Deny that names them means everyone in the account."""


@dataclass(frozen=True)
class Decision:
    """The outcome, and the statement that decided it with the document it is from (none when nothing matched)."""

    allowed: bool
    statement: Mapping[str, Any] | None = None
    document: Document | None = None

    @property
    def explicitly_denied(self) -> bool:
        """A statement forbade the call, rather than none allowing it."""
        return not self.allowed and self.statement is not None


def decide(
    documents: Iterable[Document], call: Call, principal: Principal | None = None
) -> Decision:
    """Evaluate `documents` for `call`.

    Args:
        documents: identity policies, or one resource policy.
        call: what is asked for.
        principal: for a resource policy, who asks; statements that do not name it are passed over.
    """
    lowered = {key.lower(): value for key, value in call.context.items()}
    allowing = Decision(allowed=False)
    for document in documents:
        variables = lowered if document.get("Version") == _WITH_VARIABLES else None
        for statement in as_list(document.get("Statement", [])):
            if not (
                _names_the_call(statement, call, principal, variables)
                and conditions_hold(
                    statement.get("Condition", {}),
                    lowered,
                    if_unknown=statement.get("Effect") == "Deny",
                    takes_variables=variables is not None,
                )
            ):
                continue
            if statement.get("Effect") == "Deny":
                return Decision(allowed=False, statement=statement, document=document)
            if statement.get("Effect") == "Allow" and not allowing.allowed:
                allowing = Decision(allowed=True, statement=statement, document=document)
    return allowing


def keys_of_conditions(documents: Iterable[Document]) -> set[str]:
    """Return the keys that any statement has a condition on, in lower case."""
    return {
        key.lower()
        for document in documents
        for statement in as_list(document.get("Statement", []))
        for pairs in statement.get("Condition", {}).values()
        for key in pairs
    }


def _names_the_call(
    statement: Mapping[str, Any], call: Call, principal: Principal | None, variables: Context | None
) -> bool:
    # Only a trust policy may leave the resource out: it is the role that it belongs to.
    has_resource = "Resource" in statement or "NotResource" in statement or principal is None
    return (
        _principal_matches(statement, principal)
        and _matches_either(
            statement, "Action", lambda one: matches(one, call.action, ignore_case=True)
        )
        and (
            not has_resource
            or _matches_either(
                statement, "Resource", lambda one: _is_resource(one, call.resource, variables)
            )
        )
    )


def _is_resource(pattern: str, resource: str, variables: Context | None) -> bool:
    try:
        return matches(pattern if variables is None else filled_in(pattern, variables), resource)
    except UnknownVariableError:  # then the pattern stands for nothing
        return False


def _principal_matches(statement: Mapping[str, Any], principal: Principal | None) -> bool:
    is_resource_policy = "Principal" in statement or "NotPrincipal" in statement
    if principal is None or not is_resource_policy:
        return principal is None and not is_resource_policy
    names = principal.names
    if statement.get("Effect") == "Deny":
        names |= principal.account_names
    if "NotPrincipal" in statement:
        return not _names(statement["NotPrincipal"], principal.kind, names)
    return _names(statement["Principal"], principal.kind, names)


def _names(element: Any, kind: str, names: frozenset[str]) -> bool:
    if isinstance(element, str):
        return element == "*"
    named = as_list(element.get(kind, []))
    return "*" in named or not names.isdisjoint(named)


def _matches_either(
    statement: Mapping[str, Any], key: str, is_meant: Callable[[str], bool]
) -> bool:
    is_named = any(map(is_meant, as_list(statement.get(key, statement.get(f"Not{key}", [])))))
    return is_named if key in statement else f"Not{key}" in statement and not is_named
