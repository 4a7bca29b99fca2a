"""What each mode registers."""

import json
from typing import Any

import pulumi
import pytest
from pulumi_aws import sagemaker

from components import GenAIEndpoint, GenAIEndpointArgs
from rehearsal.program import ProgramRun
from tests.components.configurations import (
    ARCHIVE,
    ASYNC,
    BY_MODE,
    CONFIGURATIONS,
    KEYS,
    OTHER_ARCHIVE,
    PACKAGE,
    REALTIME,
    SCALE_TO_ZERO,
    SECRET,
    SERVERLESS,
    TOPIC,
    with_args,
)
from tests.harness import (
    SECRET_VALUE,
    deploy,
    inputs_of,
    is_secret,
    without_secret_marks,
    without_secrets,
)

CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
MODEL = "aws:sagemaker/model:Model"
CLOUD_CONTROL = "aws:cloudcontrol/resource:Resource"
BILLED = {
    CONFIGURATION,
    CLOUD_CONTROL,
    "aws:sagemaker/endpoint:Endpoint",
    "aws:appautoscaling/target:Target",
    "aws:appautoscaling/policy:Policy",
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:sns/topic:Topic",
}


def run_of(args: GenAIEndpointArgs) -> ProgramRun:
    return deploy(lambda: GenAIEndpoint("m", args))


def only_inputs(run: ProgramRun, resource_type: str) -> dict[str, Any]:
    return inputs_of(run.only(resource_type))


def container(args: GenAIEndpointArgs) -> dict[str, Any]:
    return only_inputs(run_of(args), MODEL)["primaryContainer"]


def outputs(run: ProgramRun) -> dict[str, Any]:
    return run.outputs_of["genai:index:GenAIEndpoint::m"]


def test_a_serverless_variant_has_a_size_and_no_instances() -> None:
    configuration = only_inputs(run_of(SERVERLESS), CONFIGURATION)

    assert configuration["productionVariants"] == [
        {
            "variantName": "AllTraffic",
            "modelName": "m-model",
            "initialVariantWeight": 1,
            "serverlessConfig": {"memorySizeInMb": 4096, "maxConcurrency": 20},
        }
    ]


def test_a_serverless_model_is_an_archive_without_isolation() -> None:
    model = only_inputs(run_of(SERVERLESS), MODEL)

    assert model["primaryContainer"]["modelDataUrl"] == ARCHIVE
    assert "modelDataSource" not in model["primaryContainer"]
    assert "enableNetworkIsolation" not in model


def test_provisioned_concurrency_reaches_the_variant() -> None:
    provisioned = {"memory_mib": 1024, "max_concurrency": 10, "provisioned_concurrency": 2}
    run = run_of(with_args(SERVERLESS, serverless=provisioned))

    (variant,) = only_inputs(run, CONFIGURATION)["productionVariants"]
    assert variant["serverlessConfig"]["provisionedConcurrency"] == 2


def test_an_async_endpoint_writes_results_and_failures_apart() -> None:
    configuration = only_inputs(run_of(ASYNC), CONFIGURATION)

    assert configuration["asyncInferenceConfig"] == {
        "clientConfig": {"maxConcurrentInvocationsPerInstance": 4},
        "outputConfig": {
            "s3OutputPath": "s3://data/async/results/",
            "s3FailurePath": "s3://data/async/failures/",
        },
    }


def test_notified_topics_are_made_unless_given() -> None:
    run = run_of(CONFIGURATIONS["topics"])

    output = only_inputs(run, CONFIGURATION)["asyncInferenceConfig"]["outputConfig"]
    made = "arn:mock:aws:sns/topic:Topic:m-success"
    assert output["notificationConfig"] == {
        "successTopic": made,
        "errorTopic": TOPIC,
        "includeInferenceResponseIns": ["SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"],
    }
    assert only_inputs(run, "aws:sns/topic:Topic")["kmsMasterKeyId"] == "alias/aws/sns"
    policy = only_inputs(run, "aws:sns/topicPolicy:TopicPolicy")
    (statement,) = json.loads(policy["policy"])["Statement"]
    assert (policy["arn"], statement["Sid"]) == (made, "DenyInsecureTransport")
    assert (outputs(run)["success_topic_arn"], outputs(run)["error_topic_arn"]) == (made, TOPIC)


