"""Which serving image a family is, on which instance type, and where it is pulled from."""

from dataclasses import replace

import pytest

from catalog.errors import CatalogError
from catalog.images import (
    choose_image,
    image_families,
    image_regions,
    lookup_family,
    resolve_image,
)
from catalog.instances import InstanceType, lookup_instance
from catalog.service_model import shape_enum

CPU = lookup_instance("ml.m5.xlarge")
GPU = lookup_instance("ml.g5.xlarge")
NEWEST_AMI = "al2023-ami-sagemaker-inference-gpu-4-1"
DLC = ("763104351884", "727897471807")
ALGORITHMS = ("683313688378", "450853457545")

# Family, its instance types, the accounts in us-east-1 and cn-north-1, image, host image, contract.
IMAGES = [
    ("huggingface", CPU, DLC, "huggingface-pytorch-inference:2.6.0-transformers5.5.3-cpu-py312-ubuntu22.04", None, "pipelines"),
    ("huggingface", GPU, DLC, "huggingface-pytorch-inference:2.6.0-transformers5.5.3-gpu-py312-cu124-ubuntu22.04", None, "pipelines"),
    ("llamacpp", CPU, DLC, "huggingface-llamacpp:b9522-cpu-ubuntu24.04", None, "openai-chat"),
    ("llamacpp", GPU, DLC, "huggingface-llamacpp:b9522-gpu-cu130-ubuntu24.04", NEWEST_AMI, "openai-chat"),
    ("lmi", CPU, DLC, "djl-inference:0.36.0-cpu-full", None, "lmi"),
    ("lmi", GPU, DLC, "djl-inference:0.36.0-lmi28.0.0-cu130", NEWEST_AMI, "openai-chat"),
    ("pytorch", CPU, DLC, "pytorch-inference:2.6.0-cpu-py312-ubuntu22.04-sagemaker", None, "pipelines"),
    ("sglang", GPU, DLC, "sglang:server-sagemaker-cuda-v1.3", NEWEST_AMI, "openai-chat"),
    ("tei", CPU, ALGORITHMS, "tei-cpu:2.0.1-tei1.9.3-cpu-py310-ubuntu24.04", None, "tei"),
    ("tei", GPU, ALGORITHMS, "tei:2.0.1-tei1.9.3-gpu-py310-cu129-ubuntu24.04", "al2-ami-sagemaker-inference-gpu-3-1", "tei"),
    ("tgi-legacy", GPU, DLC, "huggingface-pytorch-tgi-inference:2.7.0-tgi3.3.6-gpu-py311-cu124-ubuntu22.04", None, "tgi"),
    ("vllm", GPU, DLC, "vllm:server-sagemaker-cuda-v2.3", NEWEST_AMI, "openai-chat"),
]  # fmt: skip


@pytest.mark.parametrize(("family", "instance", "accounts", "name", "ami", "contract"), IMAGES)
def test_every_family_resolves_by_instance_type_and_region(
    family: str,
    instance: InstanceType,
    accounts: tuple[str, str],
    name: str,
    ami: str | None,
    contract: str,
) -> None:
    here = resolve_image(family, "us-east-1", instance)
    china = resolve_image(family, "cn-north-1", instance)

    assert here.uri == f"{accounts[0]}.dkr.ecr.us-east-1.amazonaws.com/{name}"
    assert china.uri == f"{accounts[1]}.dkr.ecr.cn-north-1.amazonaws.com.cn/{name}"
    assert here.inference_ami_on(instance) == ami
    assert here.contract == contract


def test_the_table_has_every_image_of_every_family() -> None:
    assert {(family, "cpu" if instance is CPU else "gpu") for family, instance, *_ in IMAGES} == {
        (family, image.processor) for family in image_families() for image in lookup_family(family)
    }


@pytest.mark.parametrize("family", image_families())
def test_the_images_of_a_family_are_in_the_same_accounts(family: str) -> None:
    instances = [CPU if image.processor == "cpu" else GPU for image in lookup_family(family)]

    for region in image_regions(family):
        accounts = {resolve_image(family, region, each).registry_account for each in instances}
        assert len(accounts) == 1


@pytest.mark.parametrize(
    ("family", "instance"), [("vllm", "ml.m5.large"), ("pytorch", "ml.g5.xlarge")]
)
def test_a_family_with_one_image_gives_that_even_where_it_cannot_run(
    family: str, instance: str
) -> None:
    assert (choose_image(family, lookup_instance(instance)),) == lookup_family(family)


