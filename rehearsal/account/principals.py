"""Who makes a request, what its role's policies say, and how a service comes to act as a role."""

import json
from dataclasses import dataclass
from typing import Any

from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, iam_backends
from moto.s3.models import S3Backend, s3_backends
from moto.sts.models import STSBackend, sts_backends

from rehearsal.account import ACCOUNT_ID, ADMIN_ACCESS_KEY_ID
from rehearsal.account.actions import call_of
from rehearsal.account.authorization import Call, Decision, Document, decide
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.wire_errors import AwsError

ROLE_SESSION_SECONDS = 3600
# Every principal may ask who it is; no policy can take that away.
_ALWAYS_ALLOWED = {"sts:GetCallerIdentity"}


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

    The account's administrator may do anything that no bucket policy forbids. Anyone else is an assumed
    role and may do what its role's policies allow.

    Raises:
        AwsError: `AccessDenied`, `InvalidClientTokenId` or `MissingAuthenticationToken`.
    """
    if request.access_key_id is None:
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    call = call_of(request)
    if request.access_key_id == ADMIN_ACCESS_KEY_ID:
        if call is not None:
            _refuse_if_bucket_policy_denies(f"arn:aws:iam::{ACCOUNT_ID}:root", call)
        return
    session = _sts().get_assumed_role_from_access_key(request.access_key_id)
    if session is None:
        raise AwsError(
            "InvalidClientTokenId", "The security token included in the request is invalid.", 403
        )
    if call is None:
        raise AwsError(
            "AccessDenied",
            f"User: {session.arn} made a {request.service} request "
            f"({request.http.method} {request.http.path} {request.target}) whose IAM action the "
            "local account does not know, so it cannot be allowed",
            403,
        )
    if call.action in _ALWAYS_ALLOWED:
        return
    _refuse_if_bucket_policy_denies(session.arn, call)
    require(session.role_arn, call, who=session.arn)


def require(role_arn: str, call: Call, who: str | None = None) -> None:
    """Refuse `call` unless the policies of the role allow it.

    Raises:
        AwsError: `AccessDenied` in AWS's words, naming action and resource.
    """
    decision = decide(_policies_of(role_arn), call)
    if decision.allowed:
        return
    code = "AccessDenied" if call.action.startswith("s3:") else "AccessDeniedException"
    raise AwsError(code, _refusal(who or role_arn, call, decision, "identity-based"), 403)


def assume_for_service(role_arn: str, service: str, region: str) -> RoleCredentials:
    """Return credentials of a role for a service of this account, if the role's trust policy agrees.

    Args:
        role_arn: the role to act as.
        service: the service that wants to, `lambda.amazonaws.com` for one.
        region: Region the service acts in.

    Raises:
        AwsError: no such role, or it does not trust the service on behalf of this account.
    """
    context = {
        "aws:SourceAccount": ACCOUNT_ID,
        "aws:SourceArn": f"arn:aws:{service.partition('.')[0]}:{region}:{ACCOUNT_ID}:*",
    }
    call = Call("sts:AssumeRole", role_arn, context)
    if not decide([_trust_policy_of(role_arn)], call, principal=service).allowed:
        raise AwsError(
            "AccessDenied",
            f"{service} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
            403,
        )
    session = _sts().assume_role(
        region_name=region,
        role_session_name=service.partition(".")[0],
        role_arn=role_arn,
        policy="",
        duration=ROLE_SESSION_SECONDS,
        external_id="",
    )
    return RoleCredentials(session.access_key_id, session.secret_access_key, session.session_token)


def _refuse_if_bucket_policy_denies(who: str, call: Call) -> None:
    policy = _bucket_policy(call)
    if policy is None:
        return
    decision = decide([policy], call, principal=who)
    if decision.explicitly_denied:
        raise AwsError("AccessDenied", _refusal(who, call, decision, "resource-based"), 403)


def _refusal(who: str, call: Call, decision: Decision, kind: str) -> str:
    reason = (
        f"with an explicit deny in a {kind} policy"
        if decision.explicitly_denied
        else f"because no {kind} policy allows the {call.action} action"
    )
    return (
        f"User: {who} is not authorized to perform: {call.action} "
        f"on resource: {call.resource} {reason}"
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


def _bucket_policy(call: Call) -> Document | None:
    if not call.action.startswith("s3:"):
        return None
    name = call.resource.removeprefix("arn:aws:s3:::").partition("/")[0]
    bucket = _s3().buckets.get(name)
    return _parsed(bucket.policy) if bucket is not None and bucket.policy else None


def _role(role_arn: str) -> Any:
    try:
        return _iam().get_role_by_arn(role_arn)
    except NotFoundException as missing:
        raise AwsError("AccessDenied", f"The role {role_arn} does not exist", 403) from missing


def _parsed(document: Any) -> Document:
    return json.loads(document) if isinstance(document, str | bytes) else document


def _iam() -> IAMBackend:
    return iam_backends[ACCOUNT_ID]["aws"]


def _sts() -> STSBackend:
    return sts_backends[ACCOUNT_ID]["aws"]


def _s3() -> S3Backend:
    return s3_backends[ACCOUNT_ID]["aws"]
