"""Which versions of CUDA run on which host image and which GPUs."""

import json
from pathlib import Path

import pytest

from catalog.errors import CatalogError
from catalog.host_images import (
    InferenceAmi,
    ami_versions,
    compute_capability,
    default_driver,
    gpu_supports,
    lookup_ami,
    supports,
)
from catalog.images import ServingImage, choose_image, image_families
from catalog.instances import InstanceType, instance_names, lookup_instance
from catalog.service_model import shape_enum

DATA = Path(__file__).parents[2] / "catalog" / "data" / "host_images.json"
GPU_2 = "al2-ami-sagemaker-inference-gpu-2"
GPU_2_1 = "al2-ami-sagemaker-inference-gpu-2-1"
GPU_3_1 = "al2-ami-sagemaker-inference-gpu-3-1"
GPU_4_1 = "al2023-ami-sagemaker-inference-gpu-4-1"
NEURON = "al2-ami-sagemaker-inference-neuron-2"


def test_every_host_image_of_aws_is_in_the_catalog() -> None:
    assert set(ami_versions()) == set(
        shape_enum("sagemaker", "ProductionVariantInferenceAmiVersion")
    )


@pytest.mark.parametrize(
    ("version", "driver", "cuda", "highest_cuda", "mounts"),
    [
        (GPU_2, 535, (12, 2), (12, 2), True),
        (GPU_2_1, 535, (12, 2), (12, 2), False),
        (GPU_3_1, 550, (12, 4), (13, 0), False),
        (GPU_4_1, 580, (13, 0), (13, 0), False),
    ],
)
def test_a_host_image_has_a_driver_and_the_cuda_versions_it_runs(
    version: str,
    driver: int,
    cuda: tuple[int, int],
    highest_cuda: tuple[int, int],
    *,
    mounts: bool,
) -> None:
    assert lookup_ami(version) == InferenceAmi(
        version=version,
        accelerator="gpu",
        driver=driver,
        cuda=cuda,
        highest_cuda=highest_cuda,
        mounts_cuda_compat=mounts,
    )


def test_the_host_image_for_neuron_has_no_nvidia_driver() -> None:
    ami = lookup_ami(NEURON)

    assert ami.accelerator == "neuron"
    assert (ami.driver, ami.cuda, ami.highest_cuda) == (None, None, None)


def test_an_unknown_host_image_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        CatalogError, match=f"no host image al2-ami.*gpu-3; the nearest is {GPU_3_1}"
    ):
        lookup_ami("al2-ami-sagemaker-inference-gpu-3")
    with pytest.raises(CatalogError, match=r"no host image turnip$"):
        supports((12, 4), "turnip", lookup_instance("ml.g5.xlarge"))


@pytest.mark.parametrize(
    ("family", "driver"), [("g5", 470), ("p5", 535), ("g6e", None), ("m5", None)]
)
def test_the_driver_of_a_host_that_nobody_chose_is_known_or_not(
    family: str, driver: int | None
) -> None:
    assert default_driver(family) == driver


