"""Who makes a request, and the policies that say what they may do."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from botocore.credentials import Credentials
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.sts.models import STSBackend, sts_backends

from rehearsal.account import ACCOUNT_ID, ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.iam.authorization import Document, Principal
from rehearsal.account.iam.managed_policies import policy_document
from rehearsal.account.partitions import partition_in, partition_of
from rehearsal.account.wire_errors import AwsError, unknown_key


@dataclass(frozen=True)
class Policy:
    """One document with the name that its owner knows it by."""

    name: str
    document: Document


@dataclass(frozen=True)
class Grants:
    """What a role or a user may do: all that its policies allow and none of its limits leaves out."""

    policies: Sequence[Policy]
    limits: Mapping[str, Policy] = field(default_factory=dict)
    """By what they are: the permissions boundary, the policy of the session."""


@dataclass(frozen=True)
class Identity:
    """Who asks."""

    arn: str
    principal: Principal
    credentials: Credentials
    """What requests should be signed with."""
    grants: Grants | None = None
    """None for the administrator, whom no identity policy limits."""
    role_arn: str | None = None
    """None for users and the administrator."""
    context: Mapping[str, str] = field(default_factory=dict)
    """The condition keys that tell who asks."""


def identify(request: AwsRequest) -> Identity:
    """Return who signed `request`, going by the access key.

    Raises:
        AwsError: nobody signed it, or nobody has this key.
    """
    key = request.access_key_id
    if key is None:
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    partition = partition_of(request.region)
    root = f"arn:{partition}:iam::{ACCOUNT_ID}:root"
    account_names = frozenset({root, ACCOUNT_ID})
    if key == ADMIN_ACCESS_KEY_ID:
        own = Credentials(ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY)
        context = _context("Account", root, ACCOUNT_ID)
        return Identity(root, Principal("AWS", account_names), own, context=context)
    session = sts_in(partition).get_assumed_role_from_access_key(key)
    found = _of_session(session) if session else _of_user(key, partition)
    if found is None:
        raise unknown_key(request.service)
    names = frozenset({found.arn, found.role_arn or found.arn})
    return Identity(
        found.arn,
        Principal("AWS", names, account_names),
        found.credentials,
        found.grants,
        found.role_arn,
        found.context,
    )


def role_named(role_arn: str) -> Any:
    """Return a role as moto keeps it.

    Raises:
        AwsError: there is none.
    """
    # By name, so that a role which a stack names by a real account's number can be played here.
    try:
        return iam_backends[ACCOUNT_ID][partition_in(role_arn)].get_role(
            role_arn.rpartition("/")[2]
        )
    except NotFoundException as missing:
        raise AwsError("AccessDenied", f"The role {role_arn} does not exist", 403) from missing


def grants_of_role(role_arn: str) -> Grants:
    """Return what a role may do.

    Raises:
        AwsError: there is no such role.
    """
    role = role_named(role_arn)
    boundary = role.permissions_boundary_arn
    limits = {"permissions boundary": _boundary(boundary)} if boundary else {}
    return Grants(_policies_of([role]), limits)


def trust_policy_of(role_arn: str) -> Policy:
    """Return the policy that says who may become a role.

    Raises:
        AwsError: there is no such role.
    """
    return Policy("trust policy", parsed(role_named(role_arn).assume_role_policy_document))


def parsed(document: Any) -> Document:
    """Return a document that moto keeps, as text or not."""
    return _from_text(document) if isinstance(document, str | bytes) else document


def sts_in(partition: str) -> STSBackend:
    """Return what keeps the sessions of roles."""
    return sts_backends[ACCOUNT_ID][partition]


@dataclass(frozen=True)
class _Found:
    arn: str
    credentials: Credentials
    grants: Grants
    role_arn: str | None
    context: Mapping[str, str]


def _of_session(session: Any) -> _Found:
    grants = grants_of_role(session.role_arn)
    if session.policy:
        own = {"session policy": Policy("session policy", parsed(session.policy))}
        grants = Grants(grants.policies, {**grants.limits, **own})
    tags = role_named(session.role_arn).tags or []
    return _Found(
        session.arn,
        Credentials(session.access_key_id, session.secret_access_key, session.session_token),
        grants,
        session.role_arn,
        {**_context("AssumedRole", session.role_arn, session.user_id), **_principal_tags(tags)},
    )


def _of_user(access_key_id: str, partition: str) -> _Found | None:
    backend = iam_backends[ACCOUNT_ID][partition]
    key = backend.access_keys.get(access_key_id)
    if key is None or key.user_name is None or key.status != "Active":
        return None
    user: Any = backend.get_user(key.user_name)
    groups = backend.get_groups_for_user(key.user_name)
    tags = backend.tagger.list_tags_for_resource(user.arn)["Tags"]
    return _Found(
        user.arn,
        Credentials(key.access_key_id, key.secret_access_key),
        Grants(_policies_of([user, *groups])),
        None,
        {
            **_context("User", user.arn, user.id),
            "aws:username": user.name,
            **_principal_tags(tags),
        },
    )


def _context(kind: str, principal_arn: str, user_id: str) -> dict[str, str]:
    return {
        "aws:PrincipalType": kind,
        "aws:PrincipalArn": principal_arn,
        "aws:PrincipalAccount": ACCOUNT_ID,
        "aws:userid": user_id,
    }


def _principal_tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {f"aws:PrincipalTag/{tag['Key']}": tag["Value"] for tag in tags}


def _policies_of(owners: Iterable[Any]) -> list[Policy]:
    found: list[Policy] = []
    for owner in owners:
        found += [Policy(name, parsed(text)) for name, text in owner.policies.items()]
        found += [
            Policy(policy.name, parsed(version.document))
            for policy in owner.managed_policies.values()
            for version in policy.versions
            if version.is_default
        ]
    return found


def _boundary(policy_arn: str) -> Policy:
    return Policy(policy_arn.rpartition("/")[2], policy_document(policy_arn) or {})


@lru_cache(maxsize=4096)
def _from_text(document: str | bytes) -> Document:
    return json.loads(document)
