"""Which resources belong together, in a preview too."""

from collections.abc import Sequence

from policy.records import UNKNOWN, Resource, of_type

# What one resource calls another by.
_IDENTITIES = ("id", "arn", "name", "bucket", "url")


def refers_to(holder: Resource, path: str, target: Resource) -> bool:
    """Whether a property of `holder` was made from `target`, or has its name, id, ARN or URL as its value."""
    if target.urn and target.urn in holder.sources.get(path.partition(".")[0], ()):
        return True
    value = holder.read(path)
    if value is None or value is UNKNOWN:
        return False
    return any(target.read(identity) == value for identity in _IDENTITIES)


def companions(
    target: Resource, resources: Sequence[Resource], resource_type: str, path: str
) -> list[Resource]:
    """Those of a type whose property at `path` refers to `target`."""
    return [
        resource
        for resource in of_type(resources, resource_type)
        if refers_to(resource, path, target)
    ]
