"""A stack that is right, and ways to make it wrong."""

import copy
from pathlib import Path
from typing import Any

from settings import Problem, SettingsError, StackSettings, parse_settings

FILE = "Pulumi.dev.yaml"
MODEL_FOLDER = "./models/tiny"

RIGHT: dict[str, Any] = {
    "aws:region": "us-east-1",
    "genai:model": {"source": MODEL_FOLDER},
    "genai:image": {"family": "pytorch"},
    "genai:endpoint": {"instanceType": "ml.m5.large"},
}


def right_but(changes: dict[str, Any]) -> dict[str, Any]:
    """The right stack with some settings changed, by dotted key: `genai:endpoint.name`."""
    config = copy.deepcopy(RIGHT)
    for dotted, value in changes.items():
        *above, last = dotted.split(".")
        group = config
        for step in above:
            group = group.setdefault(step, {})
        group[last] = value
    return config


def parse(config: dict[str, Any], project_dir: Path, stack: str = "dev") -> StackSettings:
    """Check a configuration as the project `genai` would."""
    return parse_settings(
        config, project="genai", stack=stack, project_dir=project_dir, source=FILE
    )


def problems_of(config: dict[str, Any], project_dir: Path, stack: str = "dev") -> list[Problem]:
    """What is wrong with a configuration; nothing if it is right."""
    try:
        _ = parse(config, project_dir, stack)
    except SettingsError as error:
        return list(error.problems)
    return []
