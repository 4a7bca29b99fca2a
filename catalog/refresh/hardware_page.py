"""Reads Karpenter's page of EC2 instance types, which is generated from DescribeInstanceTypes.

`website/content/en/preview/reference/instance-types.md` of aws/karpenter-provider-aws has a section
for each type, and in it a table of labels and one of resources.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from catalog.refresh.errors import RefreshError

_TYPE = re.compile(r"### `([a-z0-9-]+\.[a-z0-9-]+)`\s*")
_LABEL = re.compile(r"\s*\|karpenter\.k8s\.aws/instance-([a-z-]+)\|([^|]*)\|\s*")
_ARCHITECTURE = re.compile(r"\s*\|kubernetes\.io/(arch)\|([^|]*)\|\s*")
_NUMBER = re.compile(r"[0-9]{1,12}")
_ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """What the page says of one EC2 instance type."""

    vcpu: int
    memory_mib: int
    architecture: str
    """`x86_64` or `arm64`."""

    local_nvme_gb: int
    """0 is EBS only."""

    device_count: int
    """GPUs or other accelerators; 0 for a CPU instance."""

    gpu_name: str | None
    """NVIDIA's GPUs only, as EC2 calls them: `a10g`."""

    gpu_memory_mib: int | None
    """NVIDIA's GPUs only. Of one GPU; of all of them on a few types, see `instance_rows`."""


def parse_hardware(page: str) -> dict[str, Hardware]:
    """The hardware of every instance type on the page, by EC2 name such as `g5.xlarge`.

    Raises:
        RefreshError: the page has no instance types, or one without a label that every type has.
    """
    found = {name: _hardware(name, labels) for name, labels in _sections(page)}
    if not found:
        raise RefreshError("the page of instance types has none; has its format changed?")
    return found


def _sections(page: str) -> Iterator[tuple[str, dict[str, str]]]:
    name: str | None = None
    labels: dict[str, str] = {}
    for line in page.splitlines():
        heading = _TYPE.fullmatch(line)
        if heading:
            if name is not None:
                yield name, labels
            name, labels = heading[1], {}
            continue
        label = _LABEL.fullmatch(line) or _ARCHITECTURE.fullmatch(line)
        if label:
            labels[label[1]] = label[2]
    if name is not None:
        yield name, labels


def _hardware(name: str, labels: Mapping[str, str]) -> Hardware:
    is_nvidia = labels.get("gpu-manufacturer") == "nvidia"
    architecture = _required(name, labels, "arch")
    if architecture not in _ARCHITECTURES:
        raise RefreshError(f"{name} has an architecture that is not known: {architecture}")
    return Hardware(
        vcpu=_number(name, labels, "cpu"),
        memory_mib=_number(name, labels, "memory"),
        architecture=_ARCHITECTURES[architecture],
        local_nvme_gb=_number(name, {"local-nvme": "0", **labels}, "local-nvme"),
        device_count=_device_count(name, labels),
        gpu_name=_required(name, labels, "gpu-name") if is_nvidia else None,
        gpu_memory_mib=_number(name, labels, "gpu-memory") if is_nvidia else None,
    )


def _device_count(name: str, labels: Mapping[str, str]) -> int:
    for label in ("gpu-count", "accelerator-count"):
        if label in labels:
            return _number(name, labels, label)
    return 0


def _number(name: str, labels: Mapping[str, str], label: str) -> int:
    text = _required(name, labels, label)
    if not _NUMBER.fullmatch(text):
        raise RefreshError(f"{name} has an instance-{label} that is no number: {text!r}")
    return int(text)


def _required(name: str, labels: Mapping[str, str], label: str) -> str:
    if label not in labels:
        raise RefreshError(f"{name} has no label {label} on the page of instance types")
    return labels[label]
