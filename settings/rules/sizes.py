"""Whether the model fits where it has to, and whether there is time for it. Rules GA601 to GA619."""

from collections.abc import Iterator
from typing import NamedTuple

from catalog.instances import Accelerators, InstanceType
from settings.draft import Draft
from settings.problems import Finding
from settings.rules.figures import MIB_PER_GIB, accelerators_in_use, component_copy, gpu_count_of
from settings.rules.rule import rule

# Weights, and a fifth for activations and buffers: parameters x bytes x 1.2 is what sagemaker-python-sdk chooses instances
# by (https://github.com/aws/sagemaker-python-sdk/pull/4429). Requests in flight need more.
_OVERHEAD = 1.2
# Variables that leave a part of the weights in main memory: --n-gpu-layers of llama.cpp, --cpu-offload-gb of vLLM and SGLang.
_OFFLOADING = frozenset(
    {
        "LLAMA_ARG_N_GPU_LAYERS",
        "SM_VLLM_CPU_OFFLOAD_GB",
        "OPTION_CPU_OFFLOAD_GB",
        "SM_SGLANG_CPU_OFFLOAD_GB",
    }
)
_BYTES_PER_GIB = 2**30
_BYTES_PER_GB = 1e9

# docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html: "5 GB of available ephemeral disk storage".
_SERVERLESS_DISK_GB = 5

# Generous: a gp2 volume writes 2 Gbit/s (docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html), and most types reach
# 10 Gbit/s only in bursts. A download that needs more than this does not end in time anywhere.
_FASTEST_GBIT_PER_SECOND = 10
_BITS_PER_BYTE = 8

# handlers/invocation.py keeps back 2 s for connecting, 3 s for the record and 0.5 s for the reply, and sends nothing to the
# model with less than a second left for it.
LEAST_INVOKER_SECONDS = 6.5


class _Place(NamedTuple):
    """Memory that a model has to fit into."""

    gib: float
    described: str


@rule(601)
def model_fits_the_accelerators(draft: Draft) -> Iterator[Finding]:
    """A model that does not fit into the memory of its accelerators fails after the download, minutes in.

    Parameters x bytes x 1.2: https://github.com/aws/sagemaker-python-sdk/pull/4429
    """
    instance, variables = draft.instance, draft.variables
    if instance is None or instance.accelerators is None or variables is None:
        return
    if not variables.keys() & _OFFLOADING:
        yield from _too_large(draft, _accelerator_memory(draft, instance, instance.accelerators))


@rule(602)
def model_fits_the_main_memory(draft: Draft) -> Iterator[Finding]:
    """Without an accelerator the model lies in main memory (parameters x bytes x 1.2)."""
    instance = draft.instance
    if draft.mode == "serverless":
        memory = draft.value("endpoint.serverless.memoryMib", int)
        if memory is not None:
            place = f"the {memory} MiB of endpoint.serverless.memoryMib"
            yield from _too_large(draft, _Place(memory / MIB_PER_GIB, place))
    elif instance is not None and instance.accelerators is None:
        place = _Place(instance.memory_gib, f"the {instance.memory_gib:g} GiB of {instance.name}")
        copy = component_copy(draft)
        if copy is not None:
            described = (
                f"the {copy.memory_mib:.0f} MiB of a copy (endpoint.inferenceComponent.memoryMib)"
            )
            place = _Place(copy.memory_mib / MIB_PER_GIB, described)
        yield from _too_large(draft, place)


@rule(603)
def model_fits_the_volume(draft: Draft) -> Iterator[Finding]:
    """An instance downloads the model to its volume, and unpacks an archive beside itself there.

    Types with local NVMe disks use those instead.
    https://repost.aws/knowledge-center/sagemaker-endpoint-creation-fail
    """
    volume, size = draft.value("endpoint.volumeGb", int), _size_gb(draft)
    instance = draft.instance
    if volume is None or size is None or instance is None or instance.has_local_nvme is not False:
        return
    # What is in an archive is at least as large. A folder's archive may be smaller, so only its content counts.
    is_archive = draft.source_kind == "archive"
    needed = 2 * size if is_archive else size
    if needed > volume:
        what = (
            f"the archive and its content, {size:.1f} GB each" if is_archive else f"{size:.1f} GB"
        )
        yield Finding(
            draft.key("endpoint.volumeGb"),
            f"is {volume}, and has to hold {what}",
            f"write at least {int(needed) + 1}",
        )