def test_a_given_topic_is_told_without_making_another() -> None:
    given = {"success_topic_arn": TOPIC, "max_concurrency_per_instance": 9}
    run = run_of(with_args(ASYNC, asynchronous=given))

    config = only_inputs(run, CONFIGURATION)["asyncInferenceConfig"]
    assert run.all("aws:sns/topic:Topic") == []
    assert config["outputConfig"]["notificationConfig"] == {"successTopic": TOPIC}
    assert config["clientConfig"]["maxConcurrentInvocationsPerInstance"] == 9
    assert outputs(run)["error_topic_arn"] == ""


def test_a_scale_to_zero_variant_has_instances_that_may_be_none_and_no_model() -> None:
    configuration = only_inputs(run_of(SCALE_TO_ZERO), CONFIGURATION)

    assert configuration["executionRoleArn"] == "arn:mock:aws:iam/role:Role:m-execution"
    assert configuration["productionVariants"] == [
        {
            "variantName": "AllTraffic",
            "instanceType": "ml.g5.xlarge",
            "initialInstanceCount": 1,
            "initialVariantWeight": 1,
            "routingConfigs": [{"routingStrategy": "LEAST_OUTSTANDING_REQUESTS"}],
            "managedInstanceScaling": {
                "status": "ENABLED",
                "minInstanceCount": 0,
                "maxInstanceCount": 4,
            },
        }
    ]


def test_only_a_scale_to_zero_configuration_has_a_role() -> None:
    with_role = {
        mode
        for mode, args in BY_MODE.items()
        if "executionRoleArn" in only_inputs(run_of(args), CONFIGURATION)
    }

    assert with_role == {"scale-to-zero"}


def test_the_model_is_put_there_by_an_inference_component_through_cloud_control() -> None:
    run = run_of(SCALE_TO_ZERO)

    component = run.only(CLOUD_CONTROL)
    assert inputs_of(component)["typeName"] == "AWS::SageMaker::InferenceComponent"
    assert json.loads(inputs_of(component)["desiredState"]) == {
        "InferenceComponentName": "genai-test-component",
        "EndpointName": "genai-test",
        "VariantName": "AllTraffic",
        "Specification": {
            "ModelName": "m-model",
            "ComputeResourceRequirements": {
                "MinMemoryRequiredInMb": 4096,
                "NumberOfAcceleratorDevicesRequired": 1,
                "NumberOfCpuCoresRequired": 0.5,
            },
            "StartupParameters": {
                "ContainerStartupHealthCheckTimeoutInSeconds": 600,
                "ModelDataDownloadTimeoutInSeconds": 600,
            },
        },
        "RuntimeConfig": {"CopyCount": 1},
        "Tags": [{"Key": "Project", "Value": "genai"}, {"Key": "Stack", "Value": "test"}],
    }
    assert any(urn.endswith("::m-endpoint") for urn in component.dependencies)
    assert outputs(run)["inference_component_name"] == "genai-test-component"


class NativeInferenceComponent(pulumi.CustomResource):
    """Stands in for the resource that pulumi-aws has from 7.52 on, with the arguments of its documentation."""

    def __init__(  # noqa: PLR0913 - the provider's own signature
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        name: pulumi.Input[str],
        endpoint_name: pulumi.Input[str],
        variant_name: pulumi.Input[str],
        specification: pulumi.Input[Any],
        runtime_config: pulumi.Input[Any],
        tags: pulumi.Input[Any],
    ) -> None:
        inputs = {
            "name": name,
            "endpointName": endpoint_name,
            "variantName": variant_name,
            "specification": specification,
            "runtimeConfig": runtime_config,
            "tags": tags,
        }
        super().__init__(
            "aws:sagemaker/inferenceComponent:InferenceComponent", resource_name, inputs, opts
        )


def test_the_inference_component_is_native_where_the_provider_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sagemaker, "InferenceComponent", NativeInferenceComponent, raising=False)
    run = run_of(CONFIGURATIONS["scale-to-zero-from-zero"])

    component = run.only("aws:sagemaker/inferenceComponent:InferenceComponent")
    inputs = inputs_of(component)
    assert run.all(CLOUD_CONTROL) == []
    assert inputs["name"] == "genai-test-component"
    assert inputs["specification"]["model_name"] == "m-model"
    assert inputs["runtimeConfig"] == {"copy_count": 1}
    assert any(urn.endswith("::m-endpoint") for urn in component.dependencies)
    target = run.only("aws:appautoscaling/target:Target")
    assert any(urn.endswith("::m-component") for urn in target.dependencies)


