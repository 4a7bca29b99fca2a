"""`genai cost`: what a stack costs a month, and what another way to host would. Needs neither Pulumi nor credentials."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from catalog import prices
from cli.cost_view import show_cost
from costs import Comparison, Estimate, Load, compare, estimate, parse_load
from settings import (
    Problem,
    SettingsError,
    StackSettings,
    load_stack,
    parse_settings,
    read_project_file,
    read_stack_file,
    stack_names,
)
from settings.billed import load_of, plan_of

_RULES_OF_THE_LIMIT = {"GA901", "GA902"}
_OF_THE_LIMIT = ("maxMonthlyUsd", "emails", "topicArn")


@dataclass(frozen=True)
class Cost:
    """What there is to tell of a stack."""

    bill: Estimate
    comparison: Comparison
    refusal: tuple[Problem, ...]
    """Why the stack is refused for what it may cost; empty if it is not."""


def show_costs(
    project_dir: Path,
    stack: str | None,
    *,
    load: str | None,
    said: Mapping[str, float | None],
    as_json: bool,
) -> bool:
    """Print what one stack costs, or every stack of the project, and say if none is refused.

    Args:
        project_dir: folder of `Pulumi.yaml`.
        stack: one of its stacks; all of them if None.
        load: what is asked, in words.
        said: parts of a load, which come before those in words; None is not said.
        as_json: for scripts.

    Raises:
        LoadError: the load cannot be.
    """
    stacks = [stack] if stack else stack_names(project_dir)
    found = {name: _cost(project_dir, name, load, said) for name in stacks}
    if as_json:
        print(json.dumps({name: _as_data(result) for name, result in found.items()}, indent=2))
    else:
        _show(found)
    return all(isinstance(result, Cost) and not result.refusal for result in found.values())


def refresh_and_tell(project_dir: Path, stack: str | None, *, accept: bool) -> bool:
    """Bring the prices in the Regions of one stack, or of all, up to date, and say if that was done."""
    from cli.price_list import refresh_prices  # noqa: PLC0415 - boto3, which nothing else here waits for

    regions: dict[str, None] = {}
    for name in [stack] if stack else stack_names(project_dir):
        try:
            settings, _ = _settings(project_dir, name)
        except SettingsError as error:
            _show({name: error})
            return False
        regions[settings.region] = None
    return refresh_prices(prices.DATA, list(regions), accept=accept)


def _cost(
    project_dir: Path, stack: str, load: str | None, said: Mapping[str, float | None]
) -> Cost | SettingsError:
    try:
        settings, refusal = _settings(project_dir, stack)
    except SettingsError as error:
        return error
    asked = _load(load_of(settings), load, said)
    plan = plan_of(settings)
    return Cost(estimate(plan, asked), compare(plan, asked), refusal)


def _settings(project_dir: Path, stack: str) -> tuple[StackSettings, tuple[Problem, ...]]:
    """The settings, also of a stack that may cost more than it says: that is when one wants to see what for.

    Raises:
        SettingsError: they are wrong otherwise.
    """
    try:
        return load_stack(project_dir, stack), ()
    except SettingsError as error:
        if any(problem.rule not in _RULES_OF_THE_LIMIT for problem in error.problems):
            raise
        refusal = error.problems
    project, config = read_project_file(project_dir).name, read_stack_file(project_dir, stack)
    guard = config[f"{project}:guard"]
    config[f"{project}:guard"] = {key: guard[key] for key in guard if key not in _OF_THE_LIMIT}
    source = refusal[0].file
    without_limit = parse_settings(
        config, project=project, stack=stack, project_dir=project_dir, source=source
    )
    return without_limit, refusal


def _load(own: Load, words: str | None, said: Mapping[str, float | None]) -> Load:
    load = own if words is None else parse_load(words, own)
    return replace(load, **{name: value for name, value in said.items() if value is not None})


def _show(found: Mapping[str, Cost | SettingsError]) -> None:
    console = Console(highlight=False)
    for name, result in found.items():
        if isinstance(result, SettingsError):
            console.print(Text(f"✗ {name}", style="bold red"))
            console.print(Text(str(result)), soft_wrap=True)
            continue
        show_cost(name, result.bill, result.comparison, console)
        for problem in result.refusal:
            console.print(Text(f"✗ {problem}", style="bold red"), soft_wrap=True)


def _as_data(result: Cost | SettingsError) -> dict[str, Any]:
    if isinstance(result, SettingsError):
        return {"sound": False, "problems": [asdict(problem) for problem in result.problems]}
    bill, comparison = result.bill, result.comparison
    return {
        "sound": not result.refusal,
        "problems": [asdict(problem) for problem in result.refusal],
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
