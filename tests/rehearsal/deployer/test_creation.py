"""Registered resources, created in the local account."""

import re
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest

from rehearsal.account import ACCOUNT_ID
from rehearsal.deployer.container_logs import without_frames
from rehearsal.deployer.failures import short_type
from rehearsal.local_account import LocalAccount
from tests.rehearsal.deployment import Deployment, failure, resource
from tests.rehearsal.tenant import (
    IMAGE,
    PULL_IMAGES,
    Tenant,
    document,
    trust,
    unique,
)


def test_what_the_program_leaves_unnamed_gets_a_name_as_pulumi_makes_them(
    tenant: Tenant, deployment: Deployment
) -> None:
    def program() -> None:
        pulumi.export("bucket", resource("s3/bucket:Bucket", "genai").id)

    name = deployment.run(program).exports["bucket"]

    assert re.fullmatch(r"genai-[0-9a-f]{7}", name)
    tenant.client("s3").head_bucket(Bucket=name)
    (created,) = deployment.deployer.created
    assert (created.resource_type, created.name, created.id) == (
        "aws:s3/bucket:Bucket",
        "genai",
        name,
    )
    assert deployment.announced == [("aws:s3/bucket:Bucket", "genai")]


def test_tags_are_set(tenant: Tenant, deployment: Deployment) -> None:
    name = unique("bucket")

    deployment.run(lambda: resource("s3/bucket:Bucket", bucket=name, tags={"Stack": "test"}))

    tags = tenant.client("s3").get_bucket_tagging(Bucket=name)["TagSet"]
    assert tags == [{"Key": "Stack", "Value": "test"}]


def test_a_bucket_is_made_in_the_accounts_region(tenant: Tenant) -> None:
    name = unique("bucket")

    Deployment(LocalAccount(tenant.url, "eu-west-3")).run(
        lambda: resource("s3/bucket:Bucket", bucket=name)
    )

    found = tenant.client("s3").get_bucket_location(Bucket=name)
    assert found["LocationConstraint"] == "eu-west-3"


def test_the_api_gets_a_secret_in_the_clear(tenant: Tenant, deployment: Deployment) -> None:
    name = unique("/secret/group")

    deployment.run(
        lambda: resource("cloudwatch/logGroup:LogGroup", name=pulumi.Output.secret(name))
    )

    found = tenant.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert [group["logGroupName"] for group in found] == [name]


def test_a_functions_archive_is_what_was_registered(
    tenant: Tenant, deployment: Deployment, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context): return 'packed'\n")
    role = tenant.function_role

    def program() -> None:
        code = pulumi.AssetArchive({"pkg/app.py": pulumi.FileAsset(str(tmp_path / "app.py"))})
        function = resource(
            "lambda/function:Function",
            code=code,
            role=role,
            handler="pkg.app.handler",
            runtime="python3.13",
            memorySize=256.0,
            loggingConfig={"logFormat": "JSON", "systemLogLevel": "WARN"},
        )
        pulumi.export("arn", function.arn)  # pyright: ignore[reportAttributeAccessIssue]

    arn = deployment.run(program).exports["arn"]

    assert tenant.call(arn)["Payload"] == "packed"
    client = tenant.client("lambda")
    assert client.get_function_configuration(FunctionName=arn)["MemorySize"] == 256


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (pulumi.FileArchive("."), "the rehearsal packs an AssetArchive, not a FileArchive"),
        (
            pulumi.AssetArchive({"app.py": pulumi.StringAsset("")}),
            "the rehearsal packs files, and app.py is a StringAsset",
        ),
    ],
)
def test_an_archive_that_cannot_be_packed_is_told(
    deployment: Deployment, code: pulumi.Archive, message: str
) -> None:
    told = failure(deployment, lambda: resource("lambda/function:Function", code=code))

    assert str(told) == f"lambda Function it: {message}"


def test_packing_twice_gives_the_same_bytes(
    tenant: Tenant, deployment: Deployment, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context): ...\n")
    role = tenant.function_role

    def program() -> None:
        for name in ("a", "b"):
            code = pulumi.AssetArchive({"app.py": pulumi.FileAsset(str(tmp_path / "app.py"))})
            function = resource(
                "lambda/function:Function",
                name,
                code=code,
                role=role,
                handler="app.handler",
                runtime="python3.13",
            )
            pulumi.export(name, function.id)

    names = deployment.run(program).exports
    hashes = {
        tenant.client("lambda").get_function_configuration(FunctionName=name)["CodeSha256"]
        for name in names.values()
    }

    assert len(hashes) == 1


# Failures


def test_a_refused_resource_says_what_the_account_said(deployment: Deployment) -> None:
    told = failure(deployment, lambda: resource("s3/bucket:Bucket", bucket="b"))

    assert (told.resource_type, told.name) == ("aws:s3/bucket:Bucket", "it")
    assert str(told).startswith("s3 Bucket it: An error occurred (InvalidBucketName)")


