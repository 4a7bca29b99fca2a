"""Statements about topics: who may publish, and how."""

from components.iam.documents import Statement


def let_alarms_publish(topic_arn: str, alarm_arns: str, account_id: str) -> Statement:
    """Let CloudWatch tell the topic of some alarms of this account.

    Args:
        topic_arn: ARN of the topic.
        alarm_arns: ARN of the alarms, with `*` for the rest of their names.
        account_id: number of the account.
    """
    return {
        "Sid": "AlarmsPublish",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {
            "ArnLike": {"aws:SourceArn": alarm_arns},
            "StringEquals": {"aws:SourceAccount": account_id},
        },
    }


def tls_only_topic(topic_arn: str) -> Statement:
    """Refuse every message that is not published over TLS."""
    return {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
