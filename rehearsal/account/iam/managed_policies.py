"""Managed policies, the account's own and those that AWS has ready: to attach, or as the most that a role can do."""

import json
import re
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.iam.authorization import Document
from rehearsal.account.partitions import partition_in
from rehearsal.account.wire_errors import AwsError

_AWS_OWN = ":iam::aws:policy/"


def policy_document(policy_arn: str) -> Document | None:
    """Return the document of a managed policy of the account or of AWS; None if there is none."""
    if _AWS_OWN in policy_arn:
        policy = _aws_policies().get(policy_arn.rpartition("/")[2])
        return policy["Document"] if policy else None
    # Whatever account number the ARN has: a stack may name a policy of a real account.
    own_arn = re.sub(r":\d{12}:", f":{ACCOUNT_ID}:", policy_arn)
    own: Any = iam_backends[ACCOUNT_ID][partition_in(policy_arn)].managed_policies.get(own_arn)
    if own is None:
        return None
    (document,) = [version.document for version in own.versions if version.is_default]
    return json.loads(document)


def take_note_of_policies(request: AwsRequest) -> None:
    """Have AWS's own policies that `request` attaches ready, and refuse a boundary that does not exist.

    moto has none of the former unless it loads all of them, and would not mind the latter.

    Raises:
        AwsError: `NoSuchEntity`, in IAM's words, or a boundary of a user, which is not kept.
    """
    form = parse_qs(request.body.decode())
    for arn in form.get("PolicyArn", []):
        if _AWS_OWN in arn:
            _make_ready(arn)
    for arn in form.get("PermissionsBoundary", []):
        if policy_document(arn) is None:
            raise AwsError(
                "NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404
            )
        if form.get("Action", [""])[0].endswith(("User", "UserPermissionsBoundary")):
            raise AwsError(
                "InvalidInput",
                "the local account keeps no permissions boundaries of users, and would not heed one",
            )


def refuse_policies_of_a_session(request: AwsRequest) -> None:
    """Refuse to limit a session by managed policies: moto forgets them, and it would not be limited.

    Raises:
        AwsError: the request names some.
    """
    if any(name.startswith("PolicyArns.") for name in parse_qs(request.body.decode())):
        raise AwsError(
            "ValidationError",
            "the local account keeps no managed policies of sessions; give the session a Policy instead",
        )


def _make_ready(policy_arn: str) -> None:
    name, backend = (
        policy_arn.rpartition("/")[2],
        iam_backends[ACCOUNT_ID][partition_in(policy_arn)],
    )
    data = _aws_policies().get(name)
    if data and policy_arn not in backend.managed_policies:
        own = AWSManagedPolicy.from_data(name, ACCOUNT_ID, backend.region_name, data)
        if own.arn == policy_arn:  # its path is a part of it
            backend.managed_policies[policy_arn] = own
            backend.aws_managed_policies.append(own)


@cache
def _aws_policies() -> dict[str, Any]:
    return json.loads(aws_managed_policies_data)
