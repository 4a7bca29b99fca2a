"""Logs are kept as long as they are needed, and not for ever."""

from collections.abc import Iterator, Mapping
from typing import Any

from policy.cloud_control import desired_state
from policy.findings import Finding, expect
from policy.options import Option
from policy.records import UNKNOWN, Resource, of_type
from policy.relations import refers_to
from policy.rules.encryption import LOG_GROUP

FUNCTION = "aws:lambda/function:Function"
ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
STAGE = "aws:apigatewayv2/stage:Stage"
_CONTAINER_LOGS = "/aws/sagemaker/Endpoints/"
_FUNCTION_LOGS = "/aws/lambda/"

RETENTION_OPTIONS = {
    "minimumDays": Option("integer", 7, "the least days that a log is kept", minimum=1),
}


def retention_is_set(resource: Resource, options: Mapping[str, Any]) -> Iterator[Finding]:
    """Every log group has a number of days: without one CloudWatch keeps and bills its logs for ever."""
    if resource.type != LOG_GROUP:
        return
    least = options["minimumDays"]
    yield from expect(
        resource,
        "retentionInDays",
        lambda days: days is not None and days >= least,
        expected=f"at least {least} days, and an end: 0 or none keeps logs for ever",
        fix="set genai:invoker.logRetentionDays, or retentionInDays of a log group of your own",
    )


def logs_are_kept(resources: list[Resource], options: Mapping[str, Any]) -> Iterator[Finding]:
    """What writes logs writes them to a log group of this stack: one that AWS makes by itself keeps them for ever."""
    del options
    groups = list(of_type(resources, LOG_GROUP))
    for function in of_type(resources, FUNCTION):
        name = function.read("name")
        default = f"{_FUNCTION_LOGS}{name}" if isinstance(name, str) else None
        yield from _kept(function, "loggingConfig.logGroup", groups, default)
    for stage in of_type(resources, STAGE):
        yield from _kept(stage, "accessLogSettings.destinationArn", groups, None)
    for endpoint, name in _endpoints(resources):
        default = UNKNOWN if name is UNKNOWN else f"{_CONTAINER_LOGS}{name}"
        if not any(group.read("name") == default for group in groups):
            yield Finding(
                endpoint,
                "name",
                name,
                f"a log group {_CONTAINER_LOGS}<name> with a retention in this stack",
                f"make a log group {default} before the endpoint, as GenAIEndpoint does",
            )


def _kept(
    writer: Resource, path: str, groups: list[Resource], default: str | None
) -> Iterator[Finding]:
    told = writer.read(path)
    if any(refers_to(writer, path, group) for group in groups):
        return
    if told is None and default and any(group.read("name") == default for group in groups):
        return
    yield Finding(
        writer,
        path,
        told,
        "a log group of this stack, which has a retention",
        f"make a log group and set {path} to it",
    )


def _endpoints(resources: list[Resource]) -> Iterator[tuple[Resource, Any]]:
    for resource in resources:
        if resource.type == ENDPOINT:
            yield resource, resource.read("name")
        elif resource.read("typeName") == "AWS::SageMaker::Endpoint":
            state = desired_state(resource)
            yield (
                resource,
                state.get("EndpointName") if isinstance(state, Mapping) else UNKNOWN,
            )
