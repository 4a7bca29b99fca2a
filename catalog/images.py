"""The serving images of AWS, from `data/images.json`: what a family is, and its URI in a Region."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypedDict, cast

from catalog.errors import CatalogError
from catalog.instances import InstanceType
from catalog.nearest import nearest

_DATA = Path(__file__).parent / "data" / "images.json"

Contract = Literal["pipelines", "openai-chat"]
"""How a container is asked and how it answers; the payloads are in `handlers/contracts.py`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFamily:
    """A serving image, wherever it is pulled from."""

    family: str
    """The name a stack uses, such as `vllm`."""

    repository: str
    """ECR repository."""

    tag: str
    """Image tag in that repository."""

    contract: Contract
    """How the container is asked."""

    port: int
    """Where the container listens. SageMaker asks on 8080."""

    processor: Literal["cpu", "gpu"]
    """What the image computes on; `gpu` is NVIDIA."""

    architecture: str
    """`x86_64` or `arm64`."""

    cuda: str | None
    """CUDA version such as `13.0`; None for a CPU image."""

    inference_ami_version: str | None
    """Host image whose GPU driver suits the serving image; None leaves the choice to SageMaker."""

    default_env: Mapping[str, str]
    """What the container needs to find its model. May hold placeholders: see `environment_on`."""

    engine: str
    """Name and version of the serving software."""

    source: str
    """Address of the public data that this row was taken from."""

    def environment_on(self, instance: InstanceType) -> dict[str, str]:
        """The container's own environment on an instance type, placeholders filled in.

        Raises:
            CatalogError: a placeholder has no value on this instance type.
        """
        return {name: self._fill(value, instance) for name, value in self.default_env.items()}

    def _fill(self, value: str, instance: InstanceType) -> str:
        if "<" not in value:
            return value
        if value not in _PLACEHOLDERS:
            raise CatalogError(f"no value is known for {value} in the environment of {self.family}")
        return _PLACEHOLDERS[value](instance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image(ImageFamily):
    """A serving image in one Region, ready to be pulled."""

    region: str
    """AWS Region, such as `us-east-1`."""

    registry_account: str
    """The 12 digits of the AWS account that publishes the image in this Region."""

    uri: str
    """ECR URI with the tag."""


class _Row(TypedDict):
    ami: "_Ami"
    arch: str
    cuda: str | None
    default_env: dict[str, str]
    engine: str
    port: int
    processor: Literal["cpu", "gpu"]
    registry: str
    repository: str
    source: str
    tag: str


class _Ami(TypedDict):
    inference_ami_version: str | None


class _About(TypedDict):
    dns_suffix: dict[str, str]
    uri_template: str


class _Tables(TypedDict):
    _about: _About
    families: dict[str, _Row]
    registries: dict[str, dict[str, str]]


# What a stack calls a family: its row in the data, and the contract its models are written to. A
# PyTorch container speaks as its code/inference.py does; the models of this project speak pipelines.
_FAMILIES: dict[str, tuple[str, Contract]] = {
    "pytorch": ("pytorch-cpu", "pipelines"),
    "vllm": ("vllm", "openai-chat"),
}


def _gpu_count(instance: InstanceType) -> str:
    if instance.accelerators is None:
        raise CatalogError(f"{instance.name} has no GPU to count")
    return str(instance.accelerators.count)


_PLACEHOLDERS: dict[str, Callable[[InstanceType], str]] = {"<gpu count>": _gpu_count}


def image_families() -> tuple[str, ...]:
    """The families that a stack can name, sorted."""
    return tuple(sorted(_FAMILIES))


def image_regions(family: str) -> tuple[str, ...]:
    """The Regions that a family can be pulled in, sorted.

    Raises:
        CatalogError: unknown family.
    """
    return tuple(sorted(_registry(family)))


def lookup_family(family: str) -> ImageFamily:
    """What a family is, wherever it runs.

    Raises:
        CatalogError: unknown family; the message lists the known ones.
    """
    _, contract = _entry(family)
    row = _row(family)
    return ImageFamily(
        family=family,
        repository=row["repository"],
        tag=row["tag"],
        contract=contract,
        port=row["port"],
        processor=row["processor"],
        architecture=row["arch"],
        cuda=row["cuda"],
        inference_ami_version=row["ami"]["inference_ami_version"],
        default_env=MappingProxyType(row["default_env"]),
        engine=row["engine"],
        source=row["source"],
    )


def resolve_image(family: str, region: str) -> Image:
    """The serving image of a family in a Region.

    Raises:
        CatalogError: unknown family, or no registry in the Region; the message lists the known ones.
    """
    facts = lookup_family(family)
    accounts = _registry(family)
    if region not in accounts:
        raise CatalogError(_unknown("Region", region, image_regions(family)))
    return Image(
        **{field.name: getattr(facts, field.name) for field in fields(facts)},
        region=region,
        registry_account=accounts[region],
        uri=_uri(facts, accounts[region], region),
    )


def _uri(facts: ImageFamily, account: str, region: str) -> str:
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


def _entry(family: str) -> tuple[str, Contract]:
    if family not in _FAMILIES:
        raise CatalogError(_unknown("image family", family, image_families()))
    return _FAMILIES[family]


def _row(family: str) -> _Row:
    return _tables()["families"][_entry(family)[0]]


def _registry(family: str) -> dict[str, str]:
    return _tables()["registries"][_row(family)["registry"]]


def _unknown(kind: str, name: str, known: tuple[str, ...]) -> str:
    guess = nearest(name, known)
    hint = f"the nearest is {guess}; " if guess else ""
    return f"the catalog has no {kind} {name}; {hint}it has {', '.join(known)}"


@cache
def _tables() -> _Tables:
    return cast("_Tables", json.loads(_DATA.read_bytes()))
