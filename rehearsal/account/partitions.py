"""Partitions: China and GovCloud have ARNs of their own."""

# docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
_BY_REGION = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
_DNS_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}
_ANY_BUCKET = ":s3:::"


def partition_of(region: str) -> str:
    """Return the partition that a Region is in."""
    return next((known for start, known in _BY_REGION.items() if region.startswith(start)), "aws")


def partition_in(arn: str) -> str:
    """Return the partition that an ARN names."""
    return arn.split(":")[1]


def dns_suffix(region: str) -> str:
    """Return what the host names of a Region end in."""
    return _DNS_SUFFIXES.get(partition_of(region), "amazonaws.com")


def bucket_and_key(arn: str) -> tuple[str, str]:
    """Return the bucket and the key, or an empty text, that an ARN of S3 names."""
    bucket, _, key = arn.partition(_ANY_BUCKET)[2].partition("/")
    return bucket, key
