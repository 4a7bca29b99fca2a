"""Show what a deployment did to each resource, in the signs that Pulumi uses."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rehearsal.deployer.failures import short_type
from rehearsal.deployer.operations import Action, Operation, counted
from rehearsal.transcript import ChangeReport

_TYPE_WIDTH = 26
_SIGNS: dict[Action, tuple[str, str]] = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "replace": ("+-", "magenta"),
    "delete": ("-", "red"),
    "keep": ("=", "cyan"),
}


def operations_table(operations: Iterable[Operation]) -> RenderableType:
    """Return a line for each resource with which something was done, and why; the others are counted."""
    operations = list(operations)
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(style="cyan", no_wrap=True, max_width=_TYPE_WIDTH, overflow="ellipsis")
    table.add_column(no_wrap=True)
    table.add_column(style="dim", overflow="fold")
    for each in operations:
        if each.action in _SIGNS:
            sign, style = _SIGNS[each.action]
            why = each.note or ", ".join(each.properties)
            row = (sign, each.action, short_type(each.resource_type), each.name)
            table.add_row(*(Text(cell, style) for cell in row[:2]), *row[2:], why)
    unchanged = sum(each.action == "same" for each in operations)
    parts: list[RenderableType] = [table] if table.row_count else []
    if unchanged:
        parts.append(Text(f"{unchanged} unchanged", "dim"))
    return Group(*parts)


def unfinished_change(report: ChangeReport) -> RenderableType:
    """Return what a change did before it failed, what it was to do, and what callers got meanwhile."""
    load = report.load
    return Group(
        Text(f"{report.text}: was to be {counted(report.planned)}", "yellow"),
        operations_table(report.operations),
        Text(f"requests sent meanwhile: {load.sent}, failures: {load.failed}"),
        *(Text(f"  {count} x {error}", "red") for error, count in load.failures.items()),
    )