@pytest.mark.parametrize(
    ("cuda", "ami", "name", "verdict"),
    [
        pytest.param((13, 0), GPU_4_1, "ml.g5.xlarge", True, id="made for each other"),
        pytest.param((12, 4), GPU_4_1, "ml.g5.xlarge", True, id="a newer driver"),
        pytest.param((12, 9), GPU_3_1, "ml.g5.xlarge", True, id="a newer minor version"),
        pytest.param((13, 0), GPU_3_1, "ml.g5.xlarge", True, id="with compatibility libraries"),
        pytest.param((13, 0), GPU_2_1, "ml.g5.xlarge", None, id="depends on the image"),
        pytest.param((12, 9), GPU_4_1, "ml.g5.xlarge", None, id="the sources disagree"),
        pytest.param((13, 0), None, "ml.g5.xlarge", False, id="the default driver is too old"),
        pytest.param((12, 9), None, "ml.g4dn.xlarge", False, id="the same for CUDA 12.9"),
        pytest.param((12, 4), None, "ml.g5.xlarge", True, id="reported on the default driver"),
        pytest.param((11, 8), None, "ml.g5.xlarge", True, id="a minor version of the default's"),
        pytest.param((12, 9), None, "ml.g6.xlarge", True, id="a newer default driver"),
        pytest.param((12, 9), None, "ml.g6e.xlarge", None, id="the default is not documented"),
        pytest.param((13, 0), GPU_4_1, "ml.p3.2xlarge", False, id="Volta left CUDA 13"),
        pytest.param((13, 0), None, "ml.p3.2xlarge", False, id="whatever the driver"),
        pytest.param((12, 4), GPU_3_1, "ml.p3.2xlarge", True, id="CUDA 12 has Volta"),
        pytest.param((12, 4), GPU_3_1, "ml.p2.xlarge", False, id="Kepler left CUDA 12"),
        pytest.param((11, 4), GPU_2_1, "ml.p2.xlarge", False, id="and the newer drivers"),
        pytest.param((11, 4), None, "ml.p2.xlarge", True, id="not its own"),
        pytest.param((13, 0), GPU_4_1, "ml.g7e.2xlarge", True, id="Blackwell with CUDA 13"),
        pytest.param((12, 4), GPU_4_1, "ml.g7e.2xlarge", None, id="older than the GPU"),
        pytest.param((13, 0), GPU_4_1, "ml.p6-b300.48xlarge", None, id="a GPU not in the table"),
        pytest.param((13, 0), NEURON, "ml.g5.xlarge", False, id="no NVIDIA driver"),
        pytest.param((13, 0), GPU_4_1, "ml.inf2.xlarge", False, id="no NVIDIA GPU"),
        pytest.param((13, 0), None, "ml.m5.large", False, id="no GPU"),
        pytest.param((14, 0), GPU_4_1, "ml.g5.xlarge", None, id="a version to come"),
    ],
)
def test_an_image_runs_on_a_host_or_not_or_it_is_not_known(
    cuda: tuple[int, int], ami: str | None, name: str, *, verdict: bool | None
) -> None:
    assert supports(cuda, ami, lookup_instance(name)) is verdict


@pytest.mark.parametrize(
    ("name", "capability"),
    [
        ("ml.p2.xlarge", (3, 7)),
        ("ml.p3.2xlarge", (7, 0)),
        ("ml.g4dn.xlarge", (7, 5)),
        ("ml.g5.xlarge", (8, 6)),
        ("ml.p4d.24xlarge", (8, 0)),
        ("ml.g6e.xlarge", (8, 9)),
        ("ml.p5en.48xlarge", (9, 0)),
        ("ml.p6-b200.48xlarge", (10, 0)),
        ("ml.g7e.2xlarge", (12, 0)),
        ("ml.trn1.2xlarge", None),
        ("ml.m5.large", None),
    ],
)
def test_gpus_have_a_generation(name: str, capability: tuple[int, int] | None) -> None:
    assert compute_capability(lookup_instance(name)) == capability


def test_every_nvidia_gpu_of_the_catalog_has_a_generation_and_an_architecture() -> None:
    capabilities = {
        capability
        for row in json.loads(DATA.read_text())["architectures"]
        for capability in row["capabilities"]
    }

    for name in instance_names():
        instance = lookup_instance(name)
        if instance.accelerators is not None and instance.accelerators.are_nvidia_gpus:
            capability = compute_capability(instance)
            assert capability is not None
            assert ".".join(map(str, capability)) in capabilities


def test_the_catalog_s_own_advice_never_asks_for_a_host_that_cannot_run_the_image() -> None:
    asked: set[str] = set()
    for name in instance_names():
        instance = lookup_instance(name)
        for image in (choose_image(family, instance) for family in image_families()):
            if image.cuda_version is None or not _accepts_the_gpus(image, instance):
                continue
            advice = image.inference_ami_on(instance)
            assert supports(image.cuda_version, advice, instance) is not False, (image, name)
            asked.add(image.family)

    assert asked == {"huggingface", "llamacpp", "lmi", "sglang", "tei", "tgi-legacy", "vllm"}


def _accepts_the_gpus(image: ServingImage, instance: InstanceType) -> bool:
    capability = compute_capability(instance)
    least = image.min_compute_capability
    if image.cuda_version is None or capability is None or (least and capability < least):
        return False
    return gpu_supports(image.cuda_version, instance) is True


def test_every_fact_has_a_source() -> None:
    data = json.loads(DATA.read_text())
    used_for = {
        name for source in data["sources"].values() for name in source["used_for"].split(", ")
    }

    assert used_for == data.keys() - {"_about", "sources"}
    assert {report["source"] for report in data["reports"]} <= data["sources"].keys()
