"""The serving images of AWS, from `data/images.json`: what a family is, and its URI in a Region."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NotRequired, TypedDict, cast

from catalog.cuda import CudaVersion, parse_version
from catalog.errors import CatalogError
from catalog.instances import InstanceType
from catalog.nearest import nearest

_DATA = Path(__file__).parent / "data" / "images.json"

Contract = Literal["openai-chat", "tgi", "lmi", "pipelines", "tei", "input-text", "raw", "template"]
"""How a container is asked and how it answers; the payloads are in `handlers/contracts/`. No family of the catalog
speaks the last three: they are for containers of one's own."""


@dataclass(frozen=True, slots=True)
class HostImage:
    """A host image (`InferenceAmiVersion`) whose GPU driver suits a serving image."""

    version: str
    """Such as `al2023-ami-sagemaker-inference-gpu-4-1`."""

    families: frozenset[str] | None
    """The instance families that need it, because their own driver is too old; None is all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingImage:
    """A serving image, wherever it is pulled from. A family has one, or one for each processor."""

    family: str
    """The name a stack uses, such as `vllm`."""

    repository: str
    """ECR repository."""

    tag: str
    """Image tag in that repository."""

    contract: Contract
    """How the function asks the container."""

    payloads: tuple[str, ...]
    """What the container speaks, in the words of the data: `openai-chat`, `tei` ..., its own first."""

    port: int
    """Where the container listens. SageMaker asks on 8080."""

    processor: Literal["cpu", "gpu"]
    """What the image computes on; `gpu` is NVIDIA."""

    architecture: str
    """`x86_64` or `arm64`."""

    cuda: str | None
    """CUDA version such as `13.0`; None for a CPU image."""

    min_compute_capability: tuple[int, int] | None
    """The oldest generation of GPUs that the container accepts; None names none. See
    `catalog.host_images.compute_capability`."""

    host_image: HostImage | None
    """The host image it needs; None leaves the choice to SageMaker everywhere."""

    default_env: Mapping[str, str]
    """What the container needs to find its model. May hold placeholders: see `environment_on` and
    `variables_to_give`."""

    tensor_parallel_variables: tuple[str, ...]
    """The variables for the number of GPUs that share a model, the documented one first; the others
    set the same option. Empty where the container decides alone, or has no GPU."""

    engine: str
    """Name and version of the serving software."""

    source: str
    """Address of the public data that this row was taken from."""

    @property
    def tensor_parallel_variable(self) -> str | None:
        """The documented variable for the number of GPUs that share a model."""
        return next(iter(self.tensor_parallel_variables), None)

    @property
    def cuda_version(self) -> CudaVersion | None:
        """`cuda` as numbers, which can be compared; None for a CPU image."""
        return None if self.cuda is None else parse_version(self.cuda)

    @property
    def is_language_model_server(self) -> bool:
        """Whether it batches generations as they come, so that requests in flight are its load."""
        return self.contract in _LANGUAGE_MODEL_CONTRACTS

    @property
    def variables_to_give(self) -> dict[str, str]:
        """The variables that only a stack can fill in, with the form of their values.

        `LLAMA_ARG_MODEL` is `/opt/ml/model/<file>.gguf`.
        """
        return {
            name: value
            for name, value in self.default_env.items()
            if "<" in value and value not in _PLACEHOLDERS
        }

    def inference_ami_on(self, instance: InstanceType) -> str | None:
        """The host image to ask for on an instance type; None leaves the choice to SageMaker."""
        host = self.host_image
        if host is None or (host.families is not None and instance.family not in host.families):
            return None
        return host.version

    def environment_on(
        self, instance: InstanceType | None, given: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """The container's environment on an instance type; None for a serverless endpoint, which has none.

        It is its own, with the placeholders filled in, and `given`, which replaces variables of the
        same name.

        Raises:
            CatalogError: a placeholder is neither given nor has a value on this instance type.
        """
        given = given or {}
        own = {
            name: self._fill(value, instance)
            for name, value in self.default_env.items()
            if name not in given
        }
        return {**own, **given}

    def _fill(self, value: str, instance: InstanceType | None) -> str:
        if "<" not in value:
            return value
        if value not in _PLACEHOLDERS:
            raise CatalogError(f"no value is known for {value} in the environment of {self.family}")
        return _PLACEHOLDERS[value](instance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image(ServingImage):
    """A serving image in one Region, ready to be pulled."""

    region: str
    """AWS Region, such as `us-east-1`."""

    registry_account: str
    """The 12 digits of the AWS account that publishes the image in this Region."""

    uri: str
    """ECR URI with the tag."""


class _Row(TypedDict):
    also_accepts: NotRequired[list[str]]
    ami: "_Ami"
    arch: str
    cuda: str | None
    default_env: dict[str, str]
    engine: str
    min_compute_capability: NotRequired["_ComputeCapability"]
    payload_contract: str
    port: int
    processor: Literal["cpu", "gpu"]
    registry: str
    repository: str
    source: str
    tag: str
    tensor_parallel: NotRequired["_TensorParallel"]


class _ComputeCapability(TypedDict):
    source: str
    value: str


class _TensorParallel(TypedDict):
    source: str
    variables: list[str]


class _Ami(TypedDict):
    inference_ami_version: str | None
    required: bool
    required_for_families: NotRequired[list[str]]


class _About(TypedDict):
    dns_suffix: dict[str, str]
    uri_template: str


class _Tables(TypedDict):
    _about: _About
    families: dict[str, _Row]
    registries: dict[str, dict[str, str]]


# What a stack calls a family, and its rows in the data: one for each processor it has an image for.
#
# sglang is AWS's own image: its variables are documented, those of huggingface-sglang are guessed.
# llamacpp is Hugging Face's image: a public project reports it working on SageMaker with its LLAMA_ARG_*
# variables, while AWS's llama-cpp was released days before the data was taken, and no Region is known to
# have it. AWS's would find the .gguf file by itself; Hugging Face's has to be told its name.
_FAMILIES: dict[str, tuple[str, ...]] = {
    "huggingface": ("hf-pytorch-cpu", "hf-pytorch-gpu"),
    "llamacpp": ("llamacpp-cpu", "llamacpp-gpu"),
    "lmi": ("djl-cpu", "djl-lmi"),
    "pytorch": ("pytorch-cpu",),
    "sglang": ("sglang",),
    "tei": ("tei-cpu", "tei-gpu"),
    "tgi-legacy": ("tgi",),
    "vllm": ("vllm",),
}

# How the function asks, by the payloads of the data; a container that takes several is asked in the first of
# these. Chat comes before LMI's own form, because only chat applies the model's template. A PyTorch container
# speaks as its code/inference.py does; the models of this project speak pipelines. TGI's payload looks like
# pipelines and is apart, because TGI refuses a temperature of 0 and a top_p of 1
# (router/src/validation.rs of huggingface/text-generation-inference).
_CONTRACTS: dict[str, Contract] = {
    "openai-chat": "openai-chat",
    "lmi": "lmi",
    "tgi": "tgi",
    "tei": "tei",
    "hf-toolkit": "pipelines",
    "script": "pipelines",
}

_LANGUAGE_MODEL_CONTRACTS = frozenset[Contract]({"openai-chat", "lmi", "tgi"})


def _gpu_count(instance: InstanceType | None) -> str:
    if instance is None or instance.accelerators is None:
        where = instance.name if instance else "a serverless endpoint"
        raise CatalogError(f"{where} has no GPU to count")
    return str(instance.accelerators.count)


_PLACEHOLDERS: dict[str, Callable[[InstanceType | None], str]] = {"<gpu count>": _gpu_count}


def image_families() -> tuple[str, ...]:
    """The families that a stack can name, sorted."""
    return tuple(sorted(_FAMILIES))


def image_regions(family: str) -> tuple[str, ...]:
    """The Regions that a family can be pulled in, sorted.

    Raises:
        CatalogError: unknown family.
    """
    return tuple(sorted(_registry(family)))


def lookup_family(family: str) -> tuple[ServingImage, ...]:
    """The images of a family, wherever it runs: one, or that for CPUs and that for NVIDIA GPUs.

    Raises:
        CatalogError: unknown family; the message lists the known ones.
    """
    return tuple(_serving_image(family, _tables()["families"][row]) for row in _entry(family))


def choose_image(family: str, instance: InstanceType | None) -> ServingImage:
    """The image of a family for an instance type: by whether it has an accelerator.

    None stands for a serverless endpoint, which computes on a CPU. A family with a single image gives that one, whether or not it can run there.

    Raises:
        CatalogError: unknown family; the message lists the known ones.
    """
    wanted = "cpu" if instance is None or instance.accelerators is None else "gpu"
    images = lookup_family(family)
    return next((image for image in images if image.processor == wanted), images[0])


def resolve_image(family: str, region: str, instance: InstanceType | None) -> Image:
    """The serving image of a family in a Region, for an instance type.

    Raises:
        CatalogError: unknown family, or no registry in the Region; the message lists the known ones.
    """
    facts = choose_image(family, instance)
    accounts = _registry(family)
    if region not in accounts:
        raise CatalogError(_unknown("Region", region, image_regions(family)))
    return Image(
        **{field.name: getattr(facts, field.name) for field in fields(facts)},
        region=region,
        registry_account=accounts[region],
        uri=_uri(facts, accounts[region], region),
    )


def _serving_image(family: str, row: _Row) -> ServingImage:
    payloads = (row["payload_contract"], *row.get("also_accepts", ()))
    return ServingImage(
        family=family,
        repository=row["repository"],
        tag=row["tag"],
        contract=next(_CONTRACTS[payload] for payload in _CONTRACTS if payload in payloads),
        payloads=payloads,
        port=row["port"],
        processor=row["processor"],
        architecture=row["arch"],
        cuda=row["cuda"],
        min_compute_capability=_min_compute_capability(row),
        host_image=_host_image(row["ami"]),
        default_env=MappingProxyType(row["default_env"]),
        tensor_parallel_variables=_tensor_parallel_variables(row),
        engine=row["engine"],
        source=row["source"],
    )


def _min_compute_capability(row: _Row) -> tuple[int, int] | None:
    facts = row.get("min_compute_capability")
    return None if facts is None else parse_version(facts["value"])


def _tensor_parallel_variables(row: _Row) -> tuple[str, ...]:
    facts = row.get("tensor_parallel")
    return () if facts is None else tuple(facts["variables"])


def _host_image(advice: _Ami) -> HostImage | None:
    version = advice["inference_ami_version"]
    if version is None:
        return None
    if advice["required"]:
        return HostImage(version, families=None)
    return HostImage(version, frozenset(advice.get("required_for_families", ())))


def _uri(facts: ServingImage, account: str, region: str) -> str:
    about = _tables()["_about"]
    suffixes = about["dns_suffix"]
    partition = next((prefix for prefix in suffixes if region.startswith(prefix)), "default")
    return about["uri_template"].format(
        account=account,
        region=region,
        dns_suffix=suffixes[partition],
        repository=facts.repository,
        tag=facts.tag,
    )


def _entry(family: str) -> tuple[str, ...]:
    if family not in _FAMILIES:
        raise CatalogError(_unknown("image family", family, image_families()))
    return _FAMILIES[family]


def _registry(family: str) -> dict[str, str]:
    """By Region. The images of one family are published by the same accounts; a test sees to it."""
    row = _tables()["families"][_entry(family)[0]]
    return _tables()["registries"][row["registry"]]


def _unknown(kind: str, name: str, known: tuple[str, ...]) -> str:
    guess = nearest(name, known)
    hint = f"the nearest is {guess}; " if guess else ""
    return f"the catalog has no {kind} {name}; {hint}it has {', '.join(known)}"


@cache
def _tables() -> _Tables:
    return cast("_Tables", json.loads(_DATA.read_bytes()))
