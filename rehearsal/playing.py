"""What a stack's settings mean for this machine: what is played by what, and where it logs."""

from rehearsal.account.sagemaker.model_container import (
    STAND_IN_REPOSITORIES,
    STAND_INS,
    TEI_STAND_IN,
    host_module,
    repository_of,
)
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


def played_like(settings: StackSettings) -> dict[str, str]:
    """Return the repository of the stack's own image, with the one that speaks as the stack says it does.

    What a folder of this project brings is played by the code in it.
    """
    uri = settings.image.uri
    # The storyteller's own code, which stands where a model in S3 would be, speaks the contract pipelines.
    if uri is None or settings.model.kind == "folder" or settings.contract == "pipelines":
        return {}
    return {repository_of(uri): STAND_IN_REPOSITORIES[settings.contract]}


def what_plays_the_image(settings: StackSettings) -> list[str]:
    """Say what stands for the engine and the model; nothing where the model's own code runs."""
    uri = settings.image_uri
    own = [f"/{known}" for known in played_like(settings).values()]
    module = host_module(own[0] if own else uri) if uri else None
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
