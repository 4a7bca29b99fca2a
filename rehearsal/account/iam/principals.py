"""Whether a request may be made, and how a service comes to act as a role. Every decision is noted in the journal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from moto.s3.models import FakeKey
from moto.sts.models import AssumedRole

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.iam.actions import calls_of
from rehearsal.account.iam.authorization import (
    Call,
    Decision,
    Principal,
    decide,
    keys_of_conditions,
)
from rehearsal.account.iam.call_journal import JudgedCall, note
from rehearsal.account.iam.identities import (
    Grants,
    Identity,
    Policy,
    grants_of_role,
    identify,
    role_named,
    sts_in,
    trust_policy_of,
)
from rehearsal.account.iam.resource_policies import bucket_in, policies_of_resource
from rehearsal.account.iam.signatures import check_signature
from rehearsal.account.partitions import partition_in, partition_of
from rehearsal.account.storage.object_encryption import key_calls
from rehearsal.account.wire_errors import AwsError, access_denied

ROLE_SESSION_SECONDS = 3600
NO_SUCH_KEY = "there is no such key"
# Every principal may ask who it is; no policy can take that away.
_ALWAYS_ALLOWED = {"sts:GetCallerIdentity"}
_READING_ACTIONS = {"s3:GetObject"}
_TRUST_ACTIONS = {"sts:AssumeRole", "sts:TagSession"}
_ADMINISTRATOR = "the account's administrator may do all that no resource's policy forbids"


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

    The account's administrator may do anything that no resource's policy forbids. Anyone else is a user or an assumed
    role and may do what their own policies, or those of what they ask for, allow.

    Raises:
        AwsError: no access in the service's own words, nobody's access key, or not that key's signature.
    """
    who = identify(request)
    check_signature(request, who.credentials)
    calls = calls_of(request)
    if who.grants is not None and not calls:
        refused = access_denied(
            request.service,
            f"User: {who.arn} made a {request.service} request "
            f"({request.http.method} {request.http.path} {request.target}) whose IAM action the "
            "local account does not know, so it cannot be allowed",
        )
        unknown = Call(f"{request.service}:?", request.http.path)
        _note(who.arn, who.role_arn, unknown, Decision(allowed=False), (), refused.message)
        raise refused
    try:
        for call in calls:
            _check_with_what_follows(call, request, who)
    except (
        AwsError
    ) as refused:  # also of another service's right: who is asked says so in its own words
        raise access_denied(request.service, refused.message) from refused


def authorize_calls(request: AwsRequest, calls: list[Call]) -> str:
    """Check the signature of a request to something other than AWS's own API, and `calls` that it stands for.

    Returns:
        The caller's ARN.

    Raises:
        AwsError: as `authorize`.
    """
    who = identify(request)
    check_signature(request, who.credentials)
    for call in calls:
        _check(call, who)
    return who.arn


def session_of(request: AwsRequest) -> AssumedRole | None:
    """Return the caller's role session; None for the administrator and for nobody."""
    key, sts = request.access_key_id, sts_in(partition_of(request.region))
    return sts.get_assumed_role_from_access_key(key) if key else None


def require(role_arn: str, call: Call) -> None:
    """Refuse `call` unless the policies of the role allow it.

    Raises:
        AwsError: access denied in AWS's words, naming action and resource.
    """
    grants = grants_of_role(role_arn)
    asker = _Asker(role_arn, role_arn)
    by_role = _decide(grants.policies, call)
    if not by_role.allowed:
        raise asker.refused(call, by_role, "identity-based policy", grants.policies)
    _check_limits(call, grants, asker)
    asker.allowed(call, by_role, grants.policies)


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
    trust = trust_policy_of(role_arn)
    decision = decide([trust.document], call, Principal("Service", frozenset({service})))
    if not decision.allowed:
        message = f"{service} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
        _note(service, role_arn, call, decision, [trust], message)
        raise AwsError("AccessDenied", message, 403)
    _note(service, role_arn, call, decision, [trust])
    session = sts_in(partition_in(role_arn)).assume_role(
        region_name=source_arn.split(":")[3],
        role_session_name=service.partition(".")[0],
        role_arn=role_named(role_arn).arn,
        policy="",
        duration=ROLE_SESSION_SECONDS,
        external_id="",
    )
    return RoleCredentials(session.access_key_id, session.secret_access_key, session.session_token)