@pytest.mark.parametrize(
    ("instance", "ami"),
    [
        ("ml.g4dn.xlarge", "al2-ami-sagemaker-inference-gpu-3-1"),
        ("ml.p4d.24xlarge", "al2-ami-sagemaker-inference-gpu-3-1"),
        ("ml.g6.xlarge", None),
        ("ml.p5.48xlarge", None),
    ],
)
def test_a_host_image_is_asked_for_where_the_usual_driver_is_too_old(
    instance: str, ami: str | None
) -> None:
    hardware = lookup_instance(instance)

    assert choose_image("tei", hardware).inference_ami_on(hardware) == ami


def test_a_resolved_image_says_what_a_deployment_needs() -> None:
    image = resolve_image("vllm", "us-west-2", GPU)

    assert image.repository == "vllm"
    assert image.registry_account == "763104351884"
    assert image.contract == "openai-chat"
    assert image.port == 8080
    assert image.processor == "gpu"
    assert image.architecture == "x86_64"
    assert image.cuda == "13.0"
    assert image.inference_ami_on(GPU) == NEWEST_AMI


def test_the_pytorch_family_is_a_cpu_image_that_speaks_pipelines() -> None:
    (image,) = lookup_family("pytorch")

    assert image.processor == "cpu"
    assert image.contract == "pipelines"
    assert image.cuda is None
    assert image.host_image is None


def test_the_pytorch_container_is_told_where_its_script_is() -> None:
    environment = choose_image("pytorch", CPU).environment_on(CPU)

    assert environment == {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    }


@pytest.mark.parametrize(
    ("instance", "gpus"), [("ml.g6e.xlarge", "1"), ("ml.g5.12xlarge", "4"), ("ml.p5.48xlarge", "8")]
)
def test_the_vllm_container_is_told_how_many_gpus_it_has(instance: str, gpus: str) -> None:
    hardware = lookup_instance(instance)

    environment = choose_image("vllm", hardware).environment_on(hardware)

    assert environment == {
        "SM_VLLM_MODEL": "/opt/ml/model",
        "SM_VLLM_TENSOR_PARALLEL_SIZE": gpus,
    }


@pytest.mark.parametrize(("instance", "gpus"), [("ml.g6e.xlarge", "1"), ("ml.g5.12xlarge", "4")])
def test_the_sglang_container_is_told_how_many_gpus_it_has(instance: str, gpus: str) -> None:
    hardware = lookup_instance(instance)

    environment = choose_image("sglang", hardware).environment_on(hardware)

    assert environment == {"SM_SGLANG_MODEL_PATH": "/opt/ml/model", "SM_SGLANG_TP": gpus}


@pytest.mark.parametrize(
    ("family", "instance", "variables"),
    [
        ("vllm", GPU, ("SM_VLLM_TENSOR_PARALLEL_SIZE",)),
        ("sglang", GPU, ("SM_SGLANG_TP", "SM_SGLANG_TP_SIZE", "SM_SGLANG_TENSOR_PARALLEL_SIZE")),
        ("lmi", GPU, ("TENSOR_PARALLEL_DEGREE", "OPTION_TENSOR_PARALLEL_DEGREE")),
        ("lmi", CPU, ()),
        ("tgi-legacy", GPU, ("SM_NUM_GPUS", "NUM_SHARD")),
        ("llamacpp", GPU, ()),
        ("tei", GPU, ()),
        ("huggingface", GPU, ()),
    ],
)
def test_an_image_names_the_variables_for_the_gpus_that_share_a_model(
    family: str, instance: InstanceType, variables: tuple[str, ...]
) -> None:
    image = choose_image(family, instance)

    assert image.tensor_parallel_variables == variables
    assert image.tensor_parallel_variable == (variables[0] if variables else None)


@pytest.mark.parametrize("family", ["vllm", "sglang", "lmi", "tgi-legacy"])
def test_the_variable_for_the_gpus_is_the_one_the_catalog_sets_itself(family: str) -> None:
    image = choose_image(family, GPU)

    assert image.tensor_parallel_variable in image.default_env


@pytest.mark.parametrize(
    ("family", "cuda"),
    [("vllm", (13, 0)), ("tei", (12, 9)), ("tgi-legacy", (12, 4)), ("pytorch", None)],
)
def test_cuda_versions_can_be_compared(family: str, cuda: tuple[int, int] | None) -> None:
    assert choose_image(family, GPU).cuda_version == cuda


