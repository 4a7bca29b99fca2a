"""Show what the checks of a stack found."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from operations.doctor.finding import Finding, Verdict

_SIGNS: dict[Verdict, tuple[str, str]] = {
    "ok": ("✓", "green"),
    "problem": ("✗", "bold red"),
    "unknown": ("?", "yellow"),
}


def show_findings(stack: str, findings: Sequence[Finding], *, as_json: bool) -> bool:
    """Print what was found, and say if no problem was."""
    problems = sum(finding.verdict == "problem" for finding in findings)
    unknown = sum(finding.verdict == "unknown" for finding in findings)
    if as_json:
        told = {
            "stack": stack,
            "healthy": not problems,
            "findings": [asdict(each) for each in findings],
        }
        print(json.dumps(told, indent=2))
        return not problems
    console = Console(highlight=False)
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        sign, style = _SIGNS[finding.verdict]
        table.add_row(Text(sign, style), finding.check, Text(finding.what))
        if finding.fix:
            table.add_row("", "", Text(f"fix: {finding.fix}", "dim"))
    console.print(table)
    verdict = f"{problems} problem{'' if problems == 1 else 's'}, {unknown} not checked"
    console.print(Text(verdict, "red" if problems else "green"))
    return not problems
