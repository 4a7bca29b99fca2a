"""Show what the policies say about a stack, to people and as data."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from cli.policy_check import PolicyCheck
from policy.findings import shown
from policy.judging import Verdict

_INDENT = "    "


def show_policies(check: PolicyCheck, console: Console) -> None:
    """Print every violation with its fix, what could not be told, and what only a deployment will tell."""
    asked = f"{check.deployed.policies} policies, {check.deployed.resources} resources"
    count = len(check.violations)
    outcome = "none is violated" if not count else f"{count} {_plural(count, 'violation')}"
    console.print(Text(f"  {asked}: {outcome}"), soft_wrap=True)
    for verdict in check.violations:
        _show(verdict, console)
    for verdict in check.untold:
        told = f"  ? {verdict.told}"
        console.print(Text(told, style="yellow"), soft_wrap=True)
    if made_up := check.told_by_made_up_values:
        told = (
            f"  pulumi preview cannot tell {len(made_up)} of these checks, because what they read is not known "
            f"before the deployment ({_counted(made_up)}); here names that AWS decides are made up."
        )
        console.print(Text(told, style="dim"), soft_wrap=True)


def as_data(check: PolicyCheck) -> dict[str, Any]:
    """The same for scripts."""
    return {
        "policies": check.deployed.policies,
        "resources": check.deployed.resources,
        "violations": [_data(verdict) for verdict in check.violations],
        "untold": [_data(verdict) for verdict in check.untold],
        "untold_in_preview": [_data(verdict) for verdict in check.previewed.open],
    }


def _show(verdict: Verdict, console: Console) -> None:
    is_mandatory = verdict.level == "mandatory"
    style = "bold red" if is_mandatory else "bold yellow"
    console.print(
        Text(f"  {'✗' if is_mandatory else '!'} {verdict.policy} ({verdict.level})", style)
    )
    console.print(
        Text(_INDENT + str(verdict.finding).replace("\n", f"\n{_INDENT}")), soft_wrap=True
    )


def _data(verdict: Verdict) -> dict[str, Any]:
    finding = verdict.finding
    return {
        "policy": verdict.policy,
        "level": verdict.level,
        "resource": finding.resource.name,
        "type": finding.resource.type,
        "property": finding.path,
        "found": shown(finding.found),
        "expected": finding.expected,
        "fix": finding.fix,
    }


def _counted(verdicts: Sequence[Verdict]) -> str:
    by_policy = Counter(verdict.policy for verdict in verdicts)
    return ", ".join(f"{policy} {count}" for policy, count in by_policy.items())


def _plural(count: int, what: str) -> str:
    return what if count == 1 else f"{what}s"
