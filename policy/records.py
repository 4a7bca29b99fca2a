"""A resource as the policies see it: plain values, wherever it was seen.

Names of properties are those of the engine, in camelCase (`forceDestroy`); inside of maps that people fill, such as tags and
variables, they are theirs. Inputs of components keep the names of Python, and no policy reads them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

STACK_TYPE = "pulumi:pulumi:Stack"
"""The stack itself, whose properties are what it exports."""


@dataclass(frozen=True)
class Unknown:
    """A value that cannot be told, as a preview has many."""

    told: str = "not known before the deployment"

    def __repr__(self) -> str:
        return self.told


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that Pulumi encrypts in its state."""

    value: Any = field(repr=False)


@dataclass(frozen=True)
class Resource:
    """One resource of a program."""

    type: str
    """Such as `aws:s3/bucket:Bucket`."""

    name: str
    """Its logical name."""

    properties: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the program says of it; a value that is not known yet is `UNKNOWN`, a secret one a `Secret`."""

    urn: str = ""
    stack: str = ""
    """The name of the stack it belongs to."""

    is_protected: bool = False
    """Whether Pulumi refuses to delete it."""

    sources: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """The URNs of the resources that each property was made from: known in a preview too."""

    marks_secrets: bool = False
    """Whether `properties` tell which values are secret. Pulumi does not tell its policies."""

    def __str__(self) -> str:
        return f"{self.name} ({self.type})"

    def read(self, path: str) -> Any:
        """The value at a dotted path (`environment.variables`), with secrets laid open.

        None if there is none, and `UNKNOWN` if it, or what it lies in, is not known yet.
        """
        value: Any = self.properties
        for step in path.split("."):
            value = opened(value)
            if value is UNKNOWN:
                return UNKNOWN
            if not isinstance(value, Mapping):
                return None
            value = cast("Mapping[str, Any]", value).get(step)
        return opened(value)

    def read_list(self, path: str) -> list[Any]:
        """The entries of a list at a dotted path, with secrets laid open; one `UNKNOWN` for a list not known yet."""
        value = self.read(path)
        if value is UNKNOWN:
            return [UNKNOWN]
        return [opened(entry) for entry in cast("list[Any]", value or [])]


def opened(value: Any) -> Any:
    """A value itself, whether or not it is marked as a secret."""
    return opened(value.value) if isinstance(value, Secret) else value


def of_type(resources: Sequence[Resource], *types: str) -> Iterator[Resource]:
    """Those of some types, in their order."""
    return (resource for resource in resources if resource.type in types)
