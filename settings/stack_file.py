"""Read a stack's configuration from Pulumi.yaml and Pulumi.<stack>.yaml, without Pulumi."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from settings.parse import parse_settings
from settings.problems import Problem, SettingsError
from settings.secure_value import SecureValue
from settings.stack_settings import StackSettings
from settings.wording import describe, quote, suggestion
from settings.yaml_reader import YamlError, read_yaml

PROJECT_FILE = "Pulumi.yaml"
# Pulumi's own rule for stack names; it also keeps a name from leaving the folder.
_STACK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
# What Pulumi reads at the top of a stack file (ProjectStack in sdk/go/common/workspace/project.go).
_STACK_FILE_KEYS = (
    "config",
    "environment",
    "mainEnvironment",
    "secretsprovider",
    "encryptedkey",
    "encryptionsalt",
)


@dataclass(frozen=True)
class ProjectFile:
    """What Pulumi.yaml says that a stack's configuration depends on."""

    name: str
    """Name of the project, and namespace of its settings."""

    defaults: dict[str, Any]
    """Value by full key, for each declared key that has a `value` or a `default`."""


def load_stack(project_dir: Path, stack: str) -> StackSettings:
    """Read and check the settings of a stack, for programs that do not run under Pulumi.

    Raises:
        SettingsError: the files cannot be read, or say something wrong.
    """
    project = read_project_file(project_dir)
    return parse_settings(
        _read_config(project, project_dir, stack),
        project=project.name,
        stack=stack,
        project_dir=project_dir,
        source=stack_file_name(stack),
    )


def read_stack_file(project_dir: Path, stack: str) -> dict[str, Any]:
    """A stack's configuration by full key (`genai:model`, `aws:region`), composed as Pulumi does.

    A key without a namespace belongs to the project. A key that the stack leaves out takes the
    `value` or `default` of Pulumi.yaml. An encrypted value stays encrypted, as a `SecureValue`.

    Raises:
        SettingsError: a file is missing, empty, not YAML, or not laid out as Pulumi expects.
    """
    return _read_config(read_project_file(project_dir), project_dir, stack)


def read_project_file(project_dir: Path) -> ProjectFile:
    """Read Pulumi.yaml.

    Raises:
        SettingsError: it is missing, empty, not YAML, or has no name.
    """
    if not (project_dir / PROJECT_FILE).is_file():
        message = f"is missing from {project_dir}"
        raise _refusal(PROJECT_FILE, message, "name the folder of a Pulumi project")
    content = _read_group(project_dir, PROJECT_FILE)
    name = content.get("name")
    if not isinstance(name, str) or not name:
        message = f"expected the name of the project, found {describe(name)}"
        raise _refusal(PROJECT_FILE, message, "write name: genai", key="name")
    declared = _group(content.get("config"), PROJECT_FILE)
    values = {_full_key(key, name): _declared_value(said) for key, said in declared.items()}
    return ProjectFile(name, {key: value for key, value in values.items() if value is not None})


def stack_names(project_dir: Path) -> list[str]:
    """The stacks that have a file in the project's folder, sorted."""
    files = project_dir.glob("Pulumi.?*.yaml")
    return sorted(file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in files)


def stack_file_name(stack: str) -> str:
    """`Pulumi.dev.yaml` for `dev`."""
    return f"Pulumi.{stack}.yaml"


def _read_config(project: ProjectFile, project_dir: Path, stack: str) -> dict[str, Any]:
    _require_stack(project_dir, stack)
    file = stack_file_name(stack)
    content = _read_group(project_dir, file)
    stray = [Problem(file, key, *_stray(key)) for key in content if key not in _STACK_FILE_KEYS]
    if stray:
        raise SettingsError(stray)
    config: dict[str, Any] = {}
    for key, value in _group(content.get("config"), file).items():
        full_key = _full_key(key, project.name)
        if full_key in config:
            message = "is written twice, with and without its namespace"
            raise _refusal(file, message, "keep one of the two", key=full_key)
        config[full_key] = _mark_secure(value)
    return {**project.defaults, **config}


def _require_stack(project_dir: Path, stack: str) -> None:
    if _STACK_NAME.fullmatch(stack) and (project_dir / stack_file_name(stack)).is_file():
        return
    known = stack_names(project_dir)
    message = f"there is no stack {quote(stack)}; this project has {', '.join(known) or 'none'}"
    fix = suggestion(stack, known, otherwise="name one of them, or write its file")
    raise _refusal(f"Pulumi.{stack[:100]}.yaml", message, fix)


def _stray(key: str) -> tuple[str, str]:
    guess = suggestion(key, _STACK_FILE_KEYS, otherwise="indent it below config:")
    return "is not read here: every setting lies below config:", guess


def _read_group(project_dir: Path, file: str) -> dict[str, Any]:
    try:
        value = read_yaml((project_dir / file).read_bytes())
    except YamlError as error:
        raise _refusal(file, str(error), error.fix) from None
    except OSError as error:
        raise _refusal(file, f"cannot be read: {error.strerror}", "make it readable") from None
    if value is None:
        raise _refusal(file, "is empty", "restore it, or write config: and the settings below it")
    return _group(value, file, key="")


def _group(value: object, file: str, key: str = "config") -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        message = f"expected settings by name, found {describe(value)}"
        raise _refusal(file, message, "write each as name: value", key=key)
    return cast("dict[str, Any]", value)


def _declared_value(said: object) -> Any:
    """What Pulumi.yaml gives for a key: in short (`key: 3`), or as `value:` or `default:`."""
    if not isinstance(said, dict):
        return said
    declaration = cast("dict[str, Any]", said)
    value = declaration.get("value")
    return declaration.get("default") if value is None else value


def _full_key(key: str, project: str) -> str:
    namespace, colon, name = key.partition(":")
    if not colon:
        return f"{project}:{key}"
    return (
        f"{namespace}:{name.removeprefix('config:')}"  # genai:config:model is Pulumi's old spelling
    )


def _mark_secure(value: Any) -> Any:
    """Replace each `secure: ciphertext`, the way Pulumi recognises it."""
    if isinstance(value, list):
        return [_mark_secure(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    group = cast("dict[str, Any]", value)
    if group.keys() == {"secure"} and isinstance(group["secure"], str):
        return SecureValue()
    return {key: _mark_secure(item) for key, item in group.items()}


def _refusal(file: str, message: str, fix: str, key: str = "") -> SettingsError:
    return SettingsError([Problem(file, key, message, fix)])
