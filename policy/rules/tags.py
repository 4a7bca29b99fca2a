"""Whatever can carry tags says whose it is."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from policy.cloud_control import CLOUD_CONTROL, desired_state
from policy.findings import Finding
from policy.options import Option
from policy.records import UNKNOWN, Resource, opened
from policy.taggable import taggable_types

OPTIONS = {
    "keys": Option("texts", ["Project", "Stack"], "the keys that every resource's tags need"),
}


def tags_are_there(resource: Resource, options: Mapping[str, Any]) -> Iterator[Finding]:
    """Every key is there, with a value that is not empty."""
    if resource.type not in taggable_types() and resource.type != CLOUD_CONTROL:
        return
    path = "desiredState.Tags" if resource.type == CLOUD_CONTROL else "tags"
    keys = cast("list[str]", options["keys"])
    tags = _tags(resource)
    for key in keys:
        found = UNKNOWN if tags is UNKNOWN else opened(cast("dict[str, Any]", tags).get(key))
        if found is UNKNOWN or not found:
            yield Finding(
                resource,
                f"{path}.{key}",
                found,
                f"a value; tags {', '.join(keys)} are on every resource",
                f"pass the component's tags on to it, or add {key} to genai:tags",
            )


def _tags(resource: Resource) -> Any:
    """The tags by key, or `UNKNOWN`."""
    if resource.type == CLOUD_CONTROL:
        state = desired_state(resource)
        if state is UNKNOWN:
            return UNKNOWN
        return {
            tag["Key"]: tag["Value"] for tag in cast("Mapping[str, Any]", state).get("Tags", [])
        }
    tags = resource.read("tags")
    return tags if tags is UNKNOWN else tags or {}