def test_an_input_that_the_api_does_not_know_is_refused(deployment: Deployment) -> None:
    told = failure(
        deployment,
        lambda: resource(
            "sagemaker/endpointConfiguration:EndpointConfiguration",
            productionVariants=[{"variantName": "v", "instanceTyp": "ml.m5.large"}],
        ),
    )

    assert "has no member for the input 'instanceTyp'; it has: " in str(told)


def test_a_type_that_is_not_played_is_refused_by_name(deployment: Deployment) -> None:
    told = failure(deployment, lambda: resource("dynamodb/table:Table"))

    assert str(told) == (
        "dynamodb Table it: the rehearsal cannot create a aws:dynamodb/table:Table yet"
    )


def test_a_data_source_that_is_not_played_is_refused_by_name(deployment: Deployment) -> None:
    token = "aws:ec2/getVpc:getVpc"

    with pytest.raises(NotImplementedError, match=f"cannot answer the data source {token} yet"):
        deployment.run(lambda: pulumi.runtime.invoke(token, {}).value)


def test_the_account_is_known_to_the_program(deployment: Deployment) -> None:
    def program() -> None:
        caller = pulumi.runtime.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})
        pulumi.export("account", caller.value["accountId"])  # pyright: ignore[reportOptionalSubscript]

    assert deployment.run(program).exports == {"account": ACCOUNT_ID}


def endpoint_of(uri: str, role: str) -> Callable[[], None]:
    """A program that hosts the archive at `uri`."""

    def program() -> None:
        model = resource(
            "sagemaker/model:Model",
            executionRoleArn=role,
            primaryContainer={"image": IMAGE, "modelDataUrl": uri},
        )
        configuration = resource(
            "sagemaker/endpointConfiguration:EndpointConfiguration",
            productionVariants=[
                {
                    "variantName": "AllTraffic",
                    "modelName": model.id,
                    "instanceType": "ml.m5.large",
                    "initialInstanceCount": 1.0,
                }
            ],
        )
        endpoint = resource("sagemaker/endpoint:Endpoint", endpointConfigName=configuration.id)
        pulumi.export("endpoint", endpoint.id)

    return program


def test_an_endpoint_that_never_had_a_container_says_why(
    tenant: Tenant, deployment: Deployment
) -> None:
    role = tenant.execution_role
    uri = f"s3://{tenant.bucket()}/model.tar.gz"

    told = str(failure(deployment, endpoint_of(uri, role)))

    assert told.startswith(f"sagemaker Endpoint it: Could not find model data at {uri}. ")
    assert told.endswith("container log: (it wrote none)")


def test_an_endpoint_whose_container_failed_shows_the_end_of_its_log(
    tenant: Tenant, deployment: Deployment
) -> None:
    role = tenant.execution_role
    model = tenant.model({"code/inference.py": "raise OSError('no weights')\n"})
    described = tenant.client("sagemaker").describe_model(ModelName=model)

    told = str(
        failure(deployment, endpoint_of(described["PrimaryContainer"]["ModelDataUrl"], role))
    )

    assert "did not pass the ping health check" in told
    assert "\n  container log:\n    " in told
    assert told.endswith("\n    OSError: no weights")


def test_a_role_and_its_policy_count_as_registered(tenant: Tenant, deployment: Deployment) -> None:
    def program() -> None:
        role = resource("iam/role:Role", assumeRolePolicy=document(trust("sagemaker")))
        resource("iam/rolePolicy:RolePolicy", role=role.id, policy=document(PULL_IMAGES))
        pulumi.export("role", role.id)

    name = deployment.run(program).exports["role"]

    (policy,) = tenant.client("iam").list_role_policies(RoleName=name)["PolicyNames"]
    found = tenant.client("iam").get_role_policy(RoleName=name, PolicyName=policy)
    assert found["PolicyDocument"]["Statement"] == [PULL_IMAGES]


@pytest.mark.parametrize(
    ("kind", "short"),
    [
        ("aws:s3/bucket:Bucket", "s3 Bucket"),
        ("aws:lambda/function:Function", "lambda Function"),
        ("genai:index:ModelBucket", "index ModelBucket"),
    ],
)
def test_types_are_told_as_people_say_them(kind: str, short: str) -> None:
    assert short_type(kind) == short


def test_of_a_stack_trace_what_was_raised_is_kept() -> None:
    log = [
        "loading",
        "Traceback (most recent call last):",
        '  File "inference.py", line 3, in model_fn',
        "    raise ValueError(",
        "ValueError: no weights",
        "  an indented line of the model's own",
    ]

    assert without_frames(log) == [
        "loading",
        "ValueError: no weights",
        "  an indented line of the model's own",
    ]
