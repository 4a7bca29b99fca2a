"""What has changed between the inputs of two deployments, and whether it replaces the resource."""

import hashlib
import json
from pathlib import Path
from typing import Any, cast

import pulumi
from pulumi.output import Unknown

from catalog.replacements import create_only_properties, replacing_properties
from rehearsal.deployer.state import Deployed, Inputs, Options

_CLOUD_CONTROL = "aws:cloudcontrol/resource:Resource"
# What pulumi-aws makes names for; one of the program's own is in the way of a successor:
# https://github.com/pulumi/pulumi-terraform-bridge, pkg/tfbridge/schema.go nameRequiresDeleteBeforeReplace, read 2026-11-25.
_AUTONAMED = {"aws:s3/bucket:Bucket": "bucket"}  # `name` otherwise
# How the Pulumi SDK marks a secret that it hands to mocks: {_SIGNATURE: _SECRET, "value": ...}.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a public constant of the SDK


def revealed(value: Any) -> Any:
    """Take the secret marks off: the API gets plain values, as the provider would send them."""
    if isinstance(value, dict):
        group = cast("dict[str, Any]", value)
        if group.get(_SIGNATURE) == _SECRET:
            return revealed(group["value"])
        return {key: revealed(item) for key, item in group.items()}
    if isinstance(value, list):
        return [revealed(item) for item in cast("list[Any]", value)]
    return value


def frozen(inputs: Inputs) -> Inputs:
    """Inputs as the state keeps them: a file by what is in it now, a document by what it says."""
    return {key: _frozen(value) for key, value in inputs.items() if value is not None}


def changed_properties(old: Inputs, new: Inputs, options: Options) -> tuple[str, ...]:
    """Names of the inputs that differ, sorted; both frozen. An unknown value differs."""
    return tuple(
        sorted(
            key
            for key in old.keys() | new.keys()
            if key not in options.ignore_changes
            and (old.get(key) != new.get(key) or is_unknown(new.get(key)))
        )
    )


def replacing(resource_type: str, old: Inputs, new: Inputs, options: Options) -> tuple[str, ...]:
    """The differing inputs, or members of them, that make a new resource necessary."""
    changed = changed_properties(old, new, options)
    always = {"*"} <= set(options.replace_on_changes)
    candidates = (
        changed if always else (*replacing_properties(resource_type), *options.replace_on_changes)
    )
    found = [
        path
        for path in candidates
        if path.partition(".")[0] in changed and _at(old, path) != _at(new, path)
    ]
    if resource_type == _CLOUD_CONTROL and "desiredState" in changed:
        found += _replacing_in_desired_state(old, new)
    return tuple(dict.fromkeys(found))


def keeps_a_name_of_its_own(resource_type: str, old: Inputs, new: Inputs) -> bool:
    """Whether the program named it, so that its successor can only have the name once it is gone."""
    key = _AUTONAMED.get(resource_type, "name")
    return new.get(key) is not None and old.get(key) == new[key]


def made_from(resource: Deployed, urns: set[str]) -> bool:
    """Whether an input that replaces the resource comes from one of `urns`."""
    forced = {path.partition(".")[0] for path in replacing_properties(resource.resource_type)}
    return any(
        urns.intersection(sources)
        for key, sources in resource.property_dependencies.items()
        if key in forced
    )


def is_unknown(value: Any) -> bool:
    """Whether a value, or one inside it, is only known once it is deployed."""
    if isinstance(value, dict):
        return any(map(is_unknown, cast("dict[str, Any]", value).values()))
    if isinstance(value, list):
        return any(map(is_unknown, cast("list[Any]", value)))
    return isinstance(value, Unknown)


def _replacing_in_desired_state(old: Inputs, new: Inputs) -> list[str]:
    if is_unknown(new["desiredState"]) or "desiredState" not in old:
        return []
    return [
        f"desiredState.{name}"
        for name in create_only_properties(new["typeName"])
        if old["desiredState"].get(name) != new["desiredState"].get(name)
    ]


def _at(inputs: Inputs, path: str) -> Any:
    found: Any = inputs
    for key in path.split("."):
        if is_unknown(found):
            return found
        found = cast("dict[str, Any]", found).get(key) if isinstance(found, dict) else None
    return found


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return frozen(cast("dict[str, Any]", value))
    if isinstance(value, list):
        return [_frozen(item) for item in cast("list[Any]", value)]
    if isinstance(value, pulumi.FileAsset):
        return hashlib.sha256(Path(value.path).read_bytes()).hexdigest()
    if isinstance(value, pulumi.AssetArchive):
        return {path: _frozen(asset) for path, asset in sorted(value.assets.items())}
    return _parsed(value) if isinstance(value, str) and value.startswith("{") else value


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
