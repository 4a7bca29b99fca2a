"""What the program reads from checked settings."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from settings import parse_settings
from settings.component_args import (
    bucket_args,
    endpoint_args,
    invoker_args,
)
from tests.settings.stacks import RIGHT, parse, right_but

ON_GPUS = {"genai:image.family": "vllm", "genai:endpoint.instanceType": "ml.g5.12xlarge"}


def test_the_smallest_stack_gets_every_default(project_dir: Path) -> None:
    settings = parse(RIGHT, project_dir)

    assert (settings.project, settings.stack, settings.region) == ("genai", "dev", "us-east-1")
    assert endpoint_args(settings) == {
        "endpoint_name": "genai-dev",
        "mode": "realtime",
        "enabled": True,
        "image_uri": settings.image_uri,
        "model_package_arn": None,
        "accept_eula": False,
        "model_kms_key_arn": None,
        "model_bucket_owner": None,
        "environment": {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        },
        "secret_environment": {},
        "environment_from_secrets": {},
        "inference_ami_version": None,
        "instance_type": "ml.m5.large",
        "initial_instance_count": 1,
        "scaling": None,
        "serverless": None,
        "asynchronous": None,
        "inference_component": None,
        "variant_weight": 1.0,
        "extra_variants": {},
        "shadow_variants": {},
        "routing_strategy": "LEAST_OUTSTANDING_REQUESTS",
        "capture": None,
        "data_kms_key_arn": None,
        "volume_kms_key_arn": None,
        "capture_kms_key_arn": None,
        "async_output_kms_key_arn": None,
        "log_kms_key_arn": None,
        "volume_gb": None,
        "network_isolation": True,
        "vpc": None,
        "startup_timeout_seconds": 600,
        "download_timeout_seconds": 600,
        "rollout": None,
        "retain_scaled_capacity": False,
        "execution_role_arn": None,
        "permissions_boundary_arn": None,
        "execution_statements": [],
        "log_retention_days": 30,
        "tags": {"Project": "genai", "Stack": "dev"},
    }
    assert bucket_args(settings) == {
        "model_source": "./models/tiny",
        "existing_bucket_name": None,
        "kms_key_arn": None,
        "record_days": 30,
        "protect": False,
        "force_destroy": False,
        "tags": {"Project": "genai", "Stack": "dev"},
    }
    assert invoker_args(settings) == {
        "mode": "realtime",
        "contract": "pipelines",
        "template": None,
        "max_new_tokens": 4096,
        "attempts": 3,
        "repeat_after_timeout": False,
        "function_url": False,
        "http_api": False,
        "streaming": False,
        "adapter_layer_arn": None,
        "records": "full",
        "redaction": [],
        "inputs": None,
        "waking": "reply",
        "client_tokens": True,
        "asynchronous": {"retries": 0, "max_age_seconds": 21_600, "on_failure": True},
        "timeout_seconds": 75,
        "memory_mib": 512,
        "reserved_concurrency": None,
        "vpc": None,
        "alias": {"previous_version": None, "previous_percent": None},
        "extra_statements": [],
        "tracing": True,
        "metrics_namespace": "genai",
        "environment_kms_key_arn": None,
        "queue_kms_key_arn": None,
        "log_kms_key_arn": None,
        "permissions_boundary_arn": None,
        "log_retention_days": 30,
        "log_level": "INFO",
        "tags": {"Project": "genai", "Stack": "dev"},
    }


def test_a_group_that_sets_one_key_keeps_the_defaults_of_the_others(project_dir: Path) -> None:
    settings = parse(right_but({"genai:invoker.memoryMib": 1024}), project_dir)

    assert settings.invoker.memory_mib == 1024
    assert settings.invoker.timeout_seconds == 75


def test_the_endpoint_is_named_after_project_and_stack(project_dir: Path) -> None:
    assert parse(RIGHT, project_dir, stack="prod").endpoint_name == "genai-prod"


def test_the_endpoint_can_have_a_name_of_its_own(project_dir: Path) -> None:
    settings = parse(right_but({"genai:endpoint.name": "stories"}), project_dir)

    assert settings.endpoint_name == "stories"


def test_the_namespace_of_the_settings_is_the_name_of_the_project(project_dir: Path) -> None:
    config = {key.replace("genai:", "shop:"): value for key, value in RIGHT.items()}

    settings = parse_settings(
        config, project="shop", stack="dev", project_dir=project_dir, source="Pulumi.dev.yaml"
    )

    assert settings.endpoint_name == "shop-dev"
    assert settings.all_tags == {"Project": "shop", "Stack": "dev"}


def test_the_image_is_that_of_the_region(project_dir: Path) -> None:
    settings = parse(right_but({"aws:region": "eu-south-1"}), project_dir)

    registry = "692866216735.dkr.ecr.eu-south-1.amazonaws.com"
    assert str(settings.image_uri).startswith(f"{registry}/pytorch-inference:")


@pytest.mark.parametrize(
    ("instance_type", "tag"),
    [("ml.m5.xlarge", "b9522-cpu-ubuntu24.04"), ("ml.g5.xlarge", "b9522-gpu-cu130-ubuntu24.04")],
)
def test_the_image_is_that_of_the_instance_type(
    instance_type: str, tag: str, project_dir: Path
) -> None:
    said = {
        "genai:image.family": "llamacpp",
        "genai:image.env": {"LLAMA_ARG_MODEL": "/opt/ml/model/tiny.gguf"},
        "genai:endpoint.instanceType": instance_type,
    }

    settings = parse(right_but(said), project_dir)

    assert str(settings.image_uri).endswith(f"/huggingface-llamacpp:{tag}")
    assert settings.contract == "openai-chat"
    assert settings.container_environment["LLAMA_ARG_MODEL"] == "/opt/ml/model/tiny.gguf"


@pytest.mark.parametrize("version", [":1.0", f"@sha256:{'0a' * 32}"])
def test_an_image_of_one_s_own_is_taken_as_it_is(version: str, project_dir: Path) -> None:
    uri = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/team/server{version}"
    said = {
        "genai:image": {"family": "custom", "uri": uri, "env": {"PORT": "8080"}},
        "genai:invoker.contract": "openai-chat",
        "genai:endpoint.instanceType": "ml.inf2.xlarge",
    }

    settings = parse(right_but(said), project_dir)

    assert settings.catalog_image is None
    assert settings.image_uri == uri
    assert settings.inference_ami_version is None
    assert settings.contract == "openai-chat"
    assert settings.container_environment == {"PORT": "8080"}


def test_a_custom_image_has_no_contract_to_look_up(project_dir: Path) -> None:
    """The rules refuse this stack; a program that made it by hand is told."""
    settings = parse(RIGHT, project_dir)
    image = settings.image.model_copy(update={"family": "custom"})

    with pytest.raises(ValueError, match="no contract is known for the image family custom"):
        _ = settings.model_copy(update={"image": image}).contract


@pytest.mark.parametrize(
    ("changes", "contract"),
    [
        ({}, "pipelines"),
        (ON_GPUS, "openai-chat"),
        ({**ON_GPUS, "genai:invoker.contract": "auto"}, "openai-chat"),
        ({**ON_GPUS, "genai:image.family": "lmi", "genai:invoker.contract": "lmi"}, "lmi"),
    ],
)
def test_the_contract_is_the_family_s_unless_the_stack_says_otherwise(
    changes: dict[str, str], contract: str, project_dir: Path
) -> None:
    assert parse(right_but(changes), project_dir).contract == contract


def test_the_container_gets_the_image_s_variables_filled_in_and_the_stack_s_on_top(
    project_dir: Path,
) -> None:
    config = right_but(
        {**ON_GPUS, "genai:image.env": {"SM_VLLM_MODEL": "/elsewhere", "SM_VLLM_DTYPE": "auto"}}
    )

    assert parse(config, project_dir).container_environment == {
        "SM_VLLM_MODEL": "/elsewhere",
        "SM_VLLM_TENSOR_PARALLEL_SIZE": "4",
        "SM_VLLM_DTYPE": "auto",
    }


def test_every_resource_is_tagged_with_project_and_stack(project_dir: Path) -> None:
    settings = parse(right_but({"genai:tags": {"Team": "stories"}}), project_dir)

    assert settings.all_tags == {"Project": "genai", "Stack": "dev", "Team": "stories"}


def test_a_stack_can_replace_the_standard_tags(project_dir: Path) -> None:
    settings = parse(right_but({"genai:tags": {"Project": "books"}}), project_dir)

    assert settings.all_tags == {"Project": "books", "Stack": "dev"}


def test_a_local_model_lies_in_the_project_folder(project_dir: Path) -> None:
    model = parse(RIGHT, project_dir).model

    assert model.is_local_folder
    assert model.folder(project_dir) == project_dir / "models/tiny"


@pytest.mark.parametrize("uri", ["s3://models/qwen3-8b/", "s3://models/tiny/model.tar.gz"])
def test_a_model_in_s3_has_no_folder(uri: str, project_dir: Path) -> None:
    model = parse(right_but({"genai:model.source": uri}), project_dir).model

    assert not model.is_local_folder
    with pytest.raises(ValueError, match="is not a local folder"):
        model.folder(project_dir)


def test_settings_cannot_be_changed(project_dir: Path) -> None:
    settings = parse(RIGHT, project_dir)

    with pytest.raises(ValidationError, match="frozen"):
        settings.region = "eu-west-1"  # pyright: ignore[reportAttributeAccessIssue]
