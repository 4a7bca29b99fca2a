"""Models made from model packages."""

from typing import Any

import pytest

from tests.rehearsal.tenant import (
    ECHO,
    IMAGE,
    REGION,
    WRITE_LOGS,
    Tenant,
    refusal,
    tar_gz,
    trust,
    unique,
)

ACCOUNT = f"{REGION}:123456789012"


def register(tenant: Tenant, **members: Any) -> str:
    bucket = tenant.bucket({"model.tar.gz": tar_gz(ECHO)})
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{bucket}/model.tar.gz"}
    types = ["application/json"]
    return tenant.client("sagemaker").create_model_package(
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": types,
            "SupportedResponseMIMETypes": types,
        },
        **members,
    )["ModelPackageArn"]


def outcome(tenant: Tenant, package: str, role: str | None = None) -> dict[str, Any]:
    model = unique("model")
    tenant.client("sagemaker").create_model(
        ModelName=model,
        ExecutionRoleArn=role or tenant.execution_role,
        PrimaryContainer={"ModelPackageName": package},
    )
    return tenant.settled(tenant.endpoint(tenant.configuration(model)))


def test_a_package_that_nobody_registered_cannot_be_played(tenant: Tenant) -> None:
    package = f"arn:aws:sagemaker:{REGION}:865070037744:model-package/unknown-1"

    found = outcome(tenant, package)

    assert found["EndpointStatus"] == "Failed"
    assert found["FailureReason"] == (
        f"The local account cannot play the model package {package}: nobody has registered it here "
        "with CreateModelPackage."
    )


@pytest.mark.parametrize("by", ["name", "arn"])
def test_a_registered_package_is_served(tenant: Tenant, by: str) -> None:
    name = unique("package")
    arn = register(tenant, ModelPackageName=name)

    found = outcome(tenant, name if by == "name" else arn)

    assert arn == f"arn:aws:sagemaker:{ACCOUNT}:model-package/{name}"
    assert found["EndpointStatus"] == "InService", found.get("FailureReason")
    assert tenant.ask(found["EndpointName"], {"a": 1}) == {"a": 1}


def test_packages_of_a_group_have_versions(tenant: Tenant) -> None:
    group = unique("group")
    code, message = refusal(lambda: register(tenant, ModelPackageGroupName=group))
    assert (code, message) == (
        "ValidationException",
        f'Could not find model package group "arn:aws:sagemaker:{ACCOUNT}:model-package-group/{group}".',
    )
    tenant.client("sagemaker").create_model_package_group(ModelPackageGroupName=group)

    arns = [register(tenant, ModelPackageGroupName=group) for _ in range(2)]

    assert [arn.rpartition("model-package/")[2] for arn in arns] == [f"{group}/1", f"{group}/2"]
    described = tenant.client("sagemaker").describe_model_package(ModelPackageName=arns[1])
    assert described["ModelPackageStatus"] == "Completed"
    assert outcome(tenant, arns[1])["EndpointStatus"] == "InService"


def test_a_package_of_another_account_is_read_by_sagemaker_itself(tenant: Tenant) -> None:
    name = unique("package")
    own = register(tenant, ModelPackageName=name)
    foreign = own.replace("123456789012", "865070037744")
    only_logs = tenant.role(trust("sagemaker"), WRITE_LOGS)

    assert outcome(tenant, foreign, only_logs)["EndpointStatus"] == "InService"

    found = outcome(tenant, own, only_logs)
    assert found["EndpointStatus"] == "Failed"
    assert "ecr:GetAuthorizationToken" in found["FailureReason"]


def test_a_package_needs_a_name_or_a_group(tenant: Tenant) -> None:
    code, message = refusal(lambda: register(tenant))

    assert code == "ValidationException"
    assert message == "ModelPackageName or ModelPackageGroupName is required."
    _, message = refusal(
        lambda: tenant.client("sagemaker").describe_model_package(ModelPackageName="nobody")
    )
    assert message == "ModelPackage nobody does not exist."


@pytest.mark.parametrize(
    ("container", "message"),
    [
        (
            {
                "ModelDataUrl": "s3://b/k.tar.gz",
                "ModelDataSource": {
                    "S3DataSource": {"S3Uri": "s3://b/k/", "S3DataType": "S3Prefix", "CompressionType": "None"}
                },
            },
            "Both ModelDataUrl and ModelDataSource cannot be specified for a container.",
        ),
        (
            {
                "ModelDataSource": {
                    "S3DataSource": {"S3Uri": "s3://b/k", "S3DataType": "S3Prefix", "CompressionType": "None"}
                }
            },
            'S3Uri "s3://b/k" of S3DataType S3Prefix must end with a forward slash (/).',
        ),
    ],
)  # fmt: skip
def test_a_containers_model_data_comes_from_one_place(
    tenant: Tenant, container: dict[str, Any], message: str
) -> None:
    code, said = refusal(
        lambda: tenant.client("sagemaker").create_model(
            ModelName=unique("model"),
            ExecutionRoleArn=tenant.execution_role,
            PrimaryContainer={"Image": IMAGE, **container},
        )
    )

    assert (code, said) == ("ValidationException", message)
