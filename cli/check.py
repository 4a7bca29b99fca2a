"""`genai check`: are a stack's settings sound? Needs neither the Pulumi CLI nor credentials."""

import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.text import Text

from settings import SettingsError, StackSettings, load_stack, stack_names


def check(project_dir: Path, stack: str | None, *, as_json: bool) -> bool:
    """Check one stack, or every stack of the project, print what was found, and say if all is well."""
    stacks = [stack] if stack else stack_names(project_dir)
    found = {name: _load(project_dir, name) for name in stacks}
    if as_json:
        print(json.dumps({name: _as_data(result) for name, result in found.items()}, indent=2))
    else:
        for name, result in found.items():
            _show(name, result)
    return all(isinstance(result, StackSettings) for result in found.values())


def _load(project_dir: Path, stack: str) -> StackSettings | SettingsError:
    try:
        return load_stack(project_dir, stack)
    except SettingsError as error:
        return error


def _as_data(result: StackSettings | SettingsError) -> dict[str, object]:
    problems = result.problems if isinstance(result, SettingsError) else ()
    return {"sound": not problems, "problems": [asdict(problem) for problem in problems]}


def _show(stack: str, result: StackSettings | SettingsError) -> None:
    console = Console(highlight=False)
    if isinstance(result, SettingsError):
        console.print(Text(f"✗ {stack}", style="bold red"))
        console.print(Text(str(result)), soft_wrap=True)
        return
    machine = result.endpoint.instance_type or result.endpoint.mode
    told = f"{result.image.family} on {machine} in {result.region}"
    console.print(Text.assemble(("✓ ", "bold green"), (stack, "bold"), f"  {told}"))
