"""Which versions of CUDA run on a host: by its driver and by its GPUs, from `data/host_images.json`.

SageMaker starts the serving image on a host image of its own, which brings the NVIDIA driver. A
stack may ask for another (`InferenceAmiVersion`). An image that is too new for the driver fails
before it can write a line of log.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NotRequired, TypedDict, cast

from catalog.cuda import CudaVersion, parse_version
from catalog.errors import CatalogError
from catalog.instances import InstanceType
from catalog.nearest import nearest

_DATA = Path(__file__).parent / "data" / "host_images.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceAmi:
    """A host image that a stack can ask for."""

    version: str
    """Such as `al2023-ami-sagemaker-inference-gpu-4-1`."""

    accelerator: Literal["gpu", "neuron"]
    """What its drivers are for."""

    driver: int | None
    """Branch of the NVIDIA driver, such as 580; None without one."""

    cuda: CudaVersion | None
    """The CUDA version that the driver was made for; None without one."""

    highest_cuda: CudaVersion | None
    """The newest CUDA version reported to run on it: more than `cuda` where an image brings
    NVIDIA's compatibility libraries."""

    mounts_cuda_compat: bool
    """Whether it mounts its compatibility libraries into the container."""


class _AmiRow(TypedDict):
    accelerator: Literal["gpu", "neuron"]
    cuda_compat_mount: NotRequired[bool]
    driver: NotRequired[int]
    neuron_driver: NotRequired[str]


class _Architecture(TypedDict):
    capabilities: list[str]
    first_cuda: str | None
    last_cuda_major: int | None
    last_driver: int | None
    name: str


class _Report(TypedDict):
    cuda: str
    driver: int
    source: str
    why: str
    works: bool | None


class _Tables(TypedDict):
    amis: dict[str, _AmiRow]
    architectures: list[_Architecture]
    compute_capability: dict[str, str]
    default_drivers: dict[str, int]
    driver_cuda: dict[str, str]
    minimum_driver: dict[str, int]
    reports: list[_Report]


def ami_versions() -> tuple[str, ...]:
    """Every host image that a stack can ask for, sorted."""
    return tuple(sorted(_tables()["amis"]))


def lookup_ami(version: str) -> InferenceAmi:
    """A host image that a stack can ask for.

    Raises:
        CatalogError: the catalog has no such host image; the message names the nearest.
    """
    rows = _tables()["amis"]
    if version not in rows:
        guess = nearest(version, rows)
        hint = f"; the nearest is {guess}" if guess else ""
        raise CatalogError(f"the catalog has no host image {version}{hint}")
    row = rows[version]
    driver = row.get("driver")
    return InferenceAmi(
        version=version,
        accelerator=row["accelerator"],
        driver=driver,
        cuda=None if driver is None else _native_cuda(driver),
        highest_cuda=None if driver is None else _highest_cuda(driver),
        mounts_cuda_compat=row.get("cuda_compat_mount", False),
    )


def default_driver(family: str) -> int | None:
    """Branch of the NVIDIA driver where no host image is asked for, of an instance family such as `g5`.

    None: it has none, or it is not known.
    """
    return _tables()["default_drivers"].get(family)


def supports(image_cuda: CudaVersion, ami: str | None, instance: InstanceType) -> bool | None:
    """Whether an image with this version of CUDA runs on a host.

    Args:
        image_cuda: the version that the image was built with.
        ami: the host image that the stack asks for; None leaves it to SageMaker.
        instance: where it runs.

    Returns:
        None when it is not known: the driver of the instance type is not documented, the sources
        disagree, or it depends on whether the image brings NVIDIA's compatibility libraries.

    Raises:
        CatalogError: unknown host image.
    """
    verdicts = (gpu_supports(image_cuda, instance), _host_supports(image_cuda, ami, instance))
    if False in verdicts:
        return False
    return None if None in verdicts else True


def gpu_supports(image_cuda: CudaVersion, instance: InstanceType) -> bool | None:
    """Whether this version of CUDA still builds for the GPUs of an instance type.

    False: NVIDIA took the GPU out, as Volta (`ml.p3`) out of CUDA 13. None: not known; also for a
    version older than the GPU, which may get by with code that the driver translates.
    """
    architecture = _architecture(instance)
    if architecture is None:
        return None if _has_nvidia_gpus(instance) else False
    last, first = architecture["last_cuda_major"], architecture["first_cuda"]
    if last is not None and image_cuda[0] > last:
        return False
    return True if first is not None and image_cuda >= parse_version(first) else None


def compute_capability(instance: InstanceType) -> tuple[int, int] | None:
    """The generation of the GPUs as NVIDIA counts it: `(7, 0)` is Volta; None: no NVIDIA GPU."""
    text = _capability(instance)
    return None if text is None else parse_version(text)


def _host_supports(image_cuda: CudaVersion, ami: str | None, instance: InstanceType) -> bool | None:
    if ami is None:
        driver = default_driver(instance.family)
        return None if driver is None else _driver_supports(image_cuda, driver)
    host = lookup_ami(ami)
    if host.driver is None or _is_too_new(host.driver, instance):
        return False
    return _driver_supports(image_cuda, host.driver)


def _driver_supports(image_cuda: CudaVersion, driver: int) -> bool | None:
    report = _reports().get((driver, image_cuda))
    if report is not None:
        return report["works"]
    if image_cuda <= _native_cuda(driver):
        return True
    minimum = _tables()["minimum_driver"].get(str(image_cuda[0]))
    # Older drivers than the least need compatibility libraries, which an image brings or does not.
    return True if minimum is not None and driver >= minimum else None


def _is_too_new(driver: int, instance: InstanceType) -> bool:
    """Whether a driver branch no longer knows the GPUs."""
    architecture = _architecture(instance)
    last = architecture["last_driver"] if architecture else None
    return last is not None and driver > last


def _highest_cuda(driver: int) -> CudaVersion:
    reported = [
        cuda for (on, cuda), report in _reports().items() if on == driver and report["works"]
    ]
    return max([_native_cuda(driver), *reported])


def _native_cuda(driver: int) -> CudaVersion:
    return parse_version(_tables()["driver_cuda"][str(driver)])


def _architecture(instance: InstanceType) -> _Architecture | None:
    capability = _capability(instance)
    return next(
        (each for each in _tables()["architectures"] if capability in each["capabilities"]), None
    )


def _capability(instance: InstanceType) -> str | None:
    kind = instance.accelerators.kind if instance.accelerators else ""
    return _tables()["compute_capability"].get(kind)


def _has_nvidia_gpus(instance: InstanceType) -> bool:
    return instance.accelerators is not None and instance.accelerators.are_nvidia_gpus


@cache
def _reports() -> dict[tuple[int, CudaVersion], _Report]:
    return {
        (report["driver"], parse_version(report["cuda"])): report for report in _tables()["reports"]
    }


@cache
def _tables() -> _Tables:
    return cast("_Tables", json.loads(_DATA.read_bytes()))
