"""Statements about queues: who may send, who may take, and how."""

from components.iam.documents import Statement


def tls_only_queue(queue_arn: str) -> Statement:
    """Refuse every request to the queue that is not made over TLS."""
    return {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue_arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def let_bucket_send(queue_arn: str, bucket_arn: str, account_id: str) -> Statement:
    """Let S3 tell the queue of objects in one bucket of this account.

    The name of a deleted bucket can become another account's, hence the account beside the ARN.
    """
    return {
        "Sid": "ReceiveNotifications",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {
            "ArnEquals": {"aws:SourceArn": bucket_arn},
            "StringEquals": {"aws:SourceAccount": account_id},
        },
    }


def take_messages(queue_arn: str) -> Statement:
    """Take messages from one queue, and put those back that need more time."""
    return {
        "Sid": "TakeMessages",
        "Effect": "Allow",
        "Action": [
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
        ],
        "Resource": queue_arn,
    }


def send_messages(queue_arn: str) -> Statement:
    """Send messages to one queue."""
    return {
        "Sid": "SendMessages",
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
    }
