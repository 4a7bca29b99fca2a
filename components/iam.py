"""IAM statements and documents as pure functions: plain values in, plain dictionaries out.

Nothing here knows Pulumi. Components resolve their outputs first and call these inside one `apply`,
so every document can be tested as data.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Statement = Mapping[str, Any]

POLICY_VERSION = "2012-10-17"
MINIMUM_TLS_VERSION = "1.2"

# {account}.dkr.ecr.{region}.{dns suffix}/{repository}[:tag|@digest]
_ECR_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
    r"/(?P<repository>[^:@]+)(?:[:@].+)?"
)
_S3_URI = re.compile(r"s3://(?P<bucket>[^/]+)/(?P<key>.+)")


def document(*statements: Statement) -> dict[str, Any]:
    """Return a policy document of `statements`."""
    return {"Version": POLICY_VERSION, "Statement": [dict(statement) for statement in statements]}


def service_trust(service: str, account_id: str) -> dict[str, Any]:
    """Let `service` (`lambda.amazonaws.com`) assume a role, on behalf of this account only.

    The `aws:SourceAccount` condition is AWS's guard against the confused deputy. It is not narrowed
    to one endpoint or function by `aws:SourceArn`: SageMaker hosting fails if it is.
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


def read_model(partition: str, model_uri: str) -> list[Statement]:
    """Read one archive (`s3://bucket/key.tar.gz`) or everything under one prefix (`s3://bucket/prefix/`).

    A prefix has to be listed as well; the listing is bound to that prefix.

    Raises:
        ValueError: `model_uri` is not an S3 URI with a key or prefix.
    """
    match = _S3_URI.fullmatch(model_uri)
    if match is None:
        raise ValueError(
            f"model_uri must look like s3://bucket/key.tar.gz or s3://bucket/prefix/, got {model_uri!r}"
        )
    bucket_arn = f"arn:{partition}:s3:::{match['bucket']}"
    key = match["key"]
    is_prefix = key.endswith("/")
    statements: list[Statement] = [
        {
            "Sid": "ReadModel",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": f"{bucket_arn}/{key}*" if is_prefix else f"{bucket_arn}/{key}",
        }
    ]
    if is_prefix:
        statements.append(
            {
                "Sid": "ListModel",
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": bucket_arn,
                "Condition": {"StringLike": {"s3:prefix": f"{key}*"}},
            }
        )
    return statements


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


def write_logs(log_group_arn: str) -> Statement:
    """Write to the streams of one existing log group."""
    return {
        "Sid": "WriteLogs",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{log_group_arn}:*",
    }


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


def invoke_endpoint(endpoint_arn: str) -> Statement:
    """Invoke one endpoint and wait for its reply."""
    return {
        "Sid": "InvokeEndpoint",
        "Effect": "Allow",
        "Action": "sagemaker:InvokeEndpoint",
        "Resource": endpoint_arn,
    }


def put_objects(bucket_arn: str, prefixes: Sequence[str]) -> Statement:
    """Write objects under `prefixes` (each ending in `/`) of one bucket.

    Raises:
        ValueError: a prefix would reach beyond its own folder.
    """
    for prefix in prefixes:
        if not prefix.endswith("/") or prefix.startswith("/") or "*" in prefix:
            raise ValueError(f"a prefix must look like 'records/', got {prefix!r}")
    return {
        "Sid": "PutObjects",
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": [f"{bucket_arn}/{prefix}*" for prefix in prefixes],
    }
