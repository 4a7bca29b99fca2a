"""Who makes a request, what its role's policies say, and how a service comes to act as a role."""

import json
from dataclasses import dataclass, replace
from typing import Any

from botocore.credentials import Credentials
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.s3.models import FakeKey
from moto.sts.models import STSBackend, sts_backends

from rehearsal.account import ACCOUNT_ID, ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.iam.actions import calls_of
from rehearsal.account.iam.authorization import Call, Decision, Document, Principal, decide
from rehearsal.account.iam.boundaries import boundary_document
from rehearsal.account.iam.resource_policies import bucket_in, policies_of_resource
from rehearsal.account.iam.signatures import check_signature
from rehearsal.account.partitions import partition_in, partition_of
from rehearsal.account.storage.object_encryption import key_calls
from rehearsal.account.wire_errors import AwsError, access_denied, unknown_key

ROLE_SESSION_SECONDS = 3600
NO_SUCH_KEY = "there is no such key"
# Every principal may ask who it is; no policy can take that away.
_ALWAYS_ALLOWED = {"sts:GetCallerIdentity"}
_READING_ACTIONS = {"s3:GetObject"}


@dataclass(frozen=True)
class RoleCredentials:
    """Short-lived credentials of an assumed role."""

    access_key_id: str
    secret_access_key: str
    session_token: str

    def as_environment(self) -> dict[str, str]:
        """The variables that the AWS SDKs read."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }


def authorize(request: AwsRequest) -> None:
    """Let `request` pass, or refuse it as AWS would.

    The account's administrator may do anything that no resource's policy forbids. Anyone else is an assumed
    role and may do what its role's policies, or those of what it asks for, allow.

    Raises:
        AwsError: no access in the service's own words, or nobody's access key.
    """
    calls = calls_of(request)
    who = _identify(request)
    if who.role_arn is not None and not calls:
        raise access_denied(
            request.service,
            f"User: {who.arn} made a {request.service} request "
            f"({request.http.method} {request.http.path} {request.target}) whose IAM action the "
            "local account does not know, so it cannot be allowed",
        )
    for call in calls:
        _check_with_what_follows(call, request, who)


def authorize_calls(request: AwsRequest, calls: list[Call]) -> str:
    """Check the signature of a request to something other than AWS's own API, and `calls` that it stands for.

    Returns:
        The caller's ARN.

    Raises:
        AwsError: as `authorize`.
    """
    who = _identify(request)
    check_signature(request, who.credentials)
    for call in calls:
        _check(call, who)
    return who.arn


def session_name(request: AwsRequest) -> str | None:
    """Return what the caller's role session is called; None for the administrator and for nobody."""
    key, sts = request.access_key_id, _sts(partition_of(request.region))
    session = sts.get_assumed_role_from_access_key(key) if key else None
    return session.session_name if session else None


def require(role_arn: str, call: Call) -> None:
    """Refuse `call` unless the policies of the role allow it.

    Raises:
        AwsError: access denied in AWS's words, naming action and resource.
    """
    decision = decide(_policies_of(role_arn), call)
    if not decision.allowed:
        raise _refusal(role_arn, call, decision, "identity-based policy")
    _check_boundary(call, role_arn, role_arn)


def assume_for_service(role_arn: str, service: str, source_arn: str) -> RoleCredentials:
    """Return credentials of a role for a service of this account, if the role's trust policy agrees.

    Args:
        role_arn: the role to act as.
        service: the service that wants to, `lambda.amazonaws.com` for one.
        source_arn: the resource on whose behalf it wants to.

    Raises:
        AwsError: no such role, or it does not trust the service on behalf of this account.
    """
    context = {"aws:SourceAccount": ACCOUNT_ID, "aws:SourceArn": source_arn}
    call = Call("sts:AssumeRole", role_arn, context)
    principal = Principal("Service", frozenset({service}))
    if not decide([_trust_policy_of(role_arn)], call, principal).allowed:
        raise AwsError(
            "AccessDenied",
            f"{service} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
            403,
        )
    session = _sts(partition_in(role_arn)).assume_role(
        region_name=source_arn.split(":")[3],
        role_session_name=service.partition(".")[0],
        role_arn=_role(role_arn).arn,
        policy="",
        duration=ROLE_SESSION_SECONDS,
        external_id="",
    )
    return RoleCredentials(session.access_key_id, session.secret_access_key, session.session_token)


@dataclass(frozen=True)
class _Identity:
    arn: str
    principal: Principal
    credentials: Credentials
    """What requests should be signed with."""
    role_arn: str | None = None
    """None for the administrator, whom no identity policy limits."""


