"""Permissions boundaries, the keys of encrypted buckets, and publishing to topics."""

from typing import Any

import pytest

from tests.rehearsal.tenant import (
    ECHO,
    REGION,
    Tenant,
    allow,
    deny,
    document,
    refusal,
    trust,
    unique,
)

KEY = f"arn:aws:kms:{REGION}:123456789012:key/11111111-2222-3333-4444-555555555555"
ALL_OF_S3 = allow("s3:*", "*")


def bounded(tenant: Tenant, boundary: str, *statements: Any) -> Any:
    """An S3 client with a role that has these statements and this boundary."""
    name, iam = unique("role"), tenant.client("iam")
    arn = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=document(trust("lambda")),
        PermissionsBoundary=boundary,
    )["Role"]["Arn"]
    iam.put_role_policy(
        RoleName=name, PolicyName="permissions", PolicyDocument=document(*statements)
    )
    return tenant.client_as(arn, "s3")


def managed_policy(tenant: Tenant, *statements: Any) -> str:
    return tenant.client("iam").create_policy(
        PolicyName=unique("policy"), PolicyDocument=document(*statements)
    )["Policy"]["Arn"]


def test_a_role_may_do_what_both_its_policy_and_its_boundary_allow(tenant: Tenant) -> None:
    bucket = tenant.bucket({"a": "1"})
    boundary = managed_policy(tenant, allow("s3:GetObject", "*"))
    s3 = bounded(tenant, boundary, ALL_OF_S3)

    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"
    code, message = refusal(lambda: s3.put_object(Bucket=bucket, Key="b", Body=b""))

    assert code == "AccessDenied"
    assert message.endswith("because no permissions boundary allows the s3:PutObject action")


def test_a_boundary_alone_allows_nothing(tenant: Tenant) -> None:
    bucket = tenant.bucket({"a": "1"})
    s3 = bounded(tenant, managed_policy(tenant, ALL_OF_S3), allow("s3:PutObject", "*"))

    code, message = refusal(lambda: s3.get_object(Bucket=bucket, Key="a"))

    assert code == "AccessDenied"
    assert message.endswith("because no identity-based policy allows the s3:GetObject action")


def test_a_boundarys_deny_is_told_as_one(tenant: Tenant) -> None:
    bucket = tenant.bucket({"a": "1"})
    boundary = managed_policy(tenant, ALL_OF_S3, deny("s3:GetObject", "*"))
    s3 = bounded(tenant, boundary, ALL_OF_S3)

    _, message = refusal(lambda: s3.get_object(Bucket=bucket, Key="a"))

    assert message.endswith("with an explicit deny in a permissions boundary")


def test_awss_own_policies_can_be_boundaries(tenant: Tenant) -> None:
    bucket = tenant.bucket({"a": "1"})
    s3 = bounded(tenant, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", ALL_OF_S3)

    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"
    assert refusal(lambda: s3.delete_object(Bucket=bucket, Key="a"))[0] == "AccessDenied"


@pytest.mark.parametrize(
    "boundary",
    ["arn:aws:iam::123456789012:policy/nobody", "arn:aws:iam::aws:policy/NoSuchPolicy"],
)
def test_a_boundary_must_be_there(tenant: Tenant, boundary: str) -> None:
    code, message = refusal(lambda: bounded(tenant, boundary, ALL_OF_S3))

    assert code == "NoSuchEntity"
    assert message == f"Scope ARN: {boundary} does not exist or is not attachable."


def test_a_boundary_and_a_role_are_known_by_name_whatever_account_they_are_said_to_be_of(
    tenant: Tenant,
) -> None:
    boundary = managed_policy(tenant, ALL_OF_S3).replace("123456789012", "111122223333")
    bucket = tenant.bucket({"a": "1"})
    s3 = bounded(tenant, boundary, ALL_OF_S3)
    role = tenant.execution_role.replace("123456789012", "111122223333")

    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"
    assert tenant.ask(tenant.serve(ECHO, role), {"a": 1}) == {"a": 1}


# Keys


def encrypted_bucket(tenant: Tenant, algorithm: str = "aws:kms", **key: str) -> str:
    bucket = tenant.bucket()
    by_default = {"SSEAlgorithm": algorithm, **key}
    tenant.client("s3").put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True}]
        },
    )
    return bucket


