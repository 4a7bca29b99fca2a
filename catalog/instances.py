"""Hardware of every SageMaker hosting instance type, from `data/instances.json`."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypedDict, cast

from catalog.errors import CatalogError
from catalog.nearest import nearest

_DATA = Path(__file__).parent / "data" / "instances.json"


@dataclass(frozen=True, slots=True)
class Accelerators:
    """The accelerators of one instance."""

    kind: str
    """`nvidia-*`, `inferentia`, `inferentia2`, `trainium`, `trainium2` or `habana-gaudi`."""

    count: int
    """How many, at least 1."""

    memory_gib: float
    """Memory over all of them, as EC2 reports it: a "24 GB" A10G counts 22.35."""

    @property
    def are_nvidia_gpus(self) -> bool:
        """Whether a CUDA image can use them."""
        return self.kind.startswith("nvidia-")


@dataclass(frozen=True, slots=True)
class InstanceType:
    """One hosting instance type: `ml.<family>.<size>` is taken for the EC2 type `<family>.<size>`."""

    name: str
    """Such as `ml.g6e.xlarge`."""

    family: str
    """Such as `g6e`."""

    size: str
    """Such as `xlarge`."""

    vcpu: int
    """Virtual CPUs."""

    memory_gib: float
    """Main memory. SageMaker keeps some of it for itself, so this is an upper bound."""

    architecture: str
    """`x86_64` or `arm64`."""

    accelerators: Accelerators | None
    """None for a CPU instance."""

    local_nvme_gb: float | None
    """Local storage; 0 is EBS only, None is not known."""

    is_burstable: bool
    """A T family, with CPU credits."""

    @property
    def has_local_nvme(self) -> bool | None:
        """Whether it has local storage, which no KMS key of a volume encrypts; None is not known."""
        return None if self.local_nvme_gb is None else self.local_nvme_gb > 0


class _Row(TypedDict):
    accelerator_count: int
    accelerator_kind: str | None
    accelerator_memory_gib: float
    arch: str
    burstable: bool
    family: str
    local_nvme_gb: float | None
    memory_gib: float
    size: str
    vcpu: int


def lookup_instance(name: str) -> InstanceType:
    """The hardware of an instance type such as `ml.m5.large`.

    Raises:
        CatalogError: the catalog has no such type; the message names the nearest.
    """
    rows = _rows()
    if name not in rows:
        guess = nearest(name, rows)
        hint = f"; the nearest is {guess}" if guess else ""
        raise CatalogError(f"the catalog has no instance type {name}{hint}")
    row = rows[name]
    return InstanceType(
        name=name,
        family=row["family"],
        size=row["size"],
        vcpu=row["vcpu"],
        memory_gib=row["memory_gib"],
        architecture=row["arch"],
        accelerators=_accelerators(row),
        local_nvme_gb=row["local_nvme_gb"],
        is_burstable=row["burstable"],
    )


def instance_names() -> tuple[str, ...]:
    """Every instance type of the catalog, sorted by name."""
    return tuple(sorted(_rows()))


def _accelerators(row: _Row) -> Accelerators | None:
    kind = row["accelerator_kind"]
    if kind is None:
        return None
    return Accelerators(kind, row["accelerator_count"], row["accelerator_memory_gib"])


@cache
def _rows() -> dict[str, _Row]:
    return cast("dict[str, _Row]", json.loads(_DATA.read_bytes())["instances"])
