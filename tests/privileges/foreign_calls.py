"""What no role of any stack may do: the same things elsewhere, and more than it should."""

from dataclasses import dataclass
from typing import Any

from tests.harness import ACCOUNT_ID, REGION

OTHER_ACCOUNT, OTHER_REGION = "999999999999", "eu-west-1"
_BUCKET = "arn:aws:s3:::genai-bucket"
_KEY = "key/99999999-1111-2222-3333-444444444444"


@dataclass(frozen=True)
class Foreign:
    """One call."""

    told: str
    action: str
    resource: str
    conditions: tuple[tuple[str, Any], ...] = ()


def _sagemaker(what: str, region: str = REGION, account: str = ACCOUNT_ID) -> str:
    return f"arn:aws:sagemaker:{region}:{account}:{what}"


FOREIGN = (
    Foreign("another bucket", "s3:GetObject", "arn:aws:s3:::others/records/a"),
    Foreign("another bucket to write to", "s3:PutObject", "arn:aws:s3:::others/records/a"),
    Foreign("a bucket whose name goes on", "s3:GetObject", f"{_BUCKET}-2/records/a"),
    Foreign("another model", "s3:GetObject", f"{_BUCKET}/models/other/model.tar.gz"),
    Foreign("another prefix to read", "s3:GetObject", f"{_BUCKET}/private/a"),
    Foreign("another prefix to write", "s3:PutObject", f"{_BUCKET}/private/a"),
    Foreign("the model to write", "s3:PutObject", f"{_BUCKET}/models/model.tar.gz"),
    Foreign("a file of prompts to write", "s3:PutObject", f"{_BUCKET}/inputs/a"),
    Foreign("a prefix that begins the same", "s3:PutObject", f"{_BUCKET}/records-2/a"),
    Foreign("to delete", "s3:DeleteObject", f"{_BUCKET}/records/a"),
    Foreign("to delete a version", "s3:DeleteObjectVersion", f"{_BUCKET}/records/a"),
    Foreign("to make public", "s3:PutObjectAcl", f"{_BUCKET}/records/a"),
    Foreign("the bucket's policy", "s3:PutBucketPolicy", _BUCKET),
    Foreign("to list another prefix", "s3:ListBucket", _BUCKET, (("s3:prefix", "private/"),)),
    Foreign("to list all keys", "s3:ListBucket", _BUCKET, (("s3:prefix", ""),)),
    Foreign("to list another bucket", "s3:ListBucket", "arn:aws:s3:::others"),
    Foreign("to list all buckets", "s3:ListAllMyBuckets", "*"),
    *(
        Foreign(told, f"sagemaker:{action}", arn)
        for told, arn in (
            ("another endpoint", _sagemaker("endpoint/other")),
            ("an endpoint whose name goes on", _sagemaker("endpoint/genai-proof-2")),
            ("another Region's endpoint", _sagemaker("endpoint/genai-proof", OTHER_REGION)),
            (
                "another account's endpoint",
                _sagemaker("endpoint/genai-proof", account=OTHER_ACCOUNT),
            ),
            ("another inference component", _sagemaker("inference-component/other")),
        )
        for action in (
            "InvokeEndpoint",
            "InvokeEndpointWithResponseStream",
            "InvokeEndpointAsync",
        )
    ),
    Foreign(
        "to change its endpoint", "sagemaker:UpdateEndpoint", _sagemaker("endpoint/genai-proof")
    ),
    Foreign("to delete it", "sagemaker:DeleteEndpoint", _sagemaker("endpoint/genai-proof")),
    Foreign("to read a model's environment", "sagemaker:DescribeModel", _sagemaker("model/genai")),
    Foreign("its own role to pass", "iam:PassRole", f"arn:aws:iam::{ACCOUNT_ID}:role/genai-role"),
    Foreign("another role to pass", "iam:PassRole", f"arn:aws:iam::{ACCOUNT_ID}:role/admin"),
    Foreign("another role to become", "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT_ID}:role/admin"),
    Foreign(
        "another account's role to become",
        "sts:AssumeRole",
        f"arn:aws:iam::{OTHER_ACCOUNT}:role/genai-role",
    ),
    Foreign(
        "to grant itself more", "iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT_ID}:role/genai-role"
    ),
    *(
        Foreign(f"{told} ({action})", f"kms:{action}", arn)
        for told, arn in (
            ("another key", f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:{_KEY}"),
            ("another account's key", f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:{_KEY}"),
        )
        for action in ("Decrypt", "GenerateDataKey", "CreateGrant")
    ),
    Foreign(
        "another log group",
        "logs:PutLogEvents",
        f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:/aws/lambda/other:log-stream:a",
    ),
    Foreign(
        "logs to read",
        "logs:FilterLogEvents",
        f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:genai-logs:*",
    ),
    Foreign(
        "metrics of another namespace",
        "cloudwatch:PutMetricData",
        "*",
        (("cloudwatch:namespace", "Billing"),),
    ),
    Foreign("another queue", "sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:other"),
    Foreign(
        "another queue to read", "sqs:ReceiveMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:other"
    ),
    Foreign(
        "a queue to empty", "sqs:PurgeQueue", f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:genai-inputs"
    ),
    Foreign("another topic", "sns:Publish", f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:other"),
    Foreign(
        "another image",
        "ecr:BatchGetImage",
        f"arn:aws:ecr:{REGION}:{ACCOUNT_ID}:repository/other",
    ),
    Foreign(
        "an image to push",
        "ecr:PutImage",
        f"arn:aws:ecr:{REGION}:763104351884:repository/pytorch-inference",
    ),
    Foreign(
        "another function",
        "lambda:InvokeFunction",
        f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:other",
    ),
    Foreign(
        "a secret",
        "secretsmanager:GetSecretValue",
        f"arn:aws:secretsmanager:{REGION}:{ACCOUNT_ID}:secret:a",
    ),
    Foreign("a machine", "ec2:RunInstances", f"arn:aws:ec2:{REGION}:{ACCOUNT_ID}:instance/*"),
)
