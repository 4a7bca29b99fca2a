"""Statements about customer-managed KMS keys."""

from collections.abc import Sequence

from components.iam.documents import Statement


def decrypt_with(key_arns: Sequence[str]) -> Statement:
    """Read what these keys encrypt."""
    return {
        "Sid": "DecryptData",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": list(key_arns),
    }


def encrypt_with(key_arns: Sequence[str]) -> Statement:
    """Write what SageMaker encrypts with these keys; what goes in parts is decrypted to be joined."""
    return {
        "Sid": "EncryptData",
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
        "Resource": list(key_arns),
    }


def use_bucket_key(key_arn: str) -> Statement:
    """Write and read objects of a bucket that this key encrypts; those sent in parts are decrypted to be joined."""
    return {
        "Sid": "UseBucketKey",
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": key_arn,
    }


def use_queue_key(key_arn: str) -> Statement:
    """Send to a queue that this key encrypts: SQS makes a data key, and checks that it can be read again.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html (read 2026-11-25).
    """
    return {
        "Sid": "UseQueueKey",
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": key_arn,
    }


def use_volume_key(key_arn: str) -> list[Statement]:
    """Let EBS encrypt an instance's volume with this key.

    The grant is bound to AWS services by its condition. `kms:DescribeKey` stands apart: its requests do
    not carry that condition's key, so together they would never match.
    """
    return [
        {
            "Sid": "GrantVolumeKey",
            "Effect": "Allow",
            "Action": "kms:CreateGrant",
            "Resource": key_arn,
            "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        },
        {
            "Sid": "DescribeVolumeKey",
            "Effect": "Allow",
            "Action": "kms:DescribeKey",
            "Resource": key_arn,
        },
    ]
