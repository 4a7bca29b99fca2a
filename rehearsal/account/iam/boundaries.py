"""Permissions boundaries: the most that a role can be allowed, whatever its own policies say."""

import json
import re
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import iam_backends

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.iam.authorization import Document
from rehearsal.account.partitions import partition_in
from rehearsal.account.wire_errors import AwsError

_AWS_OWN = ":iam::aws:policy/"


def boundary_document(policy_arn: str) -> Document | None:
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


def refuse_missing_boundary(request: AwsRequest) -> None:
    """Refuse a role whose boundary does not exist, which moto would not mind.

    Raises:
        AwsError: `NoSuchEntity`, in IAM's words.
    """
    for arn in parse_qs(request.body.decode()).get("PermissionsBoundary", []):
        if boundary_document(arn) is None:
            raise AwsError(
                "NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404
            )


@cache
def _aws_policies() -> dict[str, Any]:
    return json.loads(aws_managed_policies_data)
