"""China and GovCloud: their ARNs have another partition, in the account as in the program."""

from pathlib import Path

import pytest

from rehearsal.account.partitions import bucket_and_key, dns_suffix, partition_in, partition_of
from tests.rehearsal.test_rehearsed_stacks import Project


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [
        ("eu-west-1", "aws", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
    ],
)
def test_a_region_has_a_partition_and_a_domain(region: str, partition: str, suffix: str) -> None:
    assert (partition_of(region), dns_suffix(region)) == (partition, suffix)


def test_an_arn_names_its_partition_bucket_and_key() -> None:
    arn = "arn:aws-cn:s3:::bucket/models/a.tar.gz"

    assert partition_in(arn) == "aws-cn"
    assert bucket_and_key(arn) == ("bucket", "models/a.tar.gz")
    assert bucket_and_key("arn:aws:s3:::bucket") == ("bucket", "")


@pytest.mark.matrix
@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
@pytest.mark.parametrize("mode", ["realtime", "async"])
def test_a_stack_in_another_partition_is_rehearsed_to_its_answer(
    tmp_path: Path, region: str, mode: str
) -> None:
    partition = partition_of(region)
    key = f"arn:{partition}:kms:{region}:111122223333:key/11111111-2222-3333-4444-555555555555"

    transcript = Project(tmp_path).rehearse(
        region=region,
        endpoint={"mode": mode, "rollout": {"strategy": "canary"}, "capture": {"percent": 100}},
        keys={"bucketArn": key},
        roles={"permissionsBoundaryArn": f"arn:{partition}:iam::111122223333:policy/boundary"},
    )

    assert transcript.failure is None
    assert transcript.said
    assert transcript.exports["endpoint_arn"].startswith(f"arn:{partition}:sagemaker:{region}:")
