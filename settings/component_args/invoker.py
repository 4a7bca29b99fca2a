"""What the settings mean for `InvokerFunction`."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from settings.component_args.group import Group
from settings.redaction import RedactionRule, redaction_rule
from settings.sections.template import TemplateSettings
from settings.stack_settings import StackSettings


class InputsArgs(TypedDict):
    """Files of prompts, through a queue."""

    max_concurrency: int
    max_receives: int
    workers: int
    paused: bool


class AsyncInvokeArgs(TypedDict):
    """Invocations that nobody waits for."""

    retries: int
    max_age_seconds: int
    on_failure: bool


class FunctionVpcArgs(TypedDict):
    """A network for the function."""

    subnet_ids: Sequence[str]
    security_group_ids: Sequence[str]


class AliasArgs(TypedDict):
    """Which published version answers."""

    previous_version: str | None
    previous_percent: int | None


class InvokerArgs(TypedDict):
    """For `InvokerFunction`."""

    mode: str
    contract: str
    template: Mapping[str, Any] | None
    max_new_tokens: int
    attempts: int
    repeat_after_timeout: bool
    function_url: bool
    http_api: bool
    streaming: bool
    adapter_layer_arn: str | None
    records: str
    redaction: Sequence[RedactionRule]
    inputs: Group
    waking: str
    client_tokens: bool
    asynchronous: Group
    timeout_seconds: int
    memory_mib: int
    reserved_concurrency: int | None
    vpc: Group
    alias: Group
    extra_statements: Sequence[Mapping[str, Any]]
    tracing: bool
    metrics_namespace: str | None
    environment_kms_key_arn: str | None
    queue_kms_key_arn: str | None
    log_kms_key_arn: str | None
    permissions_boundary_arn: str | None
    log_retention_days: int
    log_level: str
    tags: Mapping[str, str]


def invoker_args(settings: StackSettings) -> InvokerArgs:
    """Map the settings to the arguments of `InvokerFunction`."""
    invoker = settings.invoker
    return {
        "mode": settings.endpoint.mode,
        "contract": settings.contract,
        "template": _template(invoker.template),
        "max_new_tokens": invoker.max_new_tokens,
        "attempts": invoker.retries.attempts,
        "repeat_after_timeout": invoker.retries.after_timeout,
        "function_url": invoker.url == "iam",
        "http_api": invoker.http_api,
        "streaming": invoker.streaming,
        "adapter_layer_arn": invoker.adapter_layer_arn,
        "records": invoker.records.keep,
        "redaction": [redaction_rule(entry) for entry in invoker.records.redact],
        "inputs": _inputs(settings),
        "waking": invoker.waking,
        "client_tokens": invoker.client_tokens,
        "asynchronous": _asynchronous(settings),
        "timeout_seconds": invoker.timeout_seconds,
        "memory_mib": invoker.memory_mib,
        "reserved_concurrency": invoker.reserved_concurrency,
        "vpc": _vpc(settings),
        "alias": _alias(settings),
        "extra_statements": invoker.statements,
        "tracing": invoker.tracing,
        "metrics_namespace": settings.project if invoker.metrics else None,
        "environment_kms_key_arn": settings.keys.function_arn,
        "queue_kms_key_arn": settings.keys.queue_arn,
        "log_kms_key_arn": settings.keys.logs_arn,
        "permissions_boundary_arn": settings.roles.permissions_boundary_arn,
        "log_retention_days": invoker.log_retention_days,
        "log_level": invoker.log_level,
        "tags": settings.all_tags,
    }


def _template(template: TemplateSettings | None) -> Mapping[str, Any] | None:
    # Under the names that the function reads, which are Python's.
    return None if template is None else template.model_dump(exclude_none=True)


def _inputs(settings: StackSettings) -> InputsArgs | None:
    inputs = settings.invoker.inputs
    if not inputs.enabled:
        return None
    return {
        "max_concurrency": inputs.max_concurrency,
        "max_receives": inputs.max_receives,
        "workers": inputs.workers,
        # Without an endpoint every message would be taken in vain, until it is with the dead letters.
        "paused": not settings.endpoint.enabled,
    }


def _asynchronous(settings: StackSettings) -> AsyncInvokeArgs:
    asynchronous = settings.invoker.asynchronous
    return {
        "retries": asynchronous.retries,
        "max_age_seconds": asynchronous.max_age_seconds,
        "on_failure": asynchronous.on_failure,
    }


def _vpc(settings: StackSettings) -> FunctionVpcArgs | None:
    vpc = settings.invoker.vpc
    if vpc is None:
        return None
    return {"subnet_ids": vpc.subnet_ids, "security_group_ids": vpc.security_group_ids}


def _alias(settings: StackSettings) -> AliasArgs | None:
    versions = settings.invoker.versions
    if not versions.publish:
        return None
    previous = versions.previous_version
    return {
        "previous_version": None if previous is None else str(previous),
        "previous_percent": versions.previous_percent,
    }
