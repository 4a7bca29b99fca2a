"""Policy documents: what a role trusts, and what a bucket refuses."""

from collections.abc import Mapping
from typing import Any

Statement = Mapping[str, Any]

POLICY_VERSION = "2012-10-17"
MINIMUM_TLS_VERSION = "1.2"


def document(*statements: Statement) -> dict[str, Any]:
    """Return a policy document of `statements`."""
    return {"Version": POLICY_VERSION, "Statement": [dict(statement) for statement in statements]}


def service_trust(service: str, account_id: str) -> dict[str, Any]:
    """Let `service` (`lambda.amazonaws.com`) assume a role, on behalf of this account only.

    The `aws:SourceAccount` condition is AWS's guard against the confused deputy, which AWS writes for Lambda as well:
    https://github.com/aws/agent-toolkit-for-aws, lambda-trust-policy.json (read 2026-11-25). It is not narrowed to one
    endpoint or function by `aws:SourceArn`: SageMaker hosting fails if it is.
    """
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
        }
    )


def tls_only(bucket_arn: str) -> dict[str, Any]:
    """Refuse every request to the bucket that is not made over TLS 1.2 or newer."""
    resources = [bucket_arn, f"{bucket_arn}/*"]
    return document(
        {
            "Sid": "DenyInsecureTransport",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": resources,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Sid": "DenyOldTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": resources,
            "Condition": {"NumericLessThan": {"s3:TlsVersion": MINIMUM_TLS_VERSION}},
        },
    )
