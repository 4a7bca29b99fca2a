from collections.abc import Callable

import pytest

from components import iam


def test_a_trust_policy_names_service_and_account() -> None:
    assert iam.service_trust("lambda.amazonaws.com", "123456789012") == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
            }
        ],
    }


@pytest.mark.parametrize("uri", ["", "s3://", "s3://bucket", "s3://bucket/", "https://b/k", "b/k"])
def test_reading_a_model_needs_an_s3_uri_with_a_key(uri: str) -> None:
    with pytest.raises(ValueError, match="model_uri must look like s3://bucket/key"):
        iam.read_model("aws", uri)


@pytest.mark.parametrize(
    ("image", "repository"),
    [
        (
            "763104351884.dkr.ecr.eu-west-1.amazonaws.com/vllm:server-cuda-v2.3",
            "arn:aws:ecr:eu-west-1:763104351884:repository/vllm",
        ),
        (
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/model@sha256:abc",
            "arn:aws:ecr:us-east-1:123456789012:repository/team/model",
        ),
        (
            "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/vllm",
            "arn:aws-cn:ecr:cn-north-1:727897471807:repository/vllm",
        ),
    ],
)
def test_pulling_an_image_is_bound_to_its_repository(image: str, repository: str) -> None:
    partition = repository.split(":")[1]

    (_, pull) = iam.pull_image(partition, image)

    assert pull["Resource"] == repository


@pytest.mark.parametrize("image", ["ubuntu:latest", "ghcr.io/org/image:1", ""])
def test_an_image_outside_ecr_is_refused(image: str) -> None:
    with pytest.raises(ValueError, match="image_uri must be an ECR image"):
        iam.pull_image("aws", image)


@pytest.mark.parametrize("prefix", ["", "records", "/", "*/", "/records/", "rec*/"])
@pytest.mark.parametrize(
    "statement", [iam.put_objects, iam.read_objects, iam.upload_objects], ids=lambda s: s.__name__
)
def test_a_prefix_that_reaches_beyond_its_folder_is_refused(
    prefix: str, statement: Callable[[str, list[str]], iam.Statement]
) -> None:
    with pytest.raises(ValueError, match="a prefix must look like 'records/'"):
        statement("arn:aws:s3:::b", [prefix])


def test_metrics_go_to_sagemakers_namespaces_only() -> None:
    assert iam.publish_endpoint_metrics()["Condition"] == {
        "StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "AWS/SageMaker"]}
    }


def test_sharing_a_model_names_who_may_read_it_and_nothing_more() -> None:
    role = "arn:aws:iam::123456789012:role/hosting"

    assert iam.share_model("aws", "s3://models/k.tar.gz", role)["Statement"] == [
        {
            "Sid": "ReadModel",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::models/k.tar.gz",
            "Principal": {"AWS": role},
        }
    ]


def test_the_grant_for_a_volume_is_bound_to_aws_services_and_the_description_is_not() -> None:
    create_grant, describe = iam.use_volume_key("arn:key")

    assert create_grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    assert "Condition" not in describe
