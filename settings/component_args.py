"""What the settings mean for each component: the part of its arguments that a person decides.

Plain dictionaries under the components' own names, so that `__main__.py` adds only the wiring. They are
typed here and again by the components; the type checker holds the two against each other where they meet.
"""

from typing import TypedDict

from settings.stack_settings import StackSettings


class BucketArgs(TypedDict):
    """For `ModelBucket`."""

    model_source: str
    record_days: int
    protect: bool
    force_destroy: bool
    tags: dict[str, str]


class EndpointArgs(TypedDict):
    """For `GenAIEndpoint`."""

    endpoint_name: str
    image_uri: str
    inference_ami_version: str | None
    environment: dict[str, str]
    instance_type: str
    initial_instance_count: int
    volume_gb: int | None
    network_isolation: bool
    startup_timeout_seconds: int
    download_timeout_seconds: int
    log_retention_days: int
    tags: dict[str, str]


class InvokerArgs(TypedDict):
    """For `InvokerFunction`."""

    contract: str
    timeout_seconds: int
    memory_mib: int
    log_retention_days: int
    log_level: str
    tags: dict[str, str]


def bucket_args(settings: StackSettings) -> BucketArgs:
    """Map the settings to the arguments of `ModelBucket`."""
    return {
        "model_source": settings.model.source,
        "record_days": settings.bucket.record_days,
        "protect": settings.bucket.protect,
        "force_destroy": settings.bucket.force_destroy,
        "tags": settings.all_tags,
    }


def endpoint_args(settings: StackSettings) -> EndpointArgs:
    """Map the settings to the arguments of `GenAIEndpoint`."""
    endpoint = settings.endpoint
    return {
        "endpoint_name": settings.endpoint_name,
        "image_uri": settings.image_uri,
        "inference_ami_version": settings.inference_ami_version,
        "environment": settings.container_environment,
        "instance_type": endpoint.instance_type,
        "initial_instance_count": endpoint.instances.initial,
        "volume_gb": endpoint.volume_gb,
        "network_isolation": endpoint.network_isolation,
        "startup_timeout_seconds": endpoint.startup_timeout_seconds,
        "download_timeout_seconds": endpoint.download_timeout_seconds,
        "log_retention_days": settings.invoker.log_retention_days,
        "tags": settings.all_tags,
    }


def invoker_args(settings: StackSettings) -> InvokerArgs:
    """Map the settings to the arguments of `InvokerFunction`."""
    invoker = settings.invoker
    return {
        "contract": settings.contract,
        "timeout_seconds": invoker.timeout_seconds,
        "memory_mib": invoker.memory_mib,
        "log_retention_days": invoker.log_retention_days,
        "log_level": invoker.log_level,
        "tags": settings.all_tags,
    }
