"""What is deployed, as Pulumi's checkpoint holds it: each resource by URN, with what it was made from."""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from google.protobuf import json_format

Inputs = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """The resource options that decide how a change is made."""

    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool | None = None
    """None: the program left it to the provider."""
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    replace_with: tuple[str, ...] = ()
    deleted_with: str = ""
    replacement_trigger: Any = None
    former_names: tuple[str, ...] = ()
    """Logical names that it had before."""
    former_urns: tuple[str, ...] = ()

    @classmethod
    def of(cls, request: Any) -> "Options":
        """Read them from a raw `RegisterResourceRequest`."""
        specs = [alias.spec for alias in request.aliases if alias.HasField("spec")]
        urns = [alias.urn for alias in request.aliases if alias.urn]
        defined = request.deleteBeforeReplaceDefined
        return cls(
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
            delete_before_replace=request.deleteBeforeReplace if defined else None,
            ignore_changes=tuple(request.ignoreChanges),
            replace_on_changes=tuple(request.replaceOnChanges),
            replace_with=tuple(request.replace_with),
            deleted_with=request.deletedWith,
            replacement_trigger=json_format.MessageToDict(request.replacement_trigger)
            if request.HasField("replacement_trigger")
            else None,
            former_names=tuple(spec.name for spec in specs if spec.name),
            former_urns=(*request.aliasURNs, *urns),
        )


@dataclass(frozen=True)
class Deployed:
    """One resource that is there."""

    urn: str
    resource_type: str
    name: str
    """Logical name."""
    id: str
    inputs: Inputs
    outputs: dict[str, Any]
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """URNs by the input that was made from them."""
    options: Options = field(default_factory=Options)
    serial: int = 0
    """Grows with each registration: whatever a resource depends on has a smaller one."""

    def value(self, key: str) -> Any:
        """Its id, or an output or input of that name."""
        return self.id if key == "id" else self.outputs.get(key, self.inputs.get(key))


class State:
    """Every deployed resource, and those whose successor is there already."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._resources: dict[str, Deployed] = {}
        self._superseded: list[Deployed] = []
        self._last_serial = 0

    def __iter__(self) -> Iterator[Deployed]:
        with self._lock:
            return iter(list(self._resources.values()))

    def find(self, urn: str, options: Options, name: str) -> Deployed | None:
        """What is deployed under a URN, or under one that the resource had before."""
        former = [urn.removesuffix(f"::{name}") + f"::{old}" for old in options.former_names]
        with self._lock:
            found = (self._resources.get(each) for each in (urn, *options.former_urns, *former))
            return next(filter(None, found), None)

    def put(self, resource: Deployed, instead_of: Deployed | None = None) -> None:
        """Keep `resource`, which may have had another URN."""
        with self._lock:
            if instead_of is not None:
                self._resources.pop(instead_of.urn, None)
            self._last_serial += 1
            self._resources[resource.urn] = replace(resource, serial=self._last_serial)

    def supersede(self, resource: Deployed) -> None:
        """Remember an old resource to delete once everything has moved to its successor."""
        with self._lock:
            self._superseded.append(resource)

    def superseded(self) -> list[Deployed]:
        """The old resources that are still to be deleted."""
        with self._lock:
            return list(self._superseded)

    def drop(self, resource: Deployed) -> None:
        """Forget a resource that is gone."""
        with self._lock:
            if resource in self._superseded:
                self._superseded.remove(resource)
            elif self._resources.get(resource.urn) == resource:
                del self._resources[resource.urn]


def newest_first(resources: Iterable[Deployed]) -> list[Deployed]:
    """The order to delete in: nothing goes before what was made from it."""
    return sorted(resources, key=lambda resource: resource.serial, reverse=True)
