"""Resources out of what a program registered under Pulumi's mocks.

A registration carries the engine's own wire format, with signatures for what JSON has no form for, and numbers as floats. The
inputs of AWS's resources are in camelCase there already: the SDK translates them before it registers them.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from google.protobuf import json_format

from policy.records import STACK_TYPE, UNKNOWN, Resource, Secret

# sdk/go/common/resource/properties.go of github.com/pulumi/pulumi, and sdk/go/common/resource/plugin/rpc.go
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a signature of Pulumi's wire format
_UNKNOWNS: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


def recorded_resources(
    registrations: Iterable[Any], exports: Mapping[str, Any], *, project: str, stack: str
) -> list[Resource]:
    """The resources of one run of a program, and the stack itself.

    Args:
        registrations: raw `RegisterResourceRequest` messages, in their order.
        exports: what the stack exports, as plain values.
        project: name of the project.
        stack: name of the stack.
    """
    root = Resource(STACK_TYPE, f"{project}-{stack}", dict(exports), stack=stack)
    return [root, *(_resource(request, project, stack) for request in registrations)]


def _resource(request: Any, project: str, stack: str) -> Resource:
    return Resource(
        type=request.type,
        name=request.name,
        properties={
            key: plain(value) for key, value in json_format.MessageToDict(request.object).items()
        },
        urn=_urn(request, project, stack),
        stack=stack,
        is_protected=bool(request.protect),
        sources={
            name: list(dependencies.urns)
            for name, dependencies in request.propertyDependencies.items()
        },
        marks_secrets=True,
    )


def _urn(request: Any, project: str, stack: str) -> str:
    """As the mocks make it: the parent's own type in front of the resource's, and no more of its forebears."""
    parent = request.parent.split("::")[2].rpartition("$")[2] + "$" if request.parent else ""
    return f"urn:pulumi:{stack}::{project}::{parent}{request.type}::{request.name}"


def plain(value: Any) -> Any:
    """A value of the wire format as a policy reads it: unknowns and secrets by name, whole numbers as such."""
    if isinstance(value, dict):
        group = cast("dict[str, Any]", value)
        if group.get(_SIGNATURE) == _SECRET:
            return Secret(plain(group.get("value")))
        return {key: plain(entry) for key, entry in group.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in cast("list[Any]", value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return UNKNOWN if isinstance(value, str) and value in _UNKNOWNS else value
