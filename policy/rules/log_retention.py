"""Logs are kept as long as they are needed, and not for ever."""

from collections.abc import Iterator, Mapping
from typing import Any

from policy.cloud_control import desired_state
from policy.findings import Finding, expect
from policy.options import Option
from policy.records import UNKNOWN, Resource, Unknown, of_type
from policy.relations import refers_to
from policy.rules.encryption import LOG_GROUP

FUNCTION = "aws:lambda/function:Function"
ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
STAGE = "aws:apigatewayv2/stage:Stage"
_CONTAINER_LOGS = "/aws/sagemaker/Endpoints/"
_COMPONENT_LOGS = "/aws/sagemaker/InferenceComponents/"
_COMPONENT_NAME = "desiredState.InferenceComponentName"
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
    for host, path, name in _hosts(resources):
        if name is UNKNOWN or not any(group.read("name") == name for group in groups):
            prefix = _COMPONENT_LOGS if path == _COMPONENT_NAME else _CONTAINER_LOGS
            yield Finding(
                host,
                path,
                name if name is UNKNOWN else name.removeprefix(prefix),
                f"a log group {prefix}<name> with a retention in this stack",
                f"make a log group {name} before it, as GenAIEndpoint does",
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


def _hosts(resources: list[Resource]) -> Iterator[tuple[Resource, str, Any]]:
    """What runs containers, where its name stands, and the log group that they write to.

    The containers of inference components write to the component's group, and none to the endpoint's.
    """
    components = [
        (resource, desired_state(resource))
        for resource in resources
        if resource.read("typeName") == "AWS::SageMaker::InferenceComponent"
    ]
    for component, state in components:
        yield component, _COMPONENT_NAME, _named(state, "InferenceComponentName", _COMPONENT_LOGS)
    with_components = {
        state.get("EndpointName") for _, state in components if isinstance(state, Mapping)
    }
    for resource in resources:
        if resource.type == ENDPOINT:
            path, state = "name", {"EndpointName": resource.read("name")}
        elif resource.read("typeName") == "AWS::SageMaker::Endpoint":
            path, state = "desiredState.EndpointName", desired_state(resource)
        else:
            continue
        name = _named(state, "EndpointName", "")
        if name not in with_components:
            yield resource, path, name if name is UNKNOWN else f"{_CONTAINER_LOGS}{name}"


def _named(state: Mapping[str, Any] | Unknown, key: str, prefix: str) -> Any:
    name = state.get(key) if isinstance(state, Mapping) else UNKNOWN
    return name if name is UNKNOWN else f"{prefix}{name}"
