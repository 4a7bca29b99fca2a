"""The Lambda function: the same code in two ways to run."""

from pathlib import Path
from typing import NamedTuple

import pulumi
from pulumi_aws import lambda_

from components.artifact import DEFAULT_BUILD_DIRECTORY
from components.invoker.archive import handlers_archive
from components.invoker.args import (
    DEFAULT_LOG_LEVEL,
    DEFAULT_MEMORY_MIB,
    DEFAULT_TIMEOUT_SECONDS,
    InvokerFunctionArgs,
)
from components.invoker.environment import Variables, variables
from components.invoker.place import Place
from components.invoker.web_adapter import ADAPTER_VARIABLES, START_SCRIPT, adapter_layer

HANDLER = "handlers.invoke_model.handler"
RUNTIME = "python3.13"  # supported until June 2029


class _Start(NamedTuple):
    """How Lambda starts the code."""

    handler: str
    variables: Variables
    is_web_server: bool = False
    layers: list[pulumi.Input[str]] | None = None


def make_function(name: str, args: InvokerFunctionArgs, place: Place) -> lambda_.Function:
    """Register the function that Lambda hands its events to."""
    return _make(f"{name}-function", args, place, _Start(HANDLER, variables(args)))


def make_streaming_function(name: str, args: InvokerFunctionArgs, place: Place) -> lambda_.Function:
    """Register the function that answers the URL piece by piece, as a web server behind the adapter.

    It is one of its own because the adapter, once told to stream, puts the HTTP status and headers in front of every
    reply: a queue, an API or a direct caller could not read it.
    https://github.com/aws/aws-lambda-web-adapter/issues/536 and 476 (read 2026-11-25).
    """
    start = _Start(
        START_SCRIPT,
        {**variables(args), **ADAPTER_VARIABLES},
        is_web_server=True,
        layers=[adapter_layer(args, place.parent)],
    )
    return _make(f"{name}-streaming", args, place, start)


def _make(name: str, args: InvokerFunctionArgs, place: Place, start: _Start) -> lambda_.Function:
    vpc = args.get("vpc")
    build_directory = Path(args.get("build_directory", DEFAULT_BUILD_DIRECTORY))
    return lambda_.Function(
        name,
        description=pulumi.Output.concat("Invokes the endpoint ", args["endpoint_name"]),
        role=place.role.resource.arn,
        runtime=RUNTIME,
        architectures=["arm64"],
        handler=start.handler,
        code=handlers_archive(build_directory, with_web_server=start.is_web_server),
        layers=start.layers,
        timeout=args.get("timeout_seconds", DEFAULT_TIMEOUT_SECONDS),
        memory_size=args.get("memory_mib", DEFAULT_MEMORY_MIB),
        environment={"variables": start.variables},
        kms_key_arn=args.get("environment_kms_key_arn"),
        logging_config={
            "log_format": "JSON",
            "application_log_level": args.get("log_level", DEFAULT_LOG_LEVEL),
            "system_log_level": "WARN",
            "log_group": place.log_group.name,
        },
        publish=True if args.get("alias") is not None else None,
        reserved_concurrent_executions=args.get("reserved_concurrency"),
        tracing_config={"mode": "Active"} if args.get("tracing", True) else None,
        vpc_config={**vpc} if vpc else None,
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=place.parent, depends_on=[*place.role.policies]),
    )
