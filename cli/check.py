"""`genai check`: are a stack's settings sound? Needs neither the Pulumi CLI nor credentials.

With policies it is also asked what the program registers, for which Pulumi's SDK is imported; without, it is not.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from cli.exits import EXIT_USAGE
from settings import Problem, SettingsError, StackSettings, load_stack, stack_names

if TYPE_CHECKING:
    from cli.policy_check import PolicyCheck
    from policy.configuration import ConfiguredPolicy


@dataclass(frozen=True)
class _Outcome:
    """What is to be told of a stack."""

    settings: StackSettings | SettingsError
    policies: "PolicyCheck | None" = None
    """None if they were not asked."""

    failure: str = ""
    """Why the program could not be run."""

    @property
    def is_sound(self) -> bool:
        if isinstance(self.settings, SettingsError) or self.failure:
            return False
        return self.policies is None or self.policies.passes

    @property
    def problems(self) -> Sequence[Problem]:
        return self.settings.problems if isinstance(self.settings, SettingsError) else ()


def check(
    project_dir: Path,
    stack: str | None,
    *,
    as_json: bool,
    with_policies: bool = False,
    policy_config: Path | None = None,
) -> bool:
    """Check one stack, or every stack of the project, print what was found, and say if all is well.

    Args:
        project_dir: folder of `Pulumi.yaml`.
        stack: one of its stacks; all of them if None.
        as_json: for scripts.
        with_policies: hold the policies against what the program of a sound stack registers.
        policy_config: what is configured of them, in the form of Pulumi's --policy-pack-config.
    """
    policies = _configured(policy_config) if with_policies else None
    stacks = [stack] if stack else stack_names(project_dir)
    found = {name: _outcome(project_dir, name, policies) for name in stacks}
    if as_json:
        print(json.dumps({name: _as_data(result) for name, result in found.items()}, indent=2))
    else:
        for name, result in found.items():
            _show(name, result)
    return all(result.is_sound for result in found.values())


def _configured(file: Path | None) -> "list[ConfiguredPolicy]":
    from policy.configuration import read_configuration  # noqa: PLC0415 - nobody else needs it
    from policy.options import PolicyConfigError  # noqa: PLC0415 - as above

    try:
        return read_configuration(file)
    except PolicyConfigError as wrong:
        print(f"genai: {wrong}", file=sys.stderr)
        raise typer.Exit(EXIT_USAGE) from None


def _outcome(project_dir: Path, stack: str, policies: "list[ConfiguredPolicy] | None") -> _Outcome:
    try:
        settings = load_stack(project_dir, stack)
    except SettingsError as error:
        return _Outcome(error)
    if policies is None:
        return _Outcome(settings)
    from cli.policy_check import (  # noqa: PLC0415 - imports Pulumi, which a check of settings does not wait for
        ProgramError,
        check_policies,
    )

    try:
        return _Outcome(settings, check_policies(project_dir, stack, settings.region, policies))
    except ProgramError as failure:
        return _Outcome(settings, failure=str(failure))


def _as_data(result: _Outcome) -> dict[str, object]:
    told: dict[str, object] = {
        "sound": result.is_sound,
        "problems": [asdict(problem) for problem in result.problems],
    }
    if result.failure:
        told["failure"] = result.failure
    if result.policies is not None:
        from cli.policy_view import as_data  # noqa: PLC0415 - as above

        told["policies"] = as_data(result.policies)
    return told


def _show(stack: str, result: _Outcome) -> None:
    console = Console(highlight=False)
    if isinstance(result.settings, SettingsError):
        console.print(Text(f"✗ {stack}", style="bold red"))
        console.print(Text(str(result.settings)), soft_wrap=True)
        return
    settings = result.settings
    machine = settings.endpoint.instance_type or settings.endpoint.mode
    told = f"{settings.image.family} on {machine} in {settings.region}"
    sign = ("✓ ", "bold green") if result.is_sound else ("✗ ", "bold red")
    console.print(Text.assemble(sign, (stack, "bold"), f"  {told}"))
    if result.failure:
        console.print(Text(f"  {result.failure}"), soft_wrap=True)
    if result.policies is not None:
        from cli.policy_view import show_policies  # noqa: PLC0415 - as above

        show_policies(result.policies, console)
