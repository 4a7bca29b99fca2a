"""How each family is told to fetch a model from the Hugging Face Hub."""

import json
from pathlib import Path

import pytest

from catalog.errors import CatalogError
from catalog.hub import hub_environment, hub_families, served_from_hub, token_variable
from catalog.images import choose_image, image_families, lookup_family
from catalog.instances import lookup_instance

CPU = lookup_instance("ml.m5.xlarge")
GPU = lookup_instance("ml.g5.12xlarge")
DATA = Path(__file__).parents[2] / "catalog" / "data" / "hub.json"
MODEL, REVISION = "org/name", "0123abc"


@pytest.mark.parametrize(
    ("family", "model", "revision"),
    [
        ("huggingface", "HF_MODEL_ID", "HF_MODEL_REVISION"),
        ("lmi", "HF_MODEL_ID", "OPTION_REVISION"),
        ("sglang", "SM_SGLANG_MODEL_PATH", "SM_SGLANG_REVISION"),
        ("tei", "HF_MODEL_ID", "HF_MODEL_REVISION"),
        ("tgi-legacy", "HF_MODEL_ID", "HF_MODEL_REVISION"),
        ("vllm", "SM_VLLM_MODEL", "SM_VLLM_REVISION"),
    ],
)
def test_a_family_is_told_the_model_and_the_revision_in_its_own_words(
    family: str, model: str, revision: str
) -> None:
    image = choose_image(family, GPU)

    assert hub_environment(image, MODEL, REVISION) == {model: MODEL, revision: REVISION}
    assert hub_environment(image, MODEL, None) == {model: MODEL}


def test_llama_cpp_fetches_the_newest_revision_only() -> None:
    image = choose_image("llamacpp", CPU)

    assert hub_environment(image, MODEL, None) == {"LLAMA_ARG_HF_REPO": MODEL}
    with pytest.raises(CatalogError, match=r"llamacpp \(llama.cpp b9522\) .* not 0123abc of org"):
        hub_environment(image, MODEL, REVISION)


def test_a_pytorch_container_cannot_fetch_from_the_hub() -> None:
    message = "pytorch cannot fetch a model from the Hugging Face Hub; huggingface, llamacpp, lmi"

    with pytest.raises(CatalogError, match=message):
        hub_environment(choose_image("pytorch", CPU), MODEL, None)
    with pytest.raises(CatalogError, match=message):
        token_variable("pytorch")


def test_every_other_family_can() -> None:
    assert set(hub_families()) == set(image_families()) - {"pytorch"}


@pytest.mark.parametrize(
    ("family", "variable"),
    [("vllm", "HF_TOKEN"), ("huggingface", "HF_API_TOKEN"), ("llamacpp", "HF_TOKEN")],
)
def test_a_token_goes_into_the_variable_that_the_container_reads(
    family: str, variable: str
) -> None:
    assert token_variable(family) == variable


@pytest.mark.parametrize("family", hub_families())
def test_nothing_points_at_a_model_from_s3_any_more(family: str) -> None:
    for image in lookup_family(family):
        instance = CPU if image.processor == "cpu" else GPU
        hub_image = served_from_hub(image, MODEL, None)

        environment = hub_image.environment_on(instance)

        assert environment.items() >= hub_environment(image, MODEL, None).items()
        assert not [value for value in environment.values() if "/opt/ml" in value]
        assert hub_image.variables_to_give == {}


def test_the_rest_of_the_environment_stays() -> None:
    vllm = served_from_hub(choose_image("vllm", GPU), MODEL, REVISION)
    huggingface = served_from_hub(choose_image("huggingface", CPU), MODEL, None)

    assert vllm.environment_on(GPU) == {
        "SM_VLLM_MODEL": MODEL,
        "SM_VLLM_REVISION": REVISION,
        "SM_VLLM_TENSOR_PARALLEL_SIZE": "4",
    }
    assert huggingface.environment_on(CPU)["HF_TASK"] == "text-generation"


def test_every_name_has_a_source() -> None:
    families = json.loads(DATA.read_text())["families"]

    assert all(row["source"].startswith("https://") and row["why"] for row in families.values())
