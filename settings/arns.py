"""ARNs: of the right kind and in AWS's form, before anything is asked of AWS."""

import re

from settings import limits
from settings.wording import quote, refuse

# KMS, IAM and Secrets Manager have no pattern for these in their service models:
# docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]{1,256}")
# docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
_POLICY = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]{1,512}", re.ASCII)

EXAMPLE_KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def check_key_arn(text: str) -> str:
    """Refuse what is not the ARN of a KMS key; an alias is not enough for a policy."""
    return _check(text, _KEY, "the ARN of a KMS key", EXAMPLE_KEY)


def check_secret_arn(text: str) -> str:
    """Refuse what is not the ARN of a Secrets Manager secret."""
    example = "arn:aws:secretsmanager:us-east-1:123456789012:secret:hub-token-AbCdEf"
    return _check(
        text, limits.shape_regex("SecretArn"), "the ARN of a Secrets Manager secret", example
    )


def check_topic_arn(text: str) -> str:
    """Refuse what is not the ARN of an SNS topic."""
    example = "arn:aws:sns:us-east-1:123456789012:results"
    return _check(text, limits.shape_regex("SnsTopicArn"), "the ARN of an SNS topic", example)


def check_role_arn(text: str) -> str:
    """Refuse what is not the ARN of an IAM role."""
    example = "arn:aws:iam::123456789012:role/sagemaker-execution"
    return _check(text, limits.shape_regex("RoleArn"), "the ARN of an IAM role", example)


def check_boundary_arn(text: str) -> str:
    """Refuse what is not the ARN of an IAM policy."""
    example = "arn:aws:iam::123456789012:policy/boundary"
    return _check(text, _POLICY, "the ARN of an IAM policy", example)


def check_layer_arn(text: str) -> str:
    """Refuse what is not the ARN of a version of a Lambda layer."""
    example = "arn:aws:lambda:us-east-1:123456789012:layer:web-adapter:1"
    return _check(
        text, limits.layer_arn_pattern(), "the ARN of a version of a Lambda layer", example
    )


def arn_region(arn: str) -> str:
    """The Region in an ARN; empty for a service without Regions."""
    return arn.split(":")[3]


def arn_account(arn: str) -> str:
    """The account in an ARN."""
    return arn.split(":")[4]


def _check(text: str, pattern: re.Pattern[str], what: str, example: str) -> str:
    if not pattern.fullmatch(text):
        raise refuse(f"{quote(text)} is not {what}", f"write such as {example}")
    return text
