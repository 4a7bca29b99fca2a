"""What the settings mean for `GenAIEndpoint`."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from settings.component_args.group import Group
from settings.field_checks import SHADOW_VARIANT
from settings.sections import VariantSettings
from settings.stack_settings import StackSettings

_ROUTING = {"least-outstanding-requests": "LEAST_OUTSTANDING_REQUESTS", "random": "RANDOM"}


class ScheduleArgs(TypedDict):
    """Other bounds from a moment on."""

    schedule: str
    timezone: str
    min_capacity: int
    max_capacity: int


class ScalingArgs(TypedDict):
    """What the capacity follows."""

    min_capacity: int
    max_capacity: int
    metric: str
    target: float
    scale_in_cooldown_seconds: int
    scale_out_cooldown_seconds: int
    schedules: Mapping[str, ScheduleArgs]


class ServerlessArgs(TypedDict):
    """An endpoint without instances."""

    memory_mib: int
    max_concurrency: int
    provisioned_concurrency: int | None


class AsyncArgs(TypedDict):
    """A queue in front of the instances."""

    max_concurrency_per_instance: int
    notify: bool
    success_topic_arn: str | None
    error_topic_arn: str | None
    include_response: bool


class InferenceComponentArgs(TypedDict):
    """What one copy of the model takes, and how many instances there may be."""

    accelerator_count: int | None
    cpu_cores: float | None
    memory_mib: int
    initial_copies: int
    min_instances: int
    max_instances: int


class VariantArgs(TypedDict):
    """Another variant; what is left out is as in the main one."""

    weight: float
    initial_instance_count: int
    instance_type: NotRequired[str]
    inference_ami_version: NotRequired[str | None]
    model_uri: NotRequired[str]
    environment: NotRequired[Mapping[str, str]]


class CaptureArgs(TypedDict):
    """Requests and replies kept in S3."""

    percent: int
    inputs: bool
    outputs: bool


class WaysOutArgs(TypedDict):
    """VPC endpoints for subnets without a way to the Internet."""

    vpc_id: str
    route_table_ids: Sequence[str]


class VpcArgs(TypedDict):
    """A network for the container."""

    subnet_ids: Sequence[str]
    security_group_ids: Sequence[str]
    endpoints: WaysOutArgs | None


class RolloutArgs(TypedDict):
    """How a changed configuration takes over."""

    strategy: str
    canary_percent: int
    step_percent: int
    batch_percent: int
    wait_seconds: int
    termination_wait_seconds: int
    max_seconds: int | None
    rollback: bool
    max_error_percent: float
    max_latency_seconds: float | None


class EndpointArgs(TypedDict):
    """For `GenAIEndpoint`."""

    endpoint_name: str
    mode: str
    enabled: bool
    image_uri: str | None
    model_package_arn: str | None
    accept_eula: bool
    model_kms_key_arn: str | None
    model_bucket_owner: str | None
    environment: Mapping[str, str]
    secret_environment: Mapping[str, str]
    environment_from_secrets: Mapping[str, str]
    inference_ami_version: str | None
    instance_type: str | None
    initial_instance_count: int
    scaling: Group
    serverless: Group
    asynchronous: Group
    inference_component: Group
    variant_weight: float
    extra_variants: Mapping[str, Group]
    shadow_variants: Mapping[str, Group]
    routing_strategy: str
    capture: Group
    data_kms_key_arn: str | None
    volume_kms_key_arn: str | None
    capture_kms_key_arn: str | None
    async_output_kms_key_arn: str | None
    log_kms_key_arn: str | None
    volume_gb: int | None
    network_isolation: bool
    vpc: Group
    startup_timeout_seconds: int
    download_timeout_seconds: int
    rollout: Group
    retain_scaled_capacity: bool
    execution_role_arn: str | None
    permissions_boundary_arn: str | None
    execution_statements: Sequence[Mapping[str, Any]]
    log_retention_days: int
    tags: Mapping[str, str]


def endpoint_args(settings: StackSettings) -> EndpointArgs:
    """Map the settings to the arguments of `GenAIEndpoint`."""
    endpoint, keys, roles = settings.endpoint, settings.keys, settings.roles
    return {
        "endpoint_name": settings.endpoint_name,
        "mode": endpoint.mode,
        "enabled": endpoint.enabled,
        "image_uri": settings.image_uri,
        "model_package_arn": settings.model.source if settings.model.kind == "package" else None,
        "accept_eula": settings.model.accept_eula,
        "model_kms_key_arn": settings.model.kms_key_arn,
        "model_bucket_owner": settings.model.bucket_owner,
        "environment": settings.container_environment,
        **_secrets(settings),
        "inference_ami_version": settings.inference_ami_version,
        "instance_type": endpoint.instance_type,
        "initial_instance_count": endpoint.instances.initial,
        "scaling": _scaling(settings),
        "serverless": _serverless(settings),
        "asynchronous": _asynchronous(settings),
        "inference_component": _inference_component(settings),
        "variant_weight": endpoint.weight,
        "extra_variants": {
            name: _variant(variant, settings) for name, variant in endpoint.variants.items()
        },
        "shadow_variants": (
            {SHADOW_VARIANT: _variant(endpoint.shadow, settings)} if endpoint.shadow else {}
        ),
        "routing_strategy": _ROUTING[endpoint.routing],
        "capture": _capture(settings),
        "data_kms_key_arn": keys.bucket_arn,
        "volume_kms_key_arn": keys.volume_arn,
        "capture_kms_key_arn": keys.capture_arn or keys.bucket_arn,
        "async_output_kms_key_arn": keys.async_output_arn or keys.bucket_arn,
        "log_kms_key_arn": keys.logs_arn,
        "volume_gb": endpoint.volume_gb,
        "network_isolation": settings.network_isolation,
        "vpc": _vpc(settings),
        "startup_timeout_seconds": endpoint.startup_timeout_seconds,
        "download_timeout_seconds": endpoint.download_timeout_seconds,
        "rollout": _rollout(settings),
        "retain_scaled_capacity": endpoint.retain_scaled_capacity,
        "execution_role_arn": roles.execution_role_arn,
        "permissions_boundary_arn": roles.permissions_boundary_arn,
        "execution_statements": roles.execution_statements,
        "log_retention_days": settings.invoker.log_retention_days,
        "tags": settings.all_tags,
    }


class _Secrets(TypedDict):
    secret_environment: Mapping[str, str]
    environment_from_secrets: Mapping[str, str]


def _secrets(settings: StackSettings) -> _Secrets:
    # Without a text there is no Pulumi to decrypt it: this is a check, and nothing is deployed.
    token = settings.hub_token.text if settings.hub_token else None
    arn = settings.model.token_secret_arn
    return {
        "secret_environment": {settings.token_variable: token} if token else {},
        "environment_from_secrets": {settings.token_variable: arn} if arn else {},
    }


def _scaling(settings: StackSettings) -> ScalingArgs | None:
    bounds, scaling = settings.capacity_bounds, settings.endpoint.scaling
    if bounds is None:
        return None
    return {
        "min_capacity": bounds.least,
        "max_capacity": bounds.greatest,
        "metric": settings.scaling_metric,
        "target": settings.scaling_target,
        "scale_in_cooldown_seconds": scaling.scale_in_cooldown_seconds,
        "scale_out_cooldown_seconds": scaling.scale_out_cooldown_seconds,
        "schedules": {
            name: {
                "schedule": entry.schedule,
                "timezone": entry.timezone,
                "min_capacity": entry.min,
                "max_capacity": entry.max,
            }
            for name, entry in settings.schedules.items()
        },
    }


def _serverless(settings: StackSettings) -> ServerlessArgs | None:
    if settings.endpoint.mode != "serverless":
        return None
    return {
        "memory_mib": settings.serverless.memory_mib,
        "max_concurrency": settings.serverless.max_concurrency,
        "provisioned_concurrency": settings.serverless.provisioned_concurrency,
    }


def _asynchronous(settings: StackSettings) -> AsyncArgs | None:
    if settings.endpoint.mode != "async":
        return None
    asynchronous = settings.asynchronous
    return {
        "max_concurrency_per_instance": asynchronous.max_concurrency_per_instance,
        "notify": asynchronous.notify,
        "success_topic_arn": asynchronous.success_topic_arn,
        "error_topic_arn": asynchronous.error_topic_arn,
        "include_response": asynchronous.include_response,
    }


def _inference_component(settings: StackSettings) -> InferenceComponentArgs | None:
    if settings.endpoint.mode != "scale-to-zero":
        return None
    return {
        "accelerator_count": settings.component_accelerators,
        "cpu_cores": settings.inference_component.cpu_cores,
        "memory_mib": settings.component_memory_mib,
        "initial_copies": 1,
        "min_instances": settings.managed_instances.least,
        "max_instances": settings.managed_instances.greatest,
    }


def _variant(variant: VariantSettings, settings: StackSettings) -> VariantArgs:
    args: VariantArgs = {
        "weight": variant.weight,
        "initial_instance_count": variant.initial,
    }
    if variant.instance_type:
        args["instance_type"] = variant.instance_type
        args["inference_ami_version"] = settings.host_image_on(variant.instance_type)
    if variant.source:
        args["model_uri"] = variant.source
    environment = settings.environment_on(variant.instance_type)
    if variant.env or environment != settings.container_environment:
        args["environment"] = {**environment, **variant.env}
    return args


def _capture(settings: StackSettings) -> CaptureArgs | None:
    capture = settings.endpoint.capture
    if capture is None:
        return None
    return {"percent": capture.percent, "inputs": capture.inputs, "outputs": capture.outputs}


def _vpc(settings: StackSettings) -> VpcArgs | None:
    vpc = settings.endpoint.vpc
    if vpc is None:
        return None
    ways_out = vpc.endpoints
    return {
        "subnet_ids": vpc.subnet_ids,
        "security_group_ids": vpc.security_group_ids,
        "endpoints": (
            {"vpc_id": ways_out.vpc_id, "route_table_ids": ways_out.route_table_ids}
            if ways_out
            else None
        ),
    }


def _rollout(settings: StackSettings) -> RolloutArgs | None:
    rollout = settings.endpoint.rollout
    if not rollout.is_guarded:
        return None
    return {
        "strategy": rollout.strategy,
        "canary_percent": rollout.canary_percent,
        "step_percent": rollout.step_percent,
        "batch_percent": rollout.batch_percent,
        "wait_seconds": rollout.wait_seconds,
        "termination_wait_seconds": rollout.termination_wait_seconds,
        "max_seconds": rollout.max_seconds,
        "rollback": rollout.has_rollback,
        "max_error_percent": rollout.max_error_percent,
        "max_latency_seconds": settings.max_latency_seconds,
    }
