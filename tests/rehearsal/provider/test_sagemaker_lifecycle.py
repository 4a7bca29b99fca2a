"""What the real provider asks of SageMaker for our resources, in its order.

Read in hashicorp/terraform-provider-aws, internal/service/sagemaker, November 2026 (the stored versions may be older
than the provider in use): model.go at 0cafd6b50f8e, endpoint.go at 033616433b62. A ValidationException is how
it knows that one is gone.
"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.tenant import ECHO, IMAGE, REGION, Tenant, on_instances, poll, refusal, unique

GONE = "ValidationException"
TAGS = [{"Key": "Project", "Value": "genai"}, {"Key": "old", "Value": "1"}]


@pytest.fixture
def sagemaker(tenant: Tenant) -> Any:
    return tenant.client("sagemaker")


def arn_of(kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:123456789012:{kind}/{name}"


def change_tags(sagemaker: Any, arn: str) -> dict[str, str]:
    """Change tags as the provider does, after they were found as given."""
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == TAGS
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["old"])
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "new", "Value": "2"}])
    return {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}


def wait_for(sagemaker: Any, name: str, status: str) -> None:
    def has_come() -> bool:
        return sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == status

    poll(has_come, f"{name} is {status}")


def is_gone(sagemaker: Any, name: str) -> bool:
    try:
        sagemaker.describe_endpoint(EndpointName=name)
    except ClientError:
        return True
    return False


def test_a_model_is_created_read_as_given_and_gone(tenant: Tenant, sagemaker: Any) -> None:
    name, bucket = unique("model"), tenant.bucket()
    given = {
        "ExecutionRoleArn": tenant.execution_role,
        "PrimaryContainer": {
            "Image": IMAGE,
            "Mode": "SingleModel",
            "ModelDataUrl": f"s3://{bucket}/model.tar.gz",
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
        },
        "EnableNetworkIsolation": False,
        "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
    }
    sagemaker.create_model(ModelName=name, **given, Tags=TAGS)
    found = sagemaker.describe_model(ModelName=name)
    assert found.items() >= given.items()
    assert found["ModelArn"] == arn_of("model", name)
    assert change_tags(sagemaker, found["ModelArn"]) == {"Project": "genai", "new": "2"}

    sagemaker.delete_model(ModelName=name)
    for ask in (sagemaker.describe_model, sagemaker.delete_model):
        code, message = refusal(lambda ask=ask: ask(ModelName=name))
        assert (code, message.startswith("Could not find model")) == (GONE, True)


def test_a_configuration_is_created_read_as_given_and_gone(tenant: Tenant, sagemaker: Any) -> None:
    name = unique("configuration")
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{tenant.bucket()}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    }
    variant = on_instances(tenant.model(ECHO), InitialVariantWeight=1.0)
    given = {"ProductionVariants": [variant], "DataCaptureConfig": capture}
    sagemaker.create_endpoint_config(EndpointConfigName=name, **given, Tags=TAGS)
    found = sagemaker.describe_endpoint_config(EndpointConfigName=name)
    assert found["ProductionVariants"][0].items() >= variant.items()
    assert found["DataCaptureConfig"].items() >= capture.items()
    assert found["EndpointConfigArn"] == arn_of("endpoint-config", name)
    assert change_tags(sagemaker, found["EndpointConfigArn"]) == {"Project": "genai", "new": "2"}

    sagemaker.delete_endpoint_config(EndpointConfigName=name)
    for ask in (sagemaker.describe_endpoint_config, sagemaker.delete_endpoint_config):
        code, message = refusal(lambda ask=ask: ask(EndpointConfigName=name))
        assert (code, message.startswith("Could not find endpoint configuration")) == (GONE, True)


def test_an_endpoint_is_created_waited_for_read_updated_and_gone(
    tenant: Tenant, sagemaker: Any
) -> None:
    name, model = unique("endpoint"), tenant.model(ECHO)
    first, second = unique("first"), unique("second")
    for configuration in (first, second):
        sagemaker.create_endpoint_config(
            EndpointConfigName=configuration, ProductionVariants=[on_instances(model)]
        )
    rollout = {
        "RollingUpdatePolicy": {
            "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1},
            "WaitIntervalInSeconds": 60,
        }
    }
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=first, Tags=TAGS)
    wait_for(sagemaker, name, "InService")
    found = sagemaker.describe_endpoint(EndpointName=name)
    assert found["EndpointConfigName"] == first
    assert found["EndpointArn"] == arn_of("endpoint", name)
    assert change_tags(sagemaker, found["EndpointArn"]) == {"Project": "genai", "new": "2"}

    sagemaker.update_endpoint(
        EndpointName=name, EndpointConfigName=second, DeploymentConfig=rollout
    )
    wait_for(sagemaker, name, "InService")
    found = sagemaker.describe_endpoint(EndpointName=name)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", second)
    assert found["LastDeploymentConfig"]["RollingUpdatePolicy"] == rollout["RollingUpdatePolicy"]

    sagemaker.delete_endpoint(EndpointName=name)
    poll(lambda: is_gone(sagemaker, name), "it is gone")
    for ask in (sagemaker.describe_endpoint, sagemaker.delete_endpoint):
        code, message = refusal(lambda ask=ask: ask(EndpointName=name))
        assert (code, message.startswith("Could not find endpoint")) == (GONE, True)
