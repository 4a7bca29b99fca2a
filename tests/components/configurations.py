"""Endpoints and functions with every feature, for tests of what must hold for all of them."""

import functools
from typing import Any

from components import GenAIEndpoint, GenAIEndpointArgs, InvokerFunction, InvokerFunctionArgs
from components.endpoint.feature_args import InferenceComponentArgs, RolloutArgs, ScalingArgs
from rehearsal.program import ProgramRun
from tests.harness import deploy

TAGS = {"Project": "genai", "Stack": "test"}
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu"
ARCHIVE = "s3://models/storyteller/model.tar.gz"
OTHER_ARCHIVE = "s3://models/novelist/model.tar.gz"
PREFIX = "s3://models/storyteller/"
PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/storyteller/1"
OWN_ROLE = "arn:aws:iam::123456789012:role/hosting"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:hub-token-AbCdEf"
TOPIC = "arn:aws:sns:us-east-1:123456789012:results"
KEYS = {
    use: f"arn:aws:kms:us-east-1:123456789012:key/{use}"
    for use in (
        *("model", "data", "volume", "capture", "async-output"),
        *("function", "queue", "logs"),
    )
}

REALTIME: GenAIEndpointArgs = {
    "endpoint_name": "genai-test",
    "model_uri": ARCHIVE,
    "image_uri": IMAGE,
    "instance_type": "ml.m5.large",
    "tags": TAGS,
}
SERVERLESS: GenAIEndpointArgs = {
    "endpoint_name": "genai-test",
    "mode": "serverless",
    "model_uri": ARCHIVE,
    "image_uri": IMAGE,
    "serverless": {"memory_mib": 4096, "max_concurrency": 20},
    "tags": TAGS,
}
ASYNC: GenAIEndpointArgs = {**REALTIME, "mode": "async", "data_bucket_name": "data"}
COMPONENT: InferenceComponentArgs = {"memory_mib": 4096, "min_instances": 0, "max_instances": 4}
SCALE_TO_ZERO: GenAIEndpointArgs = {
    **REALTIME,
    "mode": "scale-to-zero",
    "instance_type": "ml.g5.xlarge",
    "inference_component": {**COMPONENT, "accelerator_count": 1, "cpu_cores": 0.5},
}
BY_MODE = {
    "realtime": REALTIME,
    "serverless": SERVERLESS,
    "async": ASYNC,
    "scale-to-zero": SCALE_TO_ZERO,
}
METRICS = {
    "realtime": ("concurrency", "invocations", "cpu", "gpu", "gpu-memory"),
    "serverless": ("provisioned-utilization",),
    "async": ("backlog",),
    "scale-to-zero": ("concurrency", "invocations"),
}
STRATEGIES = ("all-at-once", "canary", "linear", "rolling")
SCHEDULES = {
    "night": {
        "schedule": "cron(0 20 ? * MON-FRI *)",
        "timezone": "Europe/Berlin",
        "min_capacity": 1,
        "max_capacity": 1,
    }
}


def with_args(args: GenAIEndpointArgs, **changed: Any) -> GenAIEndpointArgs:
    """`args` with some of them changed."""
    return {**args, **changed}  # pyright: ignore[reportReturnType] - changed names its own keys


def scaling(metric: str, *, at_least: int = 1, **more: Any) -> ScalingArgs:
    return {
        "min_capacity": at_least,
        "max_capacity": 4,
        "metric": metric,
        "target": 0.7 if metric == "provisioned-utilization" else 5.0,
        **more,
    }  # pyright: ignore[reportReturnType] - more names its own keys


def scaled(mode: str, metric: str, *, at_least: int = 1, **more: Any) -> GenAIEndpointArgs:
    """An endpoint of `mode` that follows `metric`."""
    args = with_args(BY_MODE[mode], scaling=scaling(metric, at_least=at_least, **more))
    if mode != "serverless":
        return args
    provisioned = {"memory_mib": 4096, "max_concurrency": 20, "provisioned_concurrency": 2}
    return with_args(args, serverless=provisioned)


def rolled_out(strategy: str, **more: Any) -> GenAIEndpointArgs:
    rollout: RolloutArgs = {"strategy": strategy, **more}  # pyright: ignore[reportAssignmentType] - as above
    return with_args(REALTIME, rollout=rollout)


