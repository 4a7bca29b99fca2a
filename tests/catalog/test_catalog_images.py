"""Which serving image a family is, and where it is pulled from."""

from dataclasses import replace

import pytest

from catalog.errors import CatalogError
from catalog.images import (
    image_families,
    image_regions,
    lookup_family,
    resolve_image,
)
from catalog.instances import lookup_instance
from catalog.service_model import shape_enum


@pytest.mark.parametrize(
    ("family", "region", "uri"),
    [
        (
            "pytorch",
            "us-east-1",
            "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312-ubuntu22.04-sagemaker",
        ),
        (
            "vllm",
            "eu-south-1",
            "692866216735.dkr.ecr.eu-south-1.amazonaws.com/vllm:server-sagemaker-cuda-v2.3",
        ),
        (
            "vllm",
            "cn-north-1",
            "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/vllm:server-sagemaker-cuda-v2.3",
        ),
    ],
)
def test_the_uri_has_the_registry_of_the_region(family: str, region: str, uri: str) -> None:
    assert resolve_image(family, region).uri == uri


def test_a_resolved_image_says_what_a_deployment_needs() -> None:
    image = resolve_image("vllm", "us-west-2")

    assert image.repository == "vllm"
    assert image.registry_account == "763104351884"
    assert image.contract == "openai-chat"
    assert image.port == 8080
    assert image.processor == "gpu"
    assert image.architecture == "x86_64"
    assert image.cuda == "13.0"
    assert image.inference_ami_version == "al2023-ami-sagemaker-inference-gpu-4-1"


def test_the_pytorch_family_is_a_cpu_image_that_speaks_pipelines() -> None:
    family = lookup_family("pytorch")

    assert family.processor == "cpu"
    assert family.contract == "pipelines"
    assert family.cuda is None
    assert family.inference_ami_version is None


def test_the_pytorch_container_is_told_where_its_script_is() -> None:
    environment = lookup_family("pytorch").environment_on(lookup_instance("ml.m5.large"))

    assert environment == {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    }


@pytest.mark.parametrize(
    ("instance", "gpus"), [("ml.g6e.xlarge", "1"), ("ml.g5.12xlarge", "4"), ("ml.p5.48xlarge", "8")]
)
def test_the_vllm_container_is_told_how_many_gpus_it_has(instance: str, gpus: str) -> None:
    environment = lookup_family("vllm").environment_on(lookup_instance(instance))

    assert environment == {
        "SM_VLLM_MODEL": "/opt/ml/model",
        "SM_VLLM_TENSOR_PARALLEL_SIZE": gpus,
    }


def test_there_is_no_gpu_count_on_a_cpu_type() -> None:
    with pytest.raises(CatalogError, match=r"ml.m5.large has no GPU to count"):
        lookup_family("vllm").environment_on(lookup_instance("ml.m5.large"))


def test_a_placeholder_that_nobody_can_fill_is_refused() -> None:
    family = replace(lookup_family("vllm"), default_env={"LLAMA_ARG_MODEL": "<file>.gguf"})

    with pytest.raises(CatalogError, match=r"no value is known for <file>.gguf"):
        family.environment_on(lookup_instance("ml.g5.xlarge"))


@pytest.mark.parametrize("family", image_families())
def test_every_family_resolves_in_every_region_it_lists(family: str) -> None:
    known_amis = shape_enum("sagemaker", "ProductionVariantInferenceAmiVersion")
    gpu_type = lookup_instance("ml.g5.xlarge")

    for region in image_regions(family):
        image = resolve_image(family, region)
        assert len(image.registry_account) == 12
        assert image.uri.startswith(f"{image.registry_account}.dkr.ecr.{region}.amazonaws.com")
        assert image.inference_ami_version in {None, *known_amis}
        assert not any("<" in value for value in image.environment_on(gpu_type).values())


def test_an_unknown_family_is_refused_with_those_that_exist() -> None:
    with pytest.raises(
        CatalogError, match="no image family vlm; the nearest is vllm; it has pytorch, vllm"
    ):
        resolve_image("vlm", "us-east-1")


def test_an_unknown_region_is_refused_with_those_that_exist() -> None:
    with pytest.raises(CatalogError, match=r"no Region mars-1; .*eu-west-1, .*us-west-2"):
        resolve_image("vllm", "mars-1")
