"""The rows of `instances.json`: AWS's list of hosting types with the hardware of the EC2 types."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from catalog.refresh.errors import RefreshError
from catalog.refresh.hardware_page import Hardware

Row = dict[str, Any]

_BURSTABLE = re.compile(r"t\d")
_MIB_IN_GIB = 1024


def instance_rows(
    committed: Mapping[str, Row], hosting_types: Iterable[str], hardware: Mapping[str, Hardware]
) -> dict[str, Row]:
    """A row for every hosting type.

    A type that the page does not have, as the retired `ml.p3`, keeps its committed row. So do the
    names of accelerators, and the memory of those that are not NVIDIA's, which no page has.

    Raises:
        RefreshError: the hardware of a type is in neither; all of them are named.
    """
    rows: dict[str, Row] = {}
    unknown: list[str] = []
    names = sorted(hosting_types)
    gpu_memory_mib = _memory_of_one_gpu(names, hardware)
    for name in names:
        facts = hardware.get(_ec2_name(name))
        if facts is not None:
            siblings = [row for row in committed.values() if row["family"] == _family(name)]
            rows[name] = _row(name, facts, siblings, gpu_memory_mib)
        elif name in committed:
            rows[name] = committed[name]
        else:
            unknown.append(name)
    if unknown:
        raise RefreshError(
            f"no source has the hardware of {', '.join(unknown)}; write the row by hand"
        )
    return rows


def _row(name: str, facts: Hardware, siblings: list[Row], gpu_memory_mib: Mapping[str, int]) -> Row:
    row: Row = {
        "arch": facts.architecture,
        "burstable": _BURSTABLE.match(_family(name)) is not None,
        "confidence": "primary",
        "family": _family(name),
        "local_nvme_gb": facts.local_nvme_gb,
        "memory_gib": _gib(facts.memory_mib),
        "size": name.rpartition(".")[2],
        "source": "karpenter-preview",
        "vcpu": facts.vcpu,
    }
    return {**row, **_accelerators(name, facts, siblings, gpu_memory_mib)}


def _accelerators(
    name: str, facts: Hardware, siblings: list[Row], gpu_memory_mib: Mapping[str, int]
) -> Row:
    count = facts.device_count
    if not count:
        return {"accelerator_count": 0, "accelerator_kind": None, "accelerator_memory_gib": 0}
    known = next((row for row in siblings if row["accelerator_count"]), None)
    if facts.gpu_name is not None:
        return {
            "accelerator_count": count,
            "accelerator_kind": known["accelerator_kind"] if known else f"nvidia-{facts.gpu_name}",
            "accelerator_memory_gib": _gib(gpu_memory_mib[_family(name)] * count),
        }
    if known is None:
        raise RefreshError(
            f"the memory of the accelerators of {name} is on no page; write the row by hand"
        )
    row = {
        "accelerator_count": count,
        "accelerator_kind": known["accelerator_kind"],
        "accelerator_memory_gib": _share(known, "accelerator_memory_gib", count),
    }
    if "neuron_cores" in known:
        row["neuron_cores"] = _share(known, "neuron_cores", count)
    return row


def _memory_of_one_gpu(
    hosting_types: list[str], hardware: Mapping[str, Hardware]
) -> dict[str, int]:
    """By family, whose types all have the same GPU.

    EC2 once gave the memory of all GPUs of a type for that of one (g6e), and pages still carry it.
    """
    reported: dict[str, list[tuple[str, int, int]]] = {}
    for name in hosting_types:
        facts = hardware.get(_ec2_name(name))
        if facts is not None and facts.gpu_memory_mib is not None:
            row = (name, facts.gpu_memory_mib, facts.device_count)
            reported.setdefault(_family(name), []).append(row)
    least = {family: min(mib for _, mib, _ in rows) for family, rows in reported.items()}
    for family, rows in reported.items():
        for name, mib, count in rows:
            # A few MiB are lost when a total is rounded.
            if abs(mib - least[family]) > count and abs(mib - least[family] * count) > count:
                raise RefreshError(f"the GPUs of {name} have {mib} MiB, others {least[family]}")
    return least


def _share(known: Row, column: str, count: int) -> float:
    """A quantity of so many devices, from that of another type of the family."""
    value = known[column] / known["accelerator_count"] * count
    return int(value) if value == int(value) else round(value, 2)


def _gib(mib: int) -> float:
    value = mib / _MIB_IN_GIB
    return int(value) if value == int(value) else round(value, 2)


def _family(name: str) -> str:
    return _ec2_name(name).partition(".")[0]


def _ec2_name(name: str) -> str:
    return name.removeprefix("ml.")
