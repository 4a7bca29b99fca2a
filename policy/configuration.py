"""A policy pack's configuration: the file that Pulumi takes as --policy-pack-config, for `genai check --policies` too.

`{"all": "mandatory", "cost-cap": {"maxMonthlyUsd": 500}, "log-retention": "advisory"}`
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from policy.options import ENFORCEMENT, LEVELS, Level, PolicyConfigError, settled
from policy.policies import POLICIES, Policy

EVERY_POLICY = "all"


@dataclass(frozen=True)
class ConfiguredPolicy:
    """A policy with what was configured of it."""

    policy: Policy
    level: Level
    options: Mapping[str, Any]


def configured(said: Mapping[str, Any]) -> list[ConfiguredPolicy]:
    """Every policy with its level and options: what was said, or the defaults.

    Args:
        said: a level, or options with or without `enforcementLevel`, by the policy's name; `all` is a level for every
            policy that has none of its own there.

    Raises:
        PolicyConfigError: a name, a level or an option is not known, or a value is of another kind.
    """
    known = [policy.name for policy in POLICIES]
    for name in said:
        if name not in {EVERY_POLICY, *known}:
            raise PolicyConfigError(f"there is no policy {name!r}; there are {', '.join(known)}")
    every, _ = _level_and_options(said.get(EVERY_POLICY), EVERY_POLICY)
    result: list[ConfiguredPolicy] = []
    for policy in POLICIES:
        level, options = _level_and_options(said.get(policy.name), policy.name)
        result.append(
            ConfiguredPolicy(
                policy,
                level or every or policy.level,
                settled(policy.options, options, policy.name),
            )
        )
    return result


def read_configuration(file: Path | None) -> list[ConfiguredPolicy]:
    """The same from a file; the defaults without one.

    Raises:
        PolicyConfigError: also if it cannot be read, or is no JSON object.
    """
    if file is None:
        return configured({})
    try:
        said: Any = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise PolicyConfigError(f"{file} cannot be read: {error}") from error
    if not isinstance(said, dict):
        raise PolicyConfigError(f"{file}: expected an object by the names of policies")
    try:
        return configured(cast("dict[str, Any]", said))
    except PolicyConfigError as error:
        raise PolicyConfigError(f"{file}: {error}") from None


def _level_and_options(said: Any, name: str) -> tuple[Level | None, dict[str, Any]]:
    if said is None:
        return None, {}
    if isinstance(said, dict):
        options = cast("dict[str, Any]", said)
        given = options.get(ENFORCEMENT)
        level = None if given is None else _level(given, f"{name}.{ENFORCEMENT}")
        return level, {key: value for key, value in options.items() if key != ENFORCEMENT}
    return _level(said, name), {}


def _level(said: Any, where: str) -> Level:
    for level in LEVELS:
        if said == level:
            return level
    raise PolicyConfigError(f"{where}: expected {', '.join(LEVELS)}, found {said!r}")
