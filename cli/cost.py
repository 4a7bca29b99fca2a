"""`genai cost`: what a stack costs a month, and what another way to host would. Needs neither Pulumi nor credentials."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from cli.cost_view import show_cost
from costs import Comparison, Estimate, Load, compare, estimate, parse_load
from settings import SettingsError, load_stack, stack_names
from settings.billed import load_of, plan_of

Cost = tuple[Estimate, Comparison]


def show_costs(
    project_dir: Path,
    stack: str | None,
    *,
    load: str | None,
    said: Mapping[str, float | None],
    as_json: bool,
) -> bool:
    """Print what one stack costs, or every stack of the project, and say if all could be counted.

    Args:
        project_dir: folder of `Pulumi.yaml`.
        stack: one of its stacks; all of them if None.
        load: what is asked, in words.
        said: parts of a load, which come before those in words; None is not said.
        as_json: for scripts.

    Raises:
        LoadError: the load cannot be.
    """
    try:
        stacks = [stack] if stack else stack_names(project_dir)
        found = {name: _cost(project_dir, name, load, said) for name in stacks}
    except SettingsError as error:
        found = {stack or "": error}
    if as_json:
        print(json.dumps({name: _as_data(result) for name, result in found.items()}, indent=2))
    else:
        _show(found)
    return not any(isinstance(result, SettingsError) for result in found.values())


def _cost(
    project_dir: Path, stack: str, load: str | None, said: Mapping[str, float | None]
) -> Cost | SettingsError:
    try:
        settings = load_stack(project_dir, stack)
    except SettingsError as error:
        return error
    asked = _load(load_of(settings), load, said)
    plan = plan_of(settings)
    return estimate(plan, asked), compare(plan, asked)


def _load(own: Load, words: str | None, said: Mapping[str, float | None]) -> Load:
    load = own if words is None else parse_load(words, own)
    return replace(load, **{name: value for name, value in said.items() if value is not None})


def _show(found: Mapping[str, Cost | SettingsError]) -> None:
    console = Console(highlight=False)
    for name, result in found.items():
        if isinstance(result, SettingsError):
            console.print(Text(f"✗ {name}", style="bold red"))
            console.print(Text(str(result)), soft_wrap=True)
        else:
            show_cost(name, *result, console)


def _as_data(result: Cost | SettingsError) -> dict[str, Any]:
    if isinstance(result, SettingsError):
        return {"sound": False, "problems": [asdict(problem) for problem in result.problems]}
    bill, comparison = result
    return {
        "sound": True,
        "region": bill.region,
        "least_usd": bill.least_usd,
        "greatest_usd": bill.greatest_usd,
        "is_complete": not bill.unknown,
        "load": asdict(bill.load),
        "lines": [
            {**asdict(line), "least_usd": line.least_usd, "greatest_usd": line.greatest_usd}
            for line in bill.lines
        ],
        "comparison": {
            "told": comparison.told,
            "impossible": comparison.impossible,
            "options": [asdict(option) for option in comparison.options],
        },
    }
