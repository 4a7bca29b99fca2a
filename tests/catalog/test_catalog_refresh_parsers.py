"""The parsers of the catalog's sources, on excerpts of the real ones and on anything at all."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.refresh.errors import RefreshError
from catalog.refresh.hardware_page import Hardware, parse_hardware
from catalog.refresh.image_file import parse_image_file
from catalog.refresh.registry_tables import agreed, parse_region_page, parse_sdk_table

EXCERPTS = Path(__file__).parent / "data"
PAGE = (EXCERPTS / "instance-types.md").read_text()
REGIONS = (EXCERPTS / "region_availability.md").read_text()
SDK_TABLE = (EXCERPTS / "huggingface-llamacpp.json").read_text()
IMAGES = {file.stem: file.read_text() for file in (EXCERPTS / "images").glob("*.yml")}


def parse_any_image(text: str) -> object:
    return parse_image_file("docs/src/data/folder/1.0-gpu.yml", text)


PARSERS: list[tuple[Callable[[str], object], str]] = [
    (parse_hardware, PAGE),
    (parse_region_page, REGIONS),
    (parse_sdk_table, SDK_TABLE),
    *((parse_any_image, text) for text in IMAGES.values()),
]


@st.composite
def spoilt(draw: st.DrawFn, text: str) -> str:
    """A source with a piece taken out and something else in its place."""
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, len(text)))
    return text[:start] + draw(st.text(max_size=20)) + text[end:]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_parser_gives_facts_or_its_own_error_for_any_text(data: st.DataObject) -> None:
    parse, excerpt = data.draw(st.sampled_from(PARSERS))
    text = data.draw(st.one_of(st.text(), spoilt(excerpt)))

    with suppress(RefreshError):
        parse(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["inference", "versions", "registries", "us-east-1", "1.0"]),
            inner,
            max_size=3,
        )
    ),
)


@settings(deadline=None)
@given(JSON)
def test_the_sdk_s_table_may_hold_anything(table: Any) -> None:
    with pytest.raises(RefreshError):
        parse_sdk_table(json.dumps(table))


@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 10_000, "\ud800", '"\\Uffffffff"'])
def test_texts_that_upset_a_reader_of_json_or_yaml_are_refused(text: str) -> None:
    with pytest.raises(RefreshError, match=r"no JSON|names no registry"):
        parse_sdk_table(text)
    with pytest.raises(RefreshError, match=r"no YAML|no facts"):
        parse_any_image(text)


def test_the_page_of_instance_types_gives_the_hardware_of_each() -> None:
    hardware = parse_hardware(PAGE)

    assert list(hardware) == [
        "a1.medium", "c8id.large", "g5.xlarge", "g5.12xlarge",
        "g6e.12xlarge", "g6e.16xlarge", "inf2.xlarge", "inf2.24xlarge",
    ]  # fmt: skip
    assert hardware["a1.medium"] == Hardware(
        vcpu=1,
        memory_mib=2048,
        architecture="arm64",
        local_nvme_gb=0,
        device_count=0,
        gpu_name=None,
        gpu_memory_mib=None,
    )
    assert hardware["g5.12xlarge"] == Hardware(
        vcpu=48,
        memory_mib=196608,
        architecture="x86_64",
        local_nvme_gb=3800,
        device_count=4,
        gpu_name="a10g",
        gpu_memory_mib=22888,
    )
    assert hardware["c8id.large"].local_nvme_gb == 118
    assert hardware["inf2.24xlarge"].device_count == 6
    assert hardware["inf2.24xlarge"].gpu_name is None


@pytest.mark.parametrize(
    ("line", "instead", "message"),
    [
        (" |karpenter.k8s.aws/instance-cpu|1|", "", "a1.medium has no label cpu on the page"),
        (
            " |karpenter.k8s.aws/instance-memory|2048|",
            " |karpenter.k8s.aws/instance-memory|2 GiB|",
            "a1.medium has an instance-memory that is no number: '2 GiB'",
        ),
        (
            " |kubernetes.io/arch|arm64|",
            " |kubernetes.io/arch|riscv64|",
            "a1.medium has an architecture that is not known: riscv64",
        ),
        (" |karpenter.k8s.aws/instance-gpu-name|a10g|", "", "g5.xlarge has no label gpu-name"),
    ],
)
def test_a_type_that_lacks_a_fact_is_refused_by_name(line: str, instead: str, message: str) -> None:
    assert line in PAGE

    with pytest.raises(RefreshError, match=message):
        parse_hardware(PAGE.replace(line, instead, 1))


def test_a_page_without_types_is_refused() -> None:
    with pytest.raises(RefreshError, match=r"has none; has its format changed\?"):
        parse_hardware("# Instance Types\n")


@pytest.mark.parametrize(
    ("name", "row"),
    [
        (
            "vllm-server",
            {
                "cuda": "13.0",
                "os": "amzn2023",
                "processor": "gpu",
                "python": "py312",
                "repository": "vllm",
                "tag": "server-sagemaker-cuda-v2.3",
                "version": "0.27.0+amzn2023.4bdc8a78",
            },
        ),
        (
            "djl-lmi",
            {
                "cuda": "13.0",
                "engine": "LMI 28.0.0, vLLM 0.26.0",
                "processor": "gpu",
                "repository": "folder",
                "tag": "0.36.0-lmi28.0.0-cu130",
                "version": "0.36",
            },
        ),
        (
            "djl-cpu",
            {
                "cuda": None,
                "engine": "CPU Full",
                "processor": "cpu",
                "repository": "folder",
                "tag": "0.36.0-cpu-full",
                "version": "0.36",
            },
        ),
        (
            "hf-pytorch-gpu",
            {
                "cuda": "12.4",
                "os": "ubuntu22.04",
                "processor": "gpu",
                "python": "py312",
                "repository": "folder",
                "tag": "2.6.0-transformers5.5.3-gpu-py312-cu124-ubuntu22.04",
                "transformers": "5.5.3",
                "version": "2.6",
            },
        ),
        (
            "pytorch-cpu",
            {
                "cuda": None,
                "eop": "2026-06-30",
                "os": "ubuntu22.04",
                "processor": "cpu",
                "python": "py312",
                "repository": "folder",
                "tag": "2.6.0-cpu-py312-ubuntu22.04-sagemaker",
                "version": "2.6",
            },
        ),
        (
            "tei-gpu",
            {
                "cuda": "12.9",
                "os": "ubuntu24.04",
                "processor": "gpu",
                "repository": "tei",
                "tag": "2.0.1-tei1.9.3-gpu-py310-cu129-ubuntu24.04",
                "version": "1.9.3",
            },
        ),
    ],
)
def test_an_image_s_file_gives_its_row(name: str, row: dict[str, str | None]) -> None:
    path = "docs/src/data/folder/1.0-gpu.yml"

    assert parse_image_file(path, IMAGES[name]) == {"file": path, **row}


def test_neuron_images_are_for_neuron() -> None:
    row = parse_image_file("a/b.yml", IMAGES["djl-cpu"].replace("cpu\n", "neuronx\n", 1))

    assert row is not None
    assert row["processor"] == "neuron"


def test_an_image_that_is_not_for_sagemaker_has_no_row() -> None:
    assert parse_any_image(IMAGES["vllm-server"].replace("sagemaker\n", "ec2\n", 1)) is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("accelerator: gpu\n", "", "docs/src/data/folder/1.0-gpu.yml does not say its accelerator"),
        ("cuda: cu130\n", "cuda: '13'\n", "a version of CUDA that is not understood: 13"),
        ("tags:\n", "names:\n", "does not say its tag"),
        ("ecr_repository: vllm\n", "ecr_repository: []\n", "does not say its ecr_repository"),
    ],
)
def test_an_image_that_lacks_a_fact_is_refused_with_its_file(
    old: str, new: str, message: str
) -> None:
    assert old in IMAGES["vllm-server"]

    with pytest.raises(RefreshError, match=message):
        parse_any_image(IMAGES["vllm-server"].replace(old, new, 1))


def test_the_page_of_regions_gives_both_registries() -> None:
    assert parse_region_page(REGIONS) == {
        "dlc": {
            "us-east-1": "763104351884",
            "af-south-1": "626614931356",
            "me-west-1": "124382933778",
            "cn-north-1": "727897471807",
        },
        "algorithms": {"us-east-1": "683313688378", "cn-north-1": "450853457545"},
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("## SageMaker Algorithm Registry", "## Others", "no table for the registry algorithms"),
        ("| 626614931356 |", "| 12 |", "the registry of af-south-1 is no account: '12'"),
        ("| af-south-1 |", "| af |", "'af' is no Region"),
        ("| af-south-1 |", "| us-east-1 |", "the sources disagree on us-east-1: 763.* and 626"),
    ],
)
def test_a_page_of_regions_that_is_not_understood_is_refused(
    old: str, new: str, message: str
) -> None:
    assert old in REGIONS

    with pytest.raises(RefreshError, match=message):
        parse_region_page(REGIONS.replace(old, new, 1))


def test_the_sdk_s_table_gives_the_accounts_without_the_isolated_regions() -> None:
    assert parse_sdk_table(SDK_TABLE) == {
        "af-south-1": "626614931356",
        "ap-southeast-6": "633930458069",
        "cn-north-1": "727897471807",
        "me-south-1": "217643126080",
        "us-east-1": "763104351884",
        "us-gov-west-1": "442386744353",
        "us-west-2": "763104351884",
    }


def test_older_tables_of_the_sdk_have_their_versions_at_the_top() -> None:
    assert parse_sdk_table(json.dumps(json.loads(SDK_TABLE)["inference"])) == parse_sdk_table(
        SDK_TABLE
    )


def test_sources_that_agree_become_one_table() -> None:
    east, west = {"us-east-1": "763104351884"}, {"us-west-2": "763104351884"}

    assert agreed(east, west, east) == {**east, **west}
    with pytest.raises(RefreshError, match="disagree on us-east-1: 763104351884 and 123456789012"):
        agreed(east, {"us-east-1": "123456789012"})