@dataclass(frozen=True)
class _Asker:
    """On whose account a decision is noted."""

    arn: str
    role_arn: str | None

    def allowed(
        self, call: Call, decision: Decision, policies: Iterable[Policy], reason: str = ""
    ) -> None:
        _note(self.arn, self.role_arn, call, decision, policies, reason)

    def refused(
        self, call: Call, decision: Decision, kind: str, policies: Iterable[Policy]
    ) -> AwsError:
        """Note a refusal and return it in AWS's words."""
        reason = (
            f"with an explicit deny in a {kind}"
            if decision.explicitly_denied
            else f"because no {kind} allows the {call.action} action"
        )
        error = access_denied(
            call.action.partition(":")[0],
            f"User: {self.arn} is not authorized to perform: {call.action} "
            f"on resource: {call.resource} {reason}",
        )
        _note(self.arn, self.role_arn, call, decision, policies, error.message)
        return error


def _check_with_what_follows(call: Call, request: AwsRequest, who: Identity) -> None:
    if who.grants is not None and call.action in _ALWAYS_ALLOWED:
        _Asker(who.arn, who.role_arn).allowed(
            call, Decision(allowed=True), (), "everyone may ask who they are"
        )
        return
    _check(call, who)
    if who.grants is None:
        return
    if call.action in _READING_ACTIONS and _is_missing(call):
        _check_may_know_what_is_missing(call, who)
    if request.service == "s3":  # which uses the bucket's key in the caller's name
        for key_call in key_calls(call, request):
            _check(key_call, who)


def _check(call: Call, who: Identity) -> None:
    call = replace(call, context={**call.context, **who.context})
    asker = _Asker(who.arn, who.role_arn)
    if call.action in _TRUST_ACTIONS:
        _check_trust(call, who, asker)
        return
    of_resource = [Policy("resource policy", each) for each in policies_of_resource(call)]
    by_resource = _decide(of_resource, call, who.principal)
    if by_resource.explicitly_denied:
        raise asker.refused(call, by_resource, "resource-based policy", of_resource)
    if who.grants is None:
        asker.allowed(call, Decision(allowed=True), (), _ADMINISTRATOR)
        return
    own = who.grants.policies
    by_own = _decide(own, call)
    if by_own.explicitly_denied or not (by_own.allowed or by_resource.allowed):
        raise asker.refused(call, by_own, "identity-based policy", own)
    _check_limits(call, who.grants, asker)
    if by_own.allowed:
        asker.allowed(call, by_own, own)
    else:
        asker.allowed(call, by_resource, of_resource)


def _check_trust(call: Call, who: Identity, asker: _Asker) -> None:
    """Decide about becoming a role: its trust policy must name who asks, or leave it to the account's own policies."""
    if who.grants is None:
        asker.allowed(call, Decision(allowed=True), (), _ADMINISTRATOR)
        return
    trust, own = [trust_policy_of(call.resource)], who.grants.policies
    by_trust = _decide(trust, call, who.principal)
    everyone = replace(who.principal, names=who.principal.names | who.principal.account_names)
    by_own = _decide(own, call)
    is_left_to_policies = by_own.allowed and _decide(trust, call, everyone).allowed
    if by_own.explicitly_denied:
        raise asker.refused(call, by_own, "identity-based policy", own)
    if by_trust.explicitly_denied or not (by_trust.allowed or is_left_to_policies):
        raise asker.refused(call, by_trust, "resource-based policy", trust)
    _check_limits(call, who.grants, asker)
    if by_trust.allowed:
        asker.allowed(call, by_trust, trust)
    else:
        asker.allowed(call, by_own, own)


def _check_limits(call: Call, grants: Grants, asker: _Asker) -> None:
    for kind, limit in grants.limits.items():
        decision = _decide([limit], call)
        if not decision.allowed:
            raise asker.refused(call, decision, kind, [limit])


def _check_may_know_what_is_missing(call: Call, who: Identity) -> None:
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


def _decide(policies: Iterable[Policy], call: Call, principal: Principal | None = None) -> Decision:
    return decide([policy.document for policy in policies], call, principal)


def _note(
    who: str,
    role_arn: str | None,
    call: Call,
    decision: Decision,
    policies: Iterable[Policy],
    reason: str = "",
) -> None:
    policies = list(policies)
    deciding = (each.name for each in policies if each.document is decision.document)
    conditioned = keys_of_conditions(policy.document for policy in policies)
    statement: Mapping[str, Any] | None = decision.statement
    note(
        JudgedCall(
            principal=who,
            role=role_arn,
            action=call.action,
            resource=call.resource,
            allowed=decision.allowed,
            policy=next(deciding, None),
            statement=statement,
            reason=reason,
            conditions={
                key: value for key, value in call.context.items() if key.lower() in conditioned
            },
        )
    )


def _is_missing(call: Call) -> bool:
    bucket = bucket_in(call.resource)
    return bucket is not None and not isinstance(
        bucket.keys.get(call.resource.partition("/")[2]), FakeKey
    )