def test_a_cuda_version_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'12' is no version such as 12.9"):
        replace(choose_image("vllm", GPU), cuda="12").cuda_version  # noqa: B018 - reading it raises


def test_an_image_names_the_oldest_gpus_it_accepts() -> None:
    assert choose_image("tei", GPU).min_compute_capability == (7, 5)
    assert choose_image("tei", CPU).min_compute_capability is None
    assert choose_image("vllm", GPU).min_compute_capability is None


def test_servers_of_language_models_are_told_from_the_others() -> None:
    servers = {
        (family, image.processor)
        for family in image_families()
        for image in lookup_family(family)
        if image.is_language_model_server
    }

    assert servers == {
        ("llamacpp", "cpu"),
        ("llamacpp", "gpu"),
        ("lmi", "cpu"),
        ("lmi", "gpu"),
        ("sglang", "gpu"),
        ("tgi-legacy", "gpu"),
        ("vllm", "gpu"),
    }


def test_there_is_no_gpu_count_on_a_cpu_type() -> None:
    with pytest.raises(CatalogError, match=r"ml.m5.xlarge has no GPU to count"):
        choose_image("vllm", CPU).environment_on(CPU)


def test_a_value_that_is_no_placeholder_passes_through() -> None:
    environment = choose_image("lmi", GPU).environment_on(GPU)

    assert environment == {"OPTION_ROLLING_BATCH": "vllm", "TENSOR_PARALLEL_DEGREE": "max"}


@pytest.mark.parametrize("instance", [CPU, GPU])
def test_llama_cpp_must_be_told_the_name_of_its_file(instance: InstanceType) -> None:
    image = choose_image("llamacpp", instance)

    assert image.variables_to_give == {"LLAMA_ARG_MODEL": "/opt/ml/model/<file>.gguf"}
    with pytest.raises(CatalogError, match=r"no value is known for /opt/ml/model/<file>.gguf"):
        image.environment_on(instance)


def test_what_is_given_replaces_the_image_s_own() -> None:
    given = {"LLAMA_ARG_MODEL": "/opt/ml/model/tiny.gguf", "LLAMA_ARG_CTX_SIZE": "8192", "A": "b"}

    assert choose_image("llamacpp", CPU).environment_on(CPU, given) == given


def test_a_placeholder_in_new_data_is_no_value() -> None:
    image = replace(choose_image("vllm", GPU), default_env={"NEW": "<no idea>"})

    with pytest.raises(CatalogError, match="no value is known for <no idea>"):
        image.environment_on(GPU)


@pytest.mark.parametrize(("family", "instance"), [row[:2] for row in IMAGES])
def test_every_image_resolves_in_every_region_it_lists(family: str, instance: InstanceType) -> None:
    known_amis = shape_enum("sagemaker", "ProductionVariantInferenceAmiVersion")

    for region in image_regions(family):
        image = resolve_image(family, region, instance)
        assert len(image.registry_account) == 12
        assert image.uri.startswith(f"{image.registry_account}.dkr.ecr.{region}.amazonaws.com")
        assert image.inference_ami_on(instance) in {None, *known_amis}
        environment = image.environment_on(instance, image.variables_to_give)
        assert {name for name, value in environment.items() if "<" in value} == set(
            image.variables_to_give
        )


def test_an_unknown_family_is_refused_with_those_that_exist() -> None:
    with pytest.raises(
        CatalogError, match="no image family vlm; the nearest is vllm; it has huggingface, llamacpp"
    ):
        resolve_image("vlm", "us-east-1", GPU)


def test_an_unknown_region_is_refused_with_those_that_exist() -> None:
    with pytest.raises(CatalogError, match=r"no Region mars-1; .*eu-west-1, .*us-west-2"):
        resolve_image("vllm", "mars-1", GPU)


def test_a_serverless_endpoint_takes_the_image_for_cpus() -> None:
    image = resolve_image("huggingface", "us-east-1", None)

    assert image.processor == "cpu"
    assert image.environment_on(None) == dict(image.default_env)


def test_a_serverless_endpoint_has_no_gpu_to_count() -> None:
    with pytest.raises(CatalogError, match="a serverless endpoint has no GPU to count"):
        _ = choose_image("vllm", None).environment_on(None)
