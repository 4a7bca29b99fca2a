import pytest

from components import GenAIEndpoint, GenAIEndpointArgs
from rehearsal.program import ProgramRun
from tests.components.configurations import ARCHIVE, IMAGE, PREFIX
from tests.harness import deploy, inputs_of


@pytest.fixture
def run(endpoint_args: GenAIEndpointArgs) -> ProgramRun:
    return deploy(lambda: GenAIEndpoint("m", endpoint_args))


def test_only_the_endpoint_has_a_name_of_our_choice(run: ProgramRun) -> None:
    named = {r.type.rpartition(":")[2] for r in run.registrations if "name" in inputs_of(r)}

    assert named == {"Endpoint", "LogGroup"}
    assert inputs_of(run.only("aws:sagemaker/endpoint:Endpoint"))["name"] == "genai-test"


def test_an_archive_is_mounted_unpacked(run: ProgramRun) -> None:
    container = inputs_of(run.only("aws:sagemaker/model:Model"))["primaryContainer"]

    assert container["image"] == IMAGE
    assert container["modelDataSource"] == {
        "s3DataSources": [{"s3Uri": ARCHIVE, "s3DataType": "S3Object", "compressionType": "Gzip"}]
    }


def test_a_prefix_is_mounted_as_it_lies(endpoint_args: GenAIEndpointArgs) -> None:
    run = deploy(lambda: GenAIEndpoint("m", {**endpoint_args, "model_uri": PREFIX}))

    container = inputs_of(run.only("aws:sagemaker/model:Model"))["primaryContainer"]
    assert container["modelDataSource"] == {
        "s3DataSources": [{"s3Uri": PREFIX, "s3DataType": "S3Prefix", "compressionType": "None"}]
    }


def test_the_container_is_isolated_from_the_network_by_default(run: ProgramRun) -> None:
    assert inputs_of(run.only("aws:sagemaker/model:Model"))["enableNetworkIsolation"] is True


def test_the_model_waits_for_the_permissions_of_its_role(run: ProgramRun) -> None:
    dependencies = run.only("aws:sagemaker/model:Model").dependencies

    assert any(urn.endswith("::m-execution-permissions") for urn in dependencies)


def test_one_variant_with_the_defaults(run: ProgramRun) -> None:
    configuration = inputs_of(run.only("aws:sagemaker/endpointConfiguration:EndpointConfiguration"))

    assert configuration["productionVariants"] == [
        {
            "variantName": "AllTraffic",
            "modelName": "m-model",
            "instanceType": "ml.m5.large",
            "initialInstanceCount": 1,
            "initialVariantWeight": 1,
            "containerStartupHealthCheckTimeoutInSeconds": 600,
            "modelDataDownloadTimeoutInSeconds": 600,
            "routingConfigs": [{"routingStrategy": "LEAST_OUTSTANDING_REQUESTS"}],
        }
    ]


def test_every_choice_reaches_the_variant(endpoint_args: GenAIEndpointArgs) -> None:
    run = deploy(
        lambda: GenAIEndpoint(
            "m",
            {
                **endpoint_args,
                "instance_type": "ml.g6e.xlarge",
                "initial_instance_count": 2,
                "volume_gb": 100,
                "inference_ami_version": "al2023-ami-sagemaker-inference-gpu-4-1",
                "startup_timeout_seconds": 1800,
                "download_timeout_seconds": 1200,
            },
        )
    )

    (variant,) = inputs_of(run.only("aws:sagemaker/endpointConfiguration:EndpointConfiguration"))[
        "productionVariants"
    ]
    assert variant["instanceType"] == "ml.g6e.xlarge"
    assert variant["initialInstanceCount"] == 2
    assert variant["volumeSizeInGb"] == 100
    assert variant["inferenceAmiVersion"] == "al2023-ami-sagemaker-inference-gpu-4-1"
    assert variant["containerStartupHealthCheckTimeoutInSeconds"] == 1800
    assert variant["modelDataDownloadTimeoutInSeconds"] == 1200


def test_its_container_logs_have_a_group_before_it_runs(run: ProgramRun) -> None:
    group = run.only("aws:cloudwatch/logGroup:LogGroup")

    assert inputs_of(group)["name"] == "/aws/sagemaker/Endpoints/genai-test"
    dependencies = run.only("aws:sagemaker/endpoint:Endpoint").dependencies
    assert any(urn.endswith("::m-container-logs") for urn in dependencies)
