"""GPUs, their drivers and how a model is spread over them, against the image. Rules GA209 to GA219."""

from collections.abc import Iterator

from catalog.errors import CatalogError
from catalog.host_images import InferenceAmi, default_driver, gpu_supports, lookup_ami, supports
from catalog.instances import InstanceType
from settings.draft import Draft
from settings.problems import Finding
from settings.rules.figures import accelerators_in_use, gpu_count_of
from settings.rules.rule import rule
from settings.wording import quote

_NEURON = ("inferentia", "trainium")


@rule(209)
def driver_runs_the_image_s_cuda(draft: Draft) -> Iterator[Finding]:
    """An image that is too new for the host's GPU driver fails before it can write a line of log."""
    image, main = draft.image, draft.instance
    if image is None or image.cuda_version is None or main is None or _is_ami_wrong(draft):
        return
    # There is one host image for the endpoint: what the main variant's type needs.
    ami = draft.value("endpoint.inferenceAmiVersion", str) or image.inference_ami_on(main)
    for machine in draft.machines:
        instance = machine.instance
        if not instance.accelerators or gpu_supports(image.cuda_version, instance) is False:
            continue
        if _suits(ami, instance) and _runs(image.cuda_version, ami, instance) is False:
            driver = default_driver(instance.family) if ami is None else lookup_ami(ami).driver
            yield Finding(
                draft.key(machine.key),
                f"{instance.name} has driver {driver} {_whence(ami)}, too old for {image.family} "
                f"({image.engine}, CUDA {image.cuda})",
                "write endpoint.inferenceAmiVersion: al2-ami-sagemaker-inference-gpu-3-1, or choose a newer "
                "instance type",
            )


@rule(210)
def gpus_run_the_image_s_cuda(draft: Draft) -> Iterator[Finding]:
    """NVIDIA takes old GPUs out of new versions of CUDA, whatever the driver."""
    # docs.nvidia.com/datacenter/tesla/drivers/cuda-toolkit-driver-and-architecture-matrix.html
    image = draft.image
    if image is None or image.cuda_version is None:
        return
    for machine in draft.machines:
        accelerators = machine.instance.accelerators
        if accelerators is None or not accelerators.are_nvidia_gpus:
            continue
        if gpu_supports(image.cuda_version, machine.instance) is False:
            yield Finding(
                draft.key(machine.key),
                f"the {accelerators.kind} of {machine.instance.name} is too old for CUDA {image.cuda} of "
                f"{image.family} ({image.engine})",
                "choose a newer type, such as ml.g5.xlarge or ml.g6e.xlarge",
            )


@rule(211)
def host_image_suits_the_instance(draft: Draft) -> Iterator[Finding]:
    """A host image brings the drivers of one kind of accelerator, and does nothing for another or for none."""
    said = draft.value("endpoint.inferenceAmiVersion", str)
    if said is None:
        return
    # Variants may share a type, which is told of once.
    for instance in dict.fromkeys(machine.instance for machine in draft.machines):
        if not _suits(said, instance):
            accelerators = instance.accelerators
            has = (
                f"{accelerators.count} x {accelerators.kind}" if accelerators else "no accelerator"
            )
            yield Finding(
                draft.key("endpoint.inferenceAmiVersion"),
                f"is {said}, and {instance.name} has {has}",
                "remove it; the catalog chooses the host image that the serving image needs",
            )


@rule(212)
def model_is_spread_over_gpus_that_are_there(draft: Draft) -> Iterator[Finding]:
    """A model cannot be spread over more GPUs than there are, and every group of them has to come out even."""
    image, instance, variables = draft.image, draft.instance, draft.variables
    if image is None or instance is None or instance.accelerators is None or variables is None:
        return
    count = accelerators_in_use(draft, instance)
    for name in image.tensor_parallel_variables:
        degree = gpu_count_of(variables.get(name, ""))
        if degree is None or count % degree == 0:
            continue
        there = f"{instance.name} has {count}" if count > 1 else f"{instance.name} has one"
        if count < instance.accelerators.count:
            there = (
                f"a copy of the model has {count} (endpoint.inferenceComponent.acceleratorCount)"
            )
        leftover = "" if degree > count else f", which leaves {count % degree} unused and paid for"
        yield Finding(
            draft.key(f"image.env.{name}"),
            f"spreads the model over {degree} GPUs, and {there}{leftover}",
            f'write {name}: "{count}", or choose a type with {degree} GPUs',
        )


@rule(213)
def serverless_image_runs_on_a_cpu(draft: Draft) -> Iterator[Finding]:
    """Serverless inference has no GPU (https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html)."""
    image = draft.image
    if draft.mode == "serverless" and image is not None and image.processor == "gpu":
        yield Finding(
            draft.key("endpoint.mode"),
            f"is serverless, which has no GPU, and {image.family} ({image.engine}) is built for NVIDIA GPUs",
            "choose a family that runs on a CPU, such as huggingface, pytorch or llamacpp, or another mode",
        )


def _is_ami_wrong(draft: Draft) -> bool:
    return draft.is_wrong("endpoint.inferenceAmiVersion")


def _known_ami(version: str) -> InferenceAmi | None:
    """What is known of a host image; AWS's list may be newer than the catalog."""
    try:
        return lookup_ami(version)
    except CatalogError:
        return None


def _runs(cuda: tuple[int, int], ami: str | None, instance: InstanceType) -> bool | None:
    return supports(cuda, ami, instance) if ami is None or _known_ami(ami) else None


def _suits(version: str | None, instance: InstanceType) -> bool:
    """Whether a host image is meant for what accelerates an instance, as far as is known."""
    ami = _known_ami(version) if version else None
    if ami is None:
        return True
    if instance.accelerators is None:
        return False
    is_neuron = instance.accelerators.kind.startswith(_NEURON)
    return is_neuron if ami.accelerator == "neuron" else instance.accelerators.are_nvidia_gpus


def _whence(ami: str | None) -> str:
    return f"({quote(ami)})" if ami else "unless a host image is asked for"
