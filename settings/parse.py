"""Check the settings of a stack, all of them, and say everything that is wrong at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from settings.draft import Draft
from settings.problems import Problem, SettingsError
from settings.rules import findings
from settings.sections import GenaiSettings
from settings.stack_settings import StackSettings
from settings.translation import setting_path, translate
from settings.wording import describe

REGION_KEY = "aws:region"


def parse_settings(
    config: Mapping[str, Any], *, project: str, stack: str, project_dir: Path, source: str
) -> StackSettings:
    """Turn a stack's configuration into settings.

    Args:
        config: decoded values by full key, such as `genai:model` or `aws:region`. The settings are
            the project's own namespace and the Region; other namespaces belong to providers.
        project: name in Pulumi.yaml, which is also the namespace of the settings.
        stack: name of the stack.
        project_dir: folder of Pulumi.yaml; a local model folder is relative to it.
        source: where the configuration was written, for the messages: `Pulumi.dev.yaml`.

    Raises:
        SettingsError: with one problem for each thing that is wrong.
    """
    sections = _sections(config, project)
    errors = _errors(sections)
    region, problems = _region(config, source)
    problems += translate(errors, namespace=project, file=source)
    sound = Draft(
        sections,
        map(setting_path, errors),
        region=region,
        project=project,
        stack=stack,
        project_dir=project_dir,
    )
    problems += [Problem(source, *found, rule=rule.id) for rule, found in findings(sound)]
    problems.sort(key=lambda problem: problem.key != REGION_KEY)
    if problems:
        raise SettingsError(problems)
    return StackSettings.model_validate(
        {**sections, "project": project, "stack": stack, "region": region}
    )


def _sections(config: Mapping[str, Any], project: str) -> dict[str, Any]:
    prefix = f"{project}:"
    return {
        key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)
    }


def _region(config: Mapping[str, Any], source: str) -> tuple[str | None, list[Problem]]:
    region = config.get(REGION_KEY)
    if isinstance(region, str) and region:
        return region, []
    found = f"found {describe(region)}" if REGION_KEY in config else "but it is missing"
    message = f"expected the AWS Region that the stack lives in, {found}"
    return None, [Problem(source, REGION_KEY, message, f"write {REGION_KEY}: us-east-1")]


def _errors(sections: dict[str, Any]) -> list[ErrorDetails]:
    try:
        _ = GenaiSettings.model_validate(sections)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []
