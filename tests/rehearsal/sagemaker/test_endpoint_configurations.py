"""What CreateEndpointConfig and UpdateEndpoint refuse, and what DescribeEndpoint repeats."""

import re
from typing import Any

import pytest

from tests.rehearsal.tenant import ECHO, Tenant, on_instances, refusal

SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 2}
ASYNC = {"OutputConfig": {"S3OutputPath": "s3://bucket/async/results/"}}
CAPTURE = {
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://bucket/capture/",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}


def serverless(model: str, **limits: int) -> dict[str, Any]:
    return {
        "VariantName": "AllTraffic",
        "ModelName": model,
        "ServerlessConfig": {**SERVERLESS, **limits},
    }


@pytest.fixture(scope="module")
def model(tenant: Tenant) -> str:
    return tenant.model(ECHO)


def refused(tenant: Tenant, *variants: dict[str, Any], **members: Any) -> str:
    code, message = refusal(lambda: tenant.configured(*variants, **members))
    assert code == "ValidationException"
    return message


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"MemorySizeInMB": 1500}, "MemorySizeInMB must be one of 1024, 2048, 3072, 4096, 5120, 6144; it is 1500."),
        ({"ProvisionedConcurrency": 3}, "ProvisionedConcurrency must be less than or equal to MaxConcurrency."),
        ({"MaxConcurrency": 201}, "Member must have value less than or equal to 200"),
        ({"MemorySizeInMB": 7168}, "Member must have value less than or equal to 6144"),
    ],
)  # fmt: skip
def test_serverless_limits(
    tenant: Tenant, model: str, limits: dict[str, int], message: str
) -> None:
    assert message in refused(tenant, serverless(model, **limits))


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"AsyncInferenceConfig": ASYNC}, "AsyncInferenceConfig is not supported for serverless endpoints."),
        ({"DataCaptureConfig": CAPTURE}, "DataCaptureConfig is not supported for serverless endpoints."),
    ],
)  # fmt: skip
def test_what_a_serverless_endpoint_cannot_have(
    tenant: Tenant, model: str, members: dict[str, Any], message: str
) -> None:
    assert refused(tenant, serverless(model), **members) == message


def test_a_serverless_endpoint_has_one_variant(tenant: Tenant, model: str) -> None:
    other = on_instances(model, "other")

    assert refused(tenant, serverless(model), other) == (
        "A serverless endpoint can have only one production variant."
    )


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}, "Models with a VpcConfig are"),
        ({"EnableNetworkIsolation": True}, "Models with network isolation are"),
        (
            {
                "PrimaryContainer": {
                    "Image": "i",
                    "ModelDataSource": {
                        "S3DataSource": {"S3Uri": "s3://b/k/", "S3DataType": "S3Prefix", "CompressionType": "None"}
                    },
                }
            },
            "Model with containers that use ModelDataSource is",
        ),
    ],
)  # fmt: skip
def test_models_that_cannot_be_served_serverless(
    tenant: Tenant, members: dict[str, Any], message: str
) -> None:
    name = tenant.model("s3://nowhere/model.tar.gz")
    sagemaker = tenant.client("sagemaker")
    sagemaker.delete_model(ModelName=name)
    request = {"PrimaryContainer": {"Image": "i"}, **members}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=tenant.execution_role, **request)

    said = refused(tenant, serverless(name))

    assert said == f"{message} not supported for serverless endpoints."


def test_a_serverless_variant_has_no_instances(tenant: Tenant, model: str) -> None:
    variant = {**serverless(model), "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}

    assert "cannot be combined with InstanceType" in refused(tenant, variant)


@pytest.mark.parametrize("missing", ["InstanceType", "InitialInstanceCount"])
def test_any_other_variant_has_instances(tenant: Tenant, model: str, missing: str) -> None:
    variant = {key: value for key, value in on_instances(model).items() if key != missing}

    assert refused(tenant, variant) == (
        "Variant AllTraffic: InstanceType and InitialInstanceCount are required without a "
        "ServerlessConfig."
    )


def test_variants_have_names_of_their_own(tenant: Tenant, model: str) -> None:
    assert refused(tenant, on_instances(model), on_instances(model)) == (
        "Variant names must be unique; AllTraffic is not."
    )


def test_a_shadow_needs_exactly_one_variant_to_follow(tenant: Tenant, model: str) -> None:
    shadows = [on_instances(model, "shadow")]

    message = refused(
        tenant,
        on_instances(model, "a"),
        on_instances(model, "b"),
        ShadowProductionVariants=shadows,
    )

    assert message == (
        "With ShadowProductionVariants, exactly one ProductionVariant and one "
        "ShadowProductionVariant can be specified."
    )


def test_a_shadow_follows_neither_async_nor_serverless(tenant: Tenant, model: str) -> None:
    shadows = [on_instances(model, "shadow")]

    for excluded, variant, members in (
        ("AsyncInferenceConfig", on_instances(model), {"AsyncInferenceConfig": ASYNC}),
        ("serverless inference", serverless(model), {}),
    ):
        said = refused(tenant, variant, ShadowProductionVariants=shadows, **members)
        assert said == f"ShadowProductionVariants cannot be combined with {excluded}."


def test_a_place_for_components_needs_a_role_and_no_queue(tenant: Tenant, model: str) -> None:
    role = tenant.execution_role

    assert refused(tenant, on_instances(None)) == (
        "ExecutionRoleArn is required when production variants have no ModelName."
    )
    mixed = refused(
        tenant, on_instances(None, "a"), on_instances(model, "b"), ExecutionRoleArn=role
    )
    assert mixed == "Either every production variant has a ModelName or none."
    queued = refused(tenant, on_instances(None), ExecutionRoleArn=role, AsyncInferenceConfig=ASYNC)
    assert queued == "AsyncInferenceConfig cannot be combined with inference components."


def test_instances_are_scaled_between_a_least_and_a_most(tenant: Tenant, model: str) -> None:
    scaling = {"Status": "ENABLED", "MinInstanceCount": 3, "MaxInstanceCount": 2}

    message = refused(tenant, on_instances(model, ManagedInstanceScaling=scaling))

    assert "MinInstanceCount must be less than or equal to MaxInstanceCount" in message


def test_an_asynchronous_endpoint_without_a_place_for_replies_is_not_played(
    tenant: Tenant, model: str
) -> None:
    message = refused(tenant, on_instances(model), AsyncInferenceConfig={"OutputConfig": {}})

    assert message == "the local account plays asynchronous endpoints with an S3OutputPath"


def test_an_endpoint_neither_gains_nor_loses_its_queue(tenant: Tenant, model: str) -> None:
    sagemaker = tenant.client("sagemaker")
    direct = tenant.configured(on_instances(model))
    queued = tenant.configured(on_instances(model), AsyncInferenceConfig=ASYNC)

    for old, new, verb in ((direct, queued, "added to"), (queued, direct, "removed from")):
        endpoint = tenant.in_service(old)
        code, said = refusal(
            lambda name=endpoint, to=new: sagemaker.update_endpoint(
                EndpointName=name, EndpointConfigName=to
            )
        )
        assert code == "ValidationException"
        assert said == f"The AsyncInferenceConfig parameter cannot be {verb} this endpoint."


def test_an_endpoint_of_instances_cannot_become_serverless(tenant: Tenant, model: str) -> None:
    endpoint = tenant.in_service(tenant.configuration(model))
    sagemaker = tenant.client("sagemaker")
    other = tenant.configured(on_instances(None), ExecutionRoleArn=tenant.execution_role)

    for configuration, message in (
        (tenant.configured(serverless(model)), "instance-based endpoint to a serverless endpoint"),
        (other, "between an endpoint of models and one of inference components"),
    ):
        code, said = refusal(
            lambda to=configuration: sagemaker.update_endpoint(
                EndpointName=endpoint, EndpointConfigName=to
            )
        )
        assert code == "ValidationException"
        assert message in said
    assert tenant.ask(endpoint, {"still": "there"}) == {"still": "there"}


def test_a_serverless_endpoint_answers_and_can_become_one_of_instances(
    tenant: Tenant, model: str
) -> None:
    endpoint = tenant.in_service(tenant.configured(serverless(model, ProvisionedConcurrency=1)))
    sagemaker = tenant.client("sagemaker")
    (variant,) = sagemaker.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]

    assert tenant.ask(endpoint, {"a": 1}) == {"a": 1}
    assert variant["CurrentServerlessConfig"] == {**SERVERLESS, "ProvisionedConcurrency": 1}
    assert "CurrentInstanceCount" not in variant
    sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=tenant.configuration(model))
    assert tenant.settled(endpoint)["ProductionVariants"][0]["CurrentInstanceCount"] == 1


def test_a_serverless_endpoint_takes_a_body_of_4_mib(tenant: Tenant, model: str) -> None:
    endpoint = tenant.in_service(tenant.configured(serverless(model, ProvisionedConcurrency=1)))
    runtime = tenant.client("sagemaker-runtime")

    whole = runtime.invoke_endpoint(EndpointName=endpoint, Body=b"x" * 4_194_304)
    code, message = refusal(
        lambda: runtime.invoke_endpoint(EndpointName=endpoint, Body=b"x" * 4_194_305)
    )

    assert len(whole["Body"].read()) == 4_194_304
    assert code == "ValidationError"
    assert re.fullmatch("Request [0-9a-f-]{36} has oversize body.", message)


def test_an_endpoint_is_described_with_queue_and_capture_of_its_configuration(
    tenant: Tenant, model: str
) -> None:
    queued = tenant.in_service(tenant.configured(on_instances(model), AsyncInferenceConfig=ASYNC))
    captured = tenant.configured(
        on_instances(model), AsyncInferenceConfig=ASYNC, DataCaptureConfig=CAPTURE
    )
    sagemaker = tenant.client("sagemaker")

    found = sagemaker.describe_endpoint(EndpointName=queued)
    assert found["AsyncInferenceConfig"] == ASYNC
    assert "DataCaptureConfig" not in found

    sagemaker.update_endpoint(EndpointName=queued, EndpointConfigName=captured)
    found = tenant.settled(queued)
    assert found["AsyncInferenceConfig"] == ASYNC
    assert found["DataCaptureConfig"] == {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": 100,
        "DestinationS3Uri": "s3://bucket/capture/",
        "KmsKeyId": "",
    }