@rule(604)
def model_fits_serverless_inference(draft: Draft) -> Iterator[Finding]:
    """Serverless inference has 5 GB of disk, whatever its memory.

    https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
    """
    size = _size_gb(draft)
    if draft.mode == "serverless" and size is not None and size > _SERVERLESS_DISK_GB:
        yield Finding(
            draft.key("endpoint.mode"),
            f"is serverless, which has {_SERVERLESS_DISK_GB} GB of disk, and the model has {size:.1f} GB",
            "choose the mode scale-to-zero or async, whose instances can go down to none",
        )


@rule(605)
def download_has_time_enough(draft: Draft) -> Iterator[Finding]:
    """A download that cannot end in time even over a fast network fails every deployment."""
    size, timeout = _size_gb(draft), draft.value("endpoint.downloadTimeoutSeconds", int)
    if (
        size is None
        or timeout is None
        or draft.mode in {None, "serverless"}
        or draft.source_kind == "hub"
    ):
        return
    needed = size * _BITS_PER_BYTE / _FASTEST_GBIT_PER_SECOND
    if needed > timeout:
        yield Finding(
            draft.key("endpoint.downloadTimeoutSeconds"),
            f"is {timeout}, and {size:.1f} GB take {needed:.0f} seconds even at {_FASTEST_GBIT_PER_SECOND} Gbit/s",
            f"write at least {int(needed) + 1}, best three times as much",
        )


@rule(606)
def function_has_time_to_ask(draft: Draft) -> Iterator[Finding]:
    """The function keeps back time for connecting, the record and the reply; with less than that it never asks the model."""
    timeout = draft.value("invoker.timeoutSeconds", int)
    if timeout is not None and timeout < LEAST_INVOKER_SECONDS:
        yield Finding(
            draft.key("invoker.timeoutSeconds"),
            f"is {timeout}, and the function needs {LEAST_INVOKER_SECONDS} seconds to ask the model at all",
            "write 75, which lets a model take its 60 seconds",
        )


def _too_large(draft: Draft, place: _Place) -> Iterator[Finding]:
    billions = draft.value("model.parametersBillions", float)
    bytes_each = draft.value("model.bytesPerParameter", float)
    if billions is None or bytes_each is None:
        return
    needed = billions * 1e9 * bytes_each * _OVERHEAD / _BYTES_PER_GIB
    if needed > place.gib:
        yield Finding(
            draft.key("model.parametersBillions"),
            f"is {billions:g}: at {bytes_each:g} bytes each and a fifth more for its work the model takes {needed:.1f} GiB, "
            f"more than {place.described}",
            "give the model more memory, or choose one with fewer parameters or fewer bytes for each (bytesPerParameter)",
        )


def _accelerator_memory(draft: Draft, instance: InstanceType, accelerators: Accelerators) -> _Place:
    used = min(
        accelerators_in_use(draft, instance), _tensor_parallel_degree(draft) or accelerators.count
    )
    gib = accelerators.memory_gib * used / accelerators.count
    return _Place(gib, f"the {gib:.1f} GiB of {used} x {accelerators.kind} ({instance.name})")


def _tensor_parallel_degree(draft: Draft) -> int | None:
    """Over how many GPUs the stack spreads the model, if it says a number."""
    image, variables = draft.image, draft.variables
    if image is None or variables is None:
        return None
    said = (gpu_count_of(variables.get(name, "")) for name in image.tensor_parallel_variables)
    return next((degree for degree in said if degree), None)


def _size_gb(draft: Draft) -> float | None:
    """Size of the model: measured on disk, or as the stack says."""
    if draft.model_folder is not None:
        return draft.model_folder.size_bytes / _BYTES_PER_GB
    return None if draft.source_kind in {None, "folder"} else draft.value("model.sizeGb", float)