def test_the_installed_provider_has_no_native_inference_component_yet() -> None:
    """When this fails, the native path is the one that users take: hold its arguments against the provider."""
    assert not hasattr(sagemaker, "InferenceComponent")


@pytest.mark.parametrize("mode", BY_MODE)
def test_what_is_off_keeps_role_logs_and_model_and_nothing_that_is_billed(mode: str) -> None:
    off = with_args(
        BY_MODE[mode],
        enabled=False,
        rollout={"strategy": "all-at-once"},
        **({"asynchronous": {"notify": True}} if mode == "async" else {}),
    )
    run = run_of(off)

    registered = {r.type for r in run.registrations}
    assert registered & BILLED == set()
    assert registered >= {MODEL, "aws:iam/role:Role", "aws:cloudwatch/logGroup:LogGroup"}
    assert outputs(run) == {
        "endpoint_name": "genai-test",
        "endpoint_arn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/genai-test",
        "model_name": "m-model",
        "endpoint_configuration_name": "",
        "execution_role_arn": "arn:mock:aws:iam/role:Role:m-execution",
        "inference_component_name": "",
        "success_topic_arn": "",
        "error_topic_arn": "",
        "model_bucket_policy": "",
    }


def test_a_hub_model_has_no_model_data() -> None:
    args = with_args(REALTIME, model_uri=None, network_isolation=False)
    run = run_of(args)

    assert only_inputs(run, MODEL)["primaryContainer"] == {"image": REALTIME.get("image_uri")}
    assert only_inputs(run, MODEL)["enableNetworkIsolation"] is False


@pytest.mark.parametrize("mode", ["realtime", "serverless"])
def test_an_empty_model_uri_is_no_model_data_either(mode: str) -> None:
    """It is what a ModelBucket answers when the model comes from a hub."""
    found = container(with_args(BY_MODE[mode], model_uri=""))

    assert {key: value for key, value in found.items() if value is not None}.keys() == {"image"}


def test_a_package_brings_image_and_model() -> None:
    assert container(CONFIGURATIONS["package"]) == {"modelPackageName": PACKAGE}


def test_a_package_may_get_an_environment() -> None:
    args = with_args(CONFIGURATIONS["package"], environment={"A": "1"})

    assert container(args) == {"modelPackageName": PACKAGE, "environment": {"A": "1"}}


@pytest.mark.parametrize("accepted", [True, False])
def test_a_licence_is_accepted_only_if_asked(*, accepted: bool) -> None:
    found = container(with_args(REALTIME, accept_eula=accepted))

    (source,) = found["modelDataSource"]["s3DataSources"]
    assert source.get("modelAccessConfig") == ({"acceptEula": True} if accepted else None)


def test_secret_variables_are_merged_and_the_environment_is_marked_secret() -> None:
    args = with_args(
        REALTIME,
        environment={"PLAIN": "1"},
        secret_environment={"TOKEN": "t"},
        environment_from_secrets={"HF_TOKEN": SECRET},
    )
    environment = container(args)["environment"]

    assert is_secret(environment)
    assert without_secret_marks(environment) == {
        "PLAIN": "1",
        "TOKEN": "t",
        "HF_TOKEN": SECRET_VALUE,
    }


def test_no_copy_of_a_secret_variable_is_readable_in_the_state() -> None:
    run = run_of(with_args(REALTIME, secret_environment={"TOKEN": "readable"}))

    variables = only_inputs(run, "genai:index:GenAIEndpoint")["secret_environment"]
    assert is_secret(variables["TOKEN"])
    assert without_secret_marks(variables) == {"TOKEN": "readable"}
    for registration in run.registrations:
        assert "readable" not in json.dumps(without_secrets(inputs_of(registration)))


@pytest.mark.parametrize(
    "secrets",
    [{"secret_environment": {"T": "t"}}, {"environment_from_secrets": {"T": SECRET}}],
    ids=lambda secrets: next(iter(secrets)),
)
def test_either_kind_of_secret_marks_the_environment(secrets: dict[str, Any]) -> None:
    assert is_secret(container(with_args(REALTIME, **secrets))["environment"])