def caller(tenant: Tenant, *statements: Any) -> Any:
    return tenant.client_as(tenant.role(trust("lambda"), ALL_OF_S3, *statements), "s3")


def test_writing_to_an_encrypted_bucket_takes_the_right_to_its_key(tenant: Tenant) -> None:
    bucket = encrypted_bucket(tenant, KMSMasterKeyID=KEY)
    may, may_not = caller(tenant, allow("kms:GenerateDataKey", KEY)), caller(tenant)

    code, message = refusal(lambda: may_not.put_object(Bucket=bucket, Key="a", Body=b"1"))

    assert code == "AccessDenied"
    assert f"is not authorized to perform: kms:GenerateDataKey on resource: {KEY}" in message
    may.put_object(Bucket=bucket, Key="a", Body=b"1")
    code, message = refusal(lambda: may.get_object(Bucket=bucket, Key="a"))
    assert code == "AccessDenied"
    assert f"kms:Decrypt on resource: {KEY}" in message
    reader = caller(tenant, allow("kms:Decrypt", KEY))
    assert reader.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"
    assert may.head_object(Bucket=bucket, Key="a")["SSEKMSKeyId"] == KEY


def test_an_upload_in_parts_takes_the_right_to_decrypt_as_well(tenant: Tenant) -> None:
    bucket = encrypted_bucket(tenant, KMSMasterKeyID=KEY)
    writer = caller(tenant, allow("kms:GenerateDataKey", KEY))
    both = caller(tenant, allow(["kms:GenerateDataKey", "kms:Decrypt"], KEY))

    _, message = refusal(lambda: writer.create_multipart_upload(Bucket=bucket, Key="a"))

    assert f"kms:Decrypt on resource: {KEY}" in message
    assert both.create_multipart_upload(Bucket=bucket, Key="a")["UploadId"]


def test_an_objects_own_key_counts_before_the_buckets(tenant: Tenant) -> None:
    bucket = encrypted_bucket(tenant, KMSMasterKeyID=KEY)
    s3 = caller(tenant)

    s3.put_object(Bucket=bucket, Key="plain", Body=b"1", ServerSideEncryption="AES256")
    _, message = refusal(
        lambda: s3.put_object(
            Bucket=bucket,
            Key="other",
            Body=b"1",
            ServerSideEncryption="aws:kms",
            SSEKMSKeyId="alias/mine",
        )
    )

    assert f"resource: arn:aws:kms:{REGION}:123456789012:alias/mine" in message


@pytest.mark.parametrize("algorithm", ["AES256", "aws:kms"])
def test_a_key_that_aws_manages_takes_no_right(tenant: Tenant, algorithm: str) -> None:
    bucket, s3 = encrypted_bucket(tenant, algorithm), caller(tenant)

    s3.put_object(Bucket=bucket, Key="a", Body=b"1")

    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"


def test_a_right_may_be_limited_to_s3s_use_of_the_key(tenant: Tenant) -> None:
    bucket = encrypted_bucket(tenant, KMSMasterKeyID=KEY)

    def through(service: str) -> Any:
        via = {"StringEquals": {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}}
        return caller(tenant, allow("kms:GenerateDataKey", KEY, Condition=via))

    through("s3").put_object(Bucket=bucket, Key="a", Body=b"1")
    writer = through("sqs")
    assert (
        refusal(lambda: writer.put_object(Bucket=bucket, Key="a", Body=b"1"))[0] == "AccessDenied"
    )


# Topics


def test_publishing_is_allowed_topic_by_topic(tenant: Tenant) -> None:
    mine, other = (
        tenant.client("sns").create_topic(Name=unique("topic"))["TopicArn"] for _ in range(2)
    )
    role = tenant.role(trust("sagemaker"), allow("sns:Publish", mine))
    sns = tenant.client_as(role, "sns")

    assert sns.publish(TopicArn=mine, Message="hello")["MessageId"]
    code, message = refusal(lambda: sns.publish(TopicArn=other, Message="hello"))

    assert code == "AccessDenied"
    assert f"is not authorized to perform: sns:Publish on resource: {other}" in message
    code, message = refusal(lambda: sns.create_topic(Name="any"))
    assert code == "AccessDenied"
    assert f"resource: arn:aws:sns:{REGION}:123456789012:any because" in message
