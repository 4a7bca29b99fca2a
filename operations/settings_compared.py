"""The settings of two stacks side by side: what each says, and what it gets where it says nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from settings import SecureValue, StackSettings, load_stack, read_project_file, read_stack_file

SECRET = "a secret"  # noqa: S105 - what is shown instead of one
_DERIVED = "project", "stack", "region"


@dataclass(frozen=True)
class Setting:
    """What one stack has for one key."""

    value: Any
    """As JSON has it; None is not set. A secret is `a secret`."""

    is_default: bool
    """Whether the stack leaves it to the default, or to what follows from its other settings."""


NOT_SET = Setting(None, is_default=True)


@dataclass(frozen=True)
class Row:
    """One key of both stacks."""

    key: str
    left: Setting
    right: Setting

    @property
    def differs(self) -> bool:
        """Whether the stacks get different values, said or not; of secrets nobody can tell."""
        return self.left.value != self.right.value


def compare_settings(project_dir: Path, left: str, right: str) -> list[Row]:
    """Return every setting of two stacks, in the order of the sections.

    Reads `Pulumi.yaml` and the stacks' files; neither credentials nor the Pulumi CLI are needed.

    Raises:
        SettingsError: one of the stacks does not exist, or its settings are not sound.
    """
    ours, theirs = settings_by_key(project_dir, left), settings_by_key(project_dir, right)
    keys = list(dict.fromkeys([*ours, *theirs]))
    sections = list(dict.fromkeys(map(_section, keys)))
    return [
        Row(key, ours.get(key, NOT_SET), theirs.get(key, NOT_SET))
        for key in sorted(keys, key=lambda key: sections.index(_section(key)))
    ]


def settings_by_key(project_dir: Path, stack: str) -> dict[str, Setting]:
    """Return every setting of a stack by its key, such as `genai:endpoint.instances.min`.

    Raises:
        SettingsError: there is no such stack, or its settings are not sound.
    """
    settings = load_stack(project_dir, stack)
    said = _said(project_dir, stack, settings.project)
    found = {
        key: Setting(_plain(value), is_default=False)
        for key, value in said.items()
        if not key.startswith("genai:")
    }
    told = {f"genai:{path}": value for path, value in _flat(settings)}
    followed = {f"genai:{path}": value for path, value in _followed(settings).items()}
    ours = {
        key: Setting(_plain(value), is_default=not _is_said(key, said))
        for key, value in told.items()
    }
    for key, value in followed.items():
        if key not in ours or ours[key].is_default or ours[key].value == "auto":
            ours[key] = Setting(_plain(value), is_default=True)
    return {**found, **ours}


def _section(key: str) -> str:
    return key.partition(".")[0]


def _said(project_dir: Path, stack: str, project: str) -> dict[str, Any]:
    """What the stack's file itself says, by full key; whatever the project is called, its settings begin with genai:."""
    defaults = read_project_file(project_dir).defaults
    return {
        key.replace(f"{project}:", "genai:", 1) if key.startswith(f"{project}:") else key: value
        for key, value in read_stack_file(project_dir, stack).items()
        if value != defaults.get(key)
    }


def _is_said(key: str, said: Mapping[str, Any]) -> bool:
    top, *inner = key.split(".")
    if top not in said:
        return False
    node: Any = said[top]
    for step in inner:
        if not isinstance(node, dict) or step not in node:
            return False
        node = cast("dict[str, Any]", node)[step]
    return True


def _flat(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in type(section).model_fields.items():
        if not prefix and name in _DERIVED:
            continue
        key, value = f"{prefix}{field.alias or name}", getattr(section, name)
        yield from _below(key, value)


def _below(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, BaseModel):
        yield from _flat(value, f"{key}.")
    elif isinstance(value, dict) and value:
        for name, inner in cast("dict[str, Any]", value).items():
            yield from _below(f"{key}.{name}", inner)
    elif value != {}:
        yield key, value


def _followed(settings: StackSettings) -> dict[str, Any]:
    """What a stack gets for settings that it leaves to others of its settings."""
    host = settings.inference_ami_version
    return {
        "endpoint.name": settings.endpoint_name,
        "endpoint.networkIsolation": settings.network_isolation,
        "endpoint.scaling.metric": settings.scaling_metric if settings.capacity_bounds else None,
        "endpoint.scaling.target": settings.scaling_target if settings.capacity_bounds else None,
        "endpoint.rollout.maxLatencySeconds": settings.max_latency_seconds,
        "image.uri": settings.image_uri,
        "invoker.contract": settings.contract,
        **({"endpoint.inferenceAmiVersion": host} if host else {}),
        **{f"image.env.{name}": value for name, value in settings.container_environment.items()},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, SecureValue):
        return SECRET
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(by_alias=True, exclude_defaults=True))
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in cast("list[Any]", value)]
    return value