def test_an_environment_without_secrets_is_not_marked() -> None:
    assert container(with_args(REALTIME, environment={"A": "1"}))["environment"] == {"A": "1"}


def test_variants_share_the_main_model_unless_they_serve_another() -> None:
    run = run_of(CONFIGURATIONS["variants"])

    models = {r.name: inputs_of(r)["primaryContainer"] for r in run.all(MODEL)}
    assert models.keys() == {"m-model", "m-novelist-model"}
    (source,) = models["m-novelist-model"]["modelDataSource"]["s3DataSources"]
    assert source["s3Uri"] == OTHER_ARCHIVE
    variants = only_inputs(run, CONFIGURATION)["productionVariants"]
    assert [
        (
            v["variantName"],
            v["modelName"],
            v["initialVariantWeight"],
            v["instanceType"],
            v["initialInstanceCount"],
        )
        for v in variants
    ] == [
        ("AllTraffic", "m-model", 9, "ml.m5.large", 1),
        ("novelist", "m-novelist-model", 1, "ml.m5.large", 1),
        ("bigger", "m-model", 1, "ml.m5.xlarge", 2),
    ]


def test_a_variants_environment_stands_instead_of_the_main_one_and_keeps_the_secrets() -> None:
    args = with_args(
        REALTIME,
        environment={"MAIN": "1"},
        secret_environment={"TOKEN": "t"},
        extra_variants={"other": {"environment": {"OTHER": "1"}}},
    )
    run = run_of(args)

    (model,) = [r for r in run.all(MODEL) if r.name == "m-other-model"]
    environment = without_secret_marks(inputs_of(model))["primaryContainer"]["environment"]
    assert environment == {"OTHER": "1", "TOKEN": "t"}


def test_a_shadow_variant_stands_beside_the_main_one() -> None:
    configuration = only_inputs(run_of(CONFIGURATIONS["shadow"]), CONFIGURATION)

    (main,) = configuration["productionVariants"]
    (shadow,) = configuration["shadowProductionVariants"]
    assert (main["variantName"], main["modelName"]) == ("AllTraffic", "m-model")
    assert (shadow["variantName"], shadow["modelName"]) == ("candidate", "m-candidate-model")


@pytest.mark.parametrize(
    ("kept", "modes"),
    [
        ({}, ["Input", "Output"]),
        ({"outputs": False}, ["Input"]),
        ({"inputs": False}, ["Output"]),
    ],
)
def test_captures_keep_what_is_asked_as_readable_json(
    kept: dict[str, bool], modes: list[str]
) -> None:
    args = with_args(
        REALTIME,
        data_bucket_name="data",
        capture={"percent": 10, **kept},
        capture_kms_key_arn=KEYS["capture"],
    )

    assert only_inputs(run_of(args), CONFIGURATION)["dataCaptureConfig"] == {
        "enableCapture": True,
        "initialSamplingPercentage": 10,
        "destinationS3Uri": "s3://data/capture/",
        "captureOptions": [{"captureMode": mode} for mode in modes],
        "kmsKeyId": KEYS["capture"],
        "captureContentTypeHeader": {"jsonContentTypes": ["application/json"]},
    }


def test_volumes_and_results_are_encrypted_with_their_keys() -> None:
    configuration = only_inputs(run_of(CONFIGURATIONS["keys"]), CONFIGURATION)

    assert configuration["kmsKeyArn"] == KEYS["volume"]
    output = configuration["asyncInferenceConfig"]["outputConfig"]
    assert output["kmsKeyId"] == KEYS["async-output"]


def test_the_model_runs_in_the_vpc() -> None:
    assert only_inputs(run_of(CONFIGURATIONS["vpc"]), MODEL)["vpcConfig"] == {
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroupIds": ["sg-1"],
    }


def test_the_routing_strategy_can_be_chosen() -> None:
    configuration = only_inputs(run_of(CONFIGURATIONS["every-instance-choice"]), CONFIGURATION)

    (variant,) = configuration["productionVariants"]
    assert variant["routingConfigs"] == [{"routingStrategy": "RANDOM"}]


def test_the_endpoint_gets_an_hour() -> None:
    timeouts = run_of(REALTIME).only("aws:sagemaker/endpoint:Endpoint").customTimeouts

    assert (timeouts.create, timeouts.update, timeouts.delete) == ("60m", "60m", "60m")
