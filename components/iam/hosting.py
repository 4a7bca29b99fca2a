"""Statements that SageMaker hosting needs to start, run and watch a container."""

import re
from collections.abc import Sequence

from components.iam.documents import Statement

# {account}.dkr.ecr.{region}.{dns suffix}/{repository}[:tag|@digest]
_ECR_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
    r"/(?P<repository>[^:@]+)(?:[:@].+)?"
)


def pull_image(partition: str, image_uri: str) -> list[Statement]:
    """Pull one repository's image from ECR, in whichever account and Region it lives.

    Raises:
        ValueError: `image_uri` is not an ECR image.
    """
    match = _ECR_IMAGE.fullmatch(image_uri)
    if match is None:
        raise ValueError(
            "image_uri must be an ECR image such as "
            f"763104351884.dkr.ecr.us-east-1.amazonaws.com/vllm:TAG, got {image_uri!r}"
        )
    repository = (
        f"arn:{partition}:ecr:{match['region']}:{match['account']}:repository/{match['repository']}"
    )
    return [
        # AWS has no resource type for this action.
        {
            "Sid": "LogInToEcr",
            "Effect": "Allow",
            "Action": "ecr:GetAuthorizationToken",
            "Resource": "*",
        },
        {
            "Sid": "PullImage",
            "Effect": "Allow",
            "Action": [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            "Resource": repository,
        },
    ]


def write_container_logs(log_group_arn: str) -> Statement:
    """What SageMaker hosting asks for to ship a container's output to its log group."""
    return {
        "Sid": "WriteContainerLogs",
        "Effect": "Allow",
        "Action": [
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
        ],
        "Resource": [log_group_arn, f"{log_group_arn}:*"],
    }


def publish_endpoint_metrics() -> Statement:
    """Publish the metrics of SageMaker hosting, and no other namespace.

    `cloudwatch:PutMetricData` has no resource type, so the namespace condition is its only bound.
    """
    return {
        "Sid": "PublishMetrics",
        "Effect": "Allow",
        "Action": "cloudwatch:PutMetricData",
        "Resource": "*",
        "Condition": {
            "StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "AWS/SageMaker"]}
        },
    }


def describe_alarms(alarm_arns: Sequence[str]) -> Statement:
    """See the state of the alarms that roll an update back."""
    return {
        "Sid": "WatchRollbackAlarms",
        "Effect": "Allow",
        "Action": "cloudwatch:DescribeAlarms",
        "Resource": list(alarm_arns),
    }


def publish_to_topics(topic_arns: Sequence[str]) -> Statement:
    """Tell that an asynchronous request ended, on these topics only."""
    return {
        "Sid": "Notify",
        "Effect": "Allow",
        "Action": "sns:Publish",
        "Resource": list(topic_arns),
    }


def join_vpc() -> Statement:
    """Make and remove the network interfaces that put a container into a VPC.

    The interfaces have no name before they exist, and most of these actions have no resource type, so
    that AWS documents them on every resource.
    """
    return {
        "Sid": "JoinVpc",
        "Effect": "Allow",
        "Action": [
            "ec2:CreateNetworkInterface",
            "ec2:CreateNetworkInterfacePermission",
            "ec2:DeleteNetworkInterface",
            "ec2:DeleteNetworkInterfacePermission",
            "ec2:DescribeDhcpOptions",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
        ],
        "Resource": "*",
    }
