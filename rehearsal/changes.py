"""Changes of a stack's settings, as `--then` spells them.

`genai:endpoint.instanceType=ml.c5.large; genai:invoker.memoryMib=1024` is one change, deployed at once. A key is
that of the stack file with dots between its levels, and may leave out the project's own namespace as there. A
value is YAML; none takes the setting away.
"""

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

from settings import Problem, SettingsError, StackSettings, parse_settings
from settings.wording import describe
from settings.yaml_reader import YamlError, read_yaml

# A semicolon parts two assignments only where another key follows: one may stand in a value.
_PARTING = re.compile(r";\s*(?=[A-Za-z][\w:.-]*\s*=|$)")
_KEY = re.compile(r"(?:(?P<namespace>[A-Za-z][\w-]*):)?(?P<path>[A-Za-z][\w-]*(?:\.[\w-]+)*)")


class ChangeError(ValueError):
    """What follows `--then` is not of the form KEY=VALUE."""


class Assignment(NamedTuple):
    """One setting, and what it is to be."""

    namespace: str | None
    path: tuple[str, ...]
    value: Any
    """None: as if it were left out of the stack file."""


@dataclass(frozen=True)
class Change:
    """One change of a stack: what was asked for, and the stack as it is afterwards."""

    text: str
    config: Mapping[str, Any]
    settings: StackSettings


def parse_assignments(text: str) -> list[Assignment]:
    """Read one `--then`; an empty one changes nothing, and only deploys again.

    Raises:
        ChangeError: a part of it is no assignment, or its value no YAML.
    """
    return [_assignment(part) for part in _PARTING.split(text.strip()) if part.strip()]


def parse_changes(
    texts: Sequence[str],
    config: Mapping[str, Any],
    *,
    project: str,
    stack: str,
    project_dir: Path,
) -> list[Change]:
    """Read changes that are made one after another, and check the settings after each.

    Raises:
        ChangeError: one of them is not of the right form.
        SettingsError: one of them names a setting that there is not, or a value that it may not have.
    """
    changes: list[Change] = []
    for text in texts:
        source = f'--then "{text}"'
        config = copy.deepcopy(dict(config))
        for assignment in parse_assignments(text):
            _assign(config, assignment, project, source)
        settings = parse_settings(
            config, project=project, stack=stack, project_dir=project_dir, source=source
        )
        changes.append(Change(text, config, settings))
    return changes


def _assignment(part: str) -> Assignment:
    key, equals, text = part.partition("=")
    match = _KEY.fullmatch(key.strip())
    if not equals or match is None:
        raise ChangeError(
            f"expected KEY=VALUE such as genai:endpoint.instanceType=ml.c5.large, found {part.strip()!r}"
        )
    try:
        value = read_yaml(text.strip().encode())
    except YamlError as error:
        raise ChangeError(f"the value of {key.strip()} is no YAML: {error}") from error
    return Assignment(match["namespace"], tuple(match["path"].split(".")), value)


def _assign(config: dict[str, Any], assignment: Assignment, project: str, source: str) -> None:
    namespace = assignment.namespace or project
    first, *rest = assignment.path
    full_key = f"{namespace}:{first}"
    if namespace != project:
        message = f"is no setting of this project, and a rehearsal cannot change it: its are {project}:..."
        raise _refusal(source, ":".join((namespace, ".".join(assignment.path))), message)
    group, key = config, full_key
    for position, name in enumerate(rest):
        inner = group.setdefault(key, {})
        if not isinstance(inner, dict):
            found = ".".join((full_key, *rest[:position]))
            raise _refusal(source, found, f"expected settings by name, found {describe(inner)}")
        group, key = cast("dict[str, Any]", inner), name
    if assignment.value is None:
        group.pop(key, None)
    else:
        group[key] = assignment.value


def _refusal(source: str, key: str, message: str) -> SettingsError:
    fix = "name a setting of docs/configuration.md, with dots between its levels"
    return SettingsError([Problem(source, key, message, fix)])