def _identify(request: AwsRequest) -> _Identity:
    if request.access_key_id is None:
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    partition = partition_of(request.region)
    root = f"arn:{partition}:iam::{ACCOUNT_ID}:root"
    account_names = frozenset({root, ACCOUNT_ID})
    if request.access_key_id == ADMIN_ACCESS_KEY_ID:
        own = Credentials(ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY)
        return _Identity(root, Principal("AWS", account_names), own)
    session = _sts(partition).get_assumed_role_from_access_key(request.access_key_id)
    if session is None:
        raise unknown_key(request.service)
    names = frozenset({session.arn, session.role_arn})
    return _Identity(
        session.arn,
        Principal("AWS", names, account_names),
        Credentials(session.access_key_id, session.secret_access_key, session.session_token),
        session.role_arn,
    )


def _check_with_what_follows(call: Call, request: AwsRequest, who: _Identity) -> None:
    if who.role_arn is not None and call.action in _ALWAYS_ALLOWED:
        return
    _check(call, who)
    if who.role_arn is None:
        return
    if call.action in _READING_ACTIONS and _is_missing(call):
        _check_may_know_what_is_missing(call, who)
    _check_key(call, request, who)


def _check(call: Call, who: _Identity) -> None:
    call = replace(call, context={**call.context, "aws:PrincipalArn": who.role_arn or who.arn})
    by_resource = decide(policies_of_resource(call), call, who.principal)
    if by_resource.explicitly_denied:
        raise _refusal(who.arn, call, by_resource, "resource-based policy")
    if who.role_arn is None:
        return
    by_role = decide(_policies_of(who.role_arn), call)
    if by_role.explicitly_denied or not (by_role.allowed or by_resource.allowed):
        raise _refusal(who.arn, call, by_role, "identity-based policy")
    _check_boundary(call, who.arn, who.role_arn)


def _check_boundary(call: Call, who: str, role_arn: str) -> None:
    boundary = _role(role_arn).permissions_boundary_arn
    if boundary:
        decision = decide([boundary_document(boundary) or {}], call)
        if not decision.allowed:
            raise _refusal(who, call, decision, "permissions boundary")


def _check_key(call: Call, request: AwsRequest, who: _Identity) -> None:
    """Check the caller's rights on the key that S3 uses for it; S3 answers for KMS."""
    if request.service != "s3":
        return
    for key_call in key_calls(call, request):
        try:
            _check(key_call, who)
        except AwsError as refused:
            raise access_denied("s3", refused.message) from refused


def _check_may_know_what_is_missing(call: Call, who: _Identity) -> None:
    """Answer 403 rather than 404 to who may not list the bucket, as S3 does."""
    bucket_arn = call.resource.partition("/")[0]
    try:
        _check(replace(call, action="s3:ListBucket", resource=bucket_arn), who)
    except AwsError as refused:
        raise AwsError(
            refused.code,
            f"{refused.message} ({NO_SUCH_KEY}; S3 tells only those who may list the bucket)",
            refused.status,
        ) from refused


def _refusal(who: str, call: Call, decision: Decision, kind: str) -> AwsError:
    reason = (
        f"with an explicit deny in a {kind}"
        if decision.explicitly_denied
        else f"because no {kind} allows the {call.action} action"
    )
    return access_denied(
        call.action.partition(":")[0],
        f"User: {who} is not authorized to perform: {call.action} "
        f"on resource: {call.resource} {reason}",
    )


def _policies_of(role_arn: str) -> list[Document]:
    role = _role(role_arn)
    attached = [
        version.document
        for policy in role.managed_policies.values()
        for version in policy.versions
        if version.is_default
    ]
    return [_parsed(text) for text in [*role.policies.values(), *attached]]


def _trust_policy_of(role_arn: str) -> Document:
    return _parsed(_role(role_arn).assume_role_policy_document)


def _is_missing(call: Call) -> bool:
    bucket = bucket_in(call.resource)
    return bucket is not None and not isinstance(
        bucket.keys.get(call.resource.partition("/")[2]), FakeKey
    )


def _role(role_arn: str) -> Any:
    # By name, so that a role which a stack names by a real account's number can be played here.
    try:
        return iam_backends[ACCOUNT_ID][partition_in(role_arn)].get_role(
            role_arn.rpartition("/")[2]
        )
    except NotFoundException as missing:
        raise AwsError("AccessDenied", f"The role {role_arn} does not exist", 403) from missing


def _parsed(document: Any) -> Document:
    return json.loads(document) if isinstance(document, str | bytes) else document


def _sts(partition: str) -> STSBackend:
    return sts_backends[ACCOUNT_ID][partition]
