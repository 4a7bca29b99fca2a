"""What the program asks about the account it is deployed to."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.partitions import dns_suffix
from rehearsal.local_account import LocalAccount

Arguments = dict[str, Any]
DataSource = Callable[[LocalAccount, Arguments], dict[str, Any]]
"""`(account, arguments in camelCase) -> the provider's answer`."""


def _caller_identity(account: LocalAccount, _arguments: Arguments) -> dict[str, Any]:
    return {
        "accountId": ACCOUNT_ID,
        "arn": f"arn:{account.partition}:iam::{ACCOUNT_ID}:root",
        "userId": ACCOUNT_ID,
        "id": ACCOUNT_ID,
    }


def _partition(account: LocalAccount, _arguments: Arguments) -> dict[str, Any]:
    suffix = dns_suffix(account.region)
    return {
        "partition": account.partition,
        "dnsSuffix": suffix,
        "reverseDnsPrefix": ".".join(reversed(suffix.split("."))),
        "id": account.partition,
    }


def _region(account: LocalAccount, arguments: Arguments) -> dict[str, Any]:
    name = arguments.get("region") or account.region
    return {
        "region": name,
        "name": name,
        "id": name,
        "description": name,
        "endpoint": f"ec2.{name}.{dns_suffix(name)}",
    }


def _secret_version(account: LocalAccount, arguments: Arguments) -> dict[str, Any]:
    wanted = {
        "VersionId": arguments.get("versionId"),
        "VersionStage": arguments.get("versionStage"),
    }
    found = account.client("secretsmanager").get_secret_value(
        SecretId=arguments["secretId"], **{key: value for key, value in wanted.items() if value}
    )
    return {
        "secretId": arguments["secretId"],
        "arn": found["ARN"],
        "versionId": found["VersionId"],
        "versionStages": found["VersionStages"],
        "secretString": found.get("SecretString", ""),
        "createdDate": found["CreatedDate"].isoformat(),
        "id": f"{arguments['secretId']}|{found['VersionId']}",
    }


def _bucket(account: LocalAccount, arguments: Arguments) -> dict[str, Any]:
    bucket, s3 = arguments["bucket"], account.client("s3")
    try:
        found = s3.get_bucket_location(Bucket=bucket)
    except ClientError as failure:
        raise LookupError(f"reading S3 Bucket ({bucket}): {failure}") from failure
    return {
        "bucket": bucket,
        "arn": f"arn:{account.partition}:s3:::{bucket}",
        "bucketDomainName": f"{bucket}.s3.amazonaws.com",
        "bucketRegion": found["LocationConstraint"] or "us-east-1",
        "region": account.region,
        "id": bucket,
    }


DATA_SOURCES: dict[str, DataSource] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
    "aws:s3/getBucket:getBucket": _bucket,
    "aws:secretsmanager/getSecretVersion:getSecretVersion": _secret_version,
}
