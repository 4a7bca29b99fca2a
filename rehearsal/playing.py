"""What a stack's settings mean for this machine: what is played by what, and where it logs."""

from rehearsal.account.model_container import STAND_INS, TEI_STAND_IN, host_module
from settings import StackSettings


def hosting(settings: StackSettings) -> str:
    """Say what the model runs on, and how if not in the plain way."""
    endpoint = settings.endpoint
    words = [endpoint.instance_type] if endpoint.instance_type else []
    if endpoint.mode != "realtime":
        words.append(endpoint.mode)
    return ", ".join(words)


def container_log_group(settings: StackSettings) -> str:
    """Return the log group that the model's container writes to."""
    if settings.endpoint.mode == "scale-to-zero":
        return f"/aws/sagemaker/InferenceComponents/{settings.endpoint_name}-component"
    return f"/aws/sagemaker/Endpoints/{settings.endpoint_name}"


def what_plays_the_image(settings: StackSettings) -> list[str]:
    """Say what stands for the engine and the model; nothing where the model's own code runs."""
    uri = settings.image_uri
    module = host_module(uri) if uri else None
    if module not in STAND_INS:
        return []
    image = settings.catalog_image
    engine = image.engine if image else uri
    answerer = (
        "vectors from hashes of the words come"
        if module == TEI_STAND_IN
        else "the storyteller answers"
    )
    return [
        (
            f"{answerer} in place of {engine} and the real model, behind the same contract "
            f"({settings.contract})"
        )
    ]