CONFIGURATIONS: dict[str, GenAIEndpointArgs] = {
    **BY_MODE,
    **{f"{mode}-disabled": with_args(args, enabled=False) for mode, args in BY_MODE.items()},
    **{
        f"{mode}-scaled-by-{metric}": scaled(mode, metric, schedules=SCHEDULES)
        for mode, metrics in METRICS.items()
        for metric in metrics
    },
    "async-from-zero": scaled("async", "backlog", at_least=0),
    "scale-to-zero-from-zero": scaled("scale-to-zero", "concurrency", at_least=0),
    **{f"rollout-{strategy}": rolled_out(strategy) for strategy in STRATEGIES},
    "async-rollout": with_args(ASYNC, rollout={"strategy": "canary"}),
    "serverless-rollout": with_args(SERVERLESS, rollout={"strategy": "all-at-once"}),
    "prefix": with_args(REALTIME, model_uri=PREFIX, accept_eula=True),
    "hub": with_args(
        REALTIME,
        model_uri=None,
        network_isolation=False,
        environment={"HF_MODEL_ID": "org/name"},
        environment_from_secrets={"HF_TOKEN": SECRET},
    ),
    "package": with_args(REALTIME, model_uri=None, image_uri=None, model_package_arn=PACKAGE),
    "variants": with_args(
        REALTIME,
        variant_weight=9.0,
        extra_variants={
            "novelist": {"weight": 1.0, "model_uri": OTHER_ARCHIVE},
            "bigger": {"instance_type": "ml.m5.xlarge", "initial_instance_count": 2},
        },
        rollout={"strategy": "linear"},
    ),
    "shadow": with_args(
        REALTIME, shadow_variants={"candidate": {"environment": {"CANDIDATE": "1"}}}
    ),
    "capture": with_args(REALTIME, data_bucket_name="data", capture={"percent": 10}),
    "vpc": with_args(
        REALTIME, vpc={"subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"]}
    ),
    "vpc-endpoints": with_args(
        REALTIME,
        vpc={
            "subnet_ids": ["subnet-1"],
            "security_group_ids": ["sg-1"],
            "endpoints": {"vpc_id": "vpc-1", "route_table_ids": ["rtb-1"]},
        },
    ),
    "keys": with_args(
        ASYNC,
        capture={"percent": 100},
        model_kms_key_arn=KEYS["model"],
        data_kms_key_arn=KEYS["data"],
        volume_kms_key_arn=KEYS["volume"],
        capture_kms_key_arn=KEYS["capture"],
        async_output_kms_key_arn=KEYS["async-output"],
        log_kms_key_arn=KEYS["logs"],
    ),
    "topics": with_args(
        ASYNC, asynchronous={"notify": True, "include_response": True, "error_topic_arn": TOPIC}
    ),
    "retained": with_args(
        scaled("realtime", "concurrency"),
        retain_scaled_capacity=True,
        rollout={"strategy": "rolling"},
    ),
    "own-role": with_args(REALTIME, execution_role_arn=OWN_ROLE),
    "boundary": with_args(REALTIME, permissions_boundary_arn=BOUNDARY),
    "every-instance-choice": with_args(
        REALTIME,
        initial_instance_count=2,
        volume_gb=100,
        inference_ami_version="al2023-ami-sagemaker-inference-gpu-4-1",
        routing_strategy="RANDOM",
        startup_timeout_seconds=1800,
        download_timeout_seconds=1200,
    ),
}


@functools.cache
def run_of(configuration: str, *, preview: bool = False) -> ProgramRun:
    """What a configuration registers as `m`; recorded once for all tests of a process, which only read it."""
    return deploy(lambda: GenAIEndpoint("m", CONFIGURATIONS[configuration]), preview=preview)


INVOKER: InvokerFunctionArgs = {
    "endpoint_name": "genai-test",
    "bucket_name": "genai-bucket",
    "contract": "pipelines",
    "model_uri": ARCHIVE,
    "tags": TAGS,
}
TEMPLATE = {"request": {"text_in": "<<prompt>>"}, "text": "text_out"}
ADAPTER_LAYER = "arn:aws:lambda:us-east-1:123456789012:layer:adapter:1"


def invoker_with(**changed: Any) -> InvokerFunctionArgs:
    """A function with some arguments changed."""
    return {**INVOKER, **changed}  # pyright: ignore[reportReturnType] - changed names its own keys


INVOKER_CONFIGURATIONS: dict[str, InvokerFunctionArgs] = {
    "plain": INVOKER,
    "untraced": invoker_with(tracing=False),
    "template": invoker_with(contract="template", template=TEMPLATE),
    "async-mode": invoker_with(mode="async"),
    "component": invoker_with(mode="scale-to-zero", inference_component_name="genai-component"),
    "careful": invoker_with(
        max_new_tokens=512,
        attempts=5,
        repeat_after_timeout=True,
        records="metadata",
        redaction=[{"pattern": "[0-9]{16}", "replacement": "[card]"}],
        client_tokens=False,
        metrics_namespace="genai",
    ),
    "url": invoker_with(function_url=True),
    "http-api": invoker_with(http_api=True),
    "inputs": invoker_with(inputs={}),
    "inputs-chosen": invoker_with(
        inputs={"max_concurrency": 20, "max_receives": 3, "workers": 4},
        waking="queue",
        timeout_seconds=600,
        reserved_concurrency=40,
    ),
    "failed-events": invoker_with(asynchronous={}),
    "retried-events": invoker_with(
        asynchronous={"retries": 2, "max_age_seconds": 300, "on_failure": False}
    ),
    "alias": invoker_with(alias={}),
    "alias-rollout": invoker_with(alias={"previous_version": "6", "previous_percent": 90}),
    "streaming": invoker_with(function_url=True, streaming=True),
    "vpc": invoker_with(vpc={"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}),
    "boundary": invoker_with(permissions_boundary_arn=BOUNDARY),
    "keys": invoker_with(
        http_api=True,
        inputs={},
        asynchronous={},
        environment_kms_key_arn=KEYS["function"],
        queue_kms_key_arn=KEYS["queue"],
        log_kms_key_arn=KEYS["logs"],
    ),
    "additions": invoker_with(
        extra_statements=[
            {
                "Sid": "LookUp",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::lookup/*",
            }
        ]
    ),
    "everything": invoker_with(
        function_url=True,
        streaming=True,
        adapter_layer_arn=ADAPTER_LAYER,
        http_api=True,
        inputs={},
        waking="queue",
        asynchronous={"retries": 1},
        alias={},
        reserved_concurrency=10,
        vpc={"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]},
        metrics_namespace="genai",
    ),
}


def deploy_invoker(args: InvokerFunctionArgs, *, preview: bool = False) -> ProgramRun:
    """What a function registers as `f`."""
    return deploy(lambda: InvokerFunction("f", args), preview=preview)


@functools.cache
def invoker_run_of(configuration: str, *, preview: bool = False) -> ProgramRun:
    """What a configuration registers as `f`; recorded once for all tests of a process, which only read it."""
    return deploy_invoker(INVOKER_CONFIGURATIONS[configuration], preview=preview)
