"""Show a person which of a stack's grants were used, which never, and what was denied."""

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rehearsal.least_privilege import (
    ActionUse,
    DeniedCalls,
    LeastPrivilege,
    PolicyUse,
    RoleUse,
    StatementUse,
)

_INDENT = (0, 0, 0, 2)
_DEEPER = (0, 0, 0, 4)
_USE_WIDTH = 14
_HONESTLY = (
    "A grant that no call used may still be needed by what this rehearsal did not do: a failure, a retry, "
    "a rollback on an alarm, a second deployment. Calls to what is not played here, such as X-Ray, are not seen."
)


def show_least_privilege(report: LeastPrivilege, console: Console) -> None:
    """Print each role with its policies, statements and actions, and the outcome in one line."""
    console.print("\n[bold]What the roles were granted, and what they did[/]")
    for role in report.roles:
        console.print(Text.assemble("\nrole ", (role.name, "bold cyan")))
        for policy in role.policies:
            console.print(Padding(_policy(policy), _INDENT))
        for denied in role.denied:
            console.print(Padding(_denied(denied), _INDENT))
    console.print(_outcome(report))
    console.print(Text(_HONESTLY, style="dim"))


def _policy(policy: PolicyUse) -> Group:
    shown: list[RenderableType] = [Text(policy.name, style="bold")]
    for statement in policy.statements:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, min_width=_USE_WIDTH)
        table.add_column(overflow="fold")
        for action in statement.actions:
            table.add_row(_times(action, statement), _named(action))
        shown += [Padding(_heading(statement), _INDENT), Padding(table, _DEEPER)]
    return Group(*shown)


def _heading(statement: StatementUse) -> Text:
    """The statement's name, on what, and under which conditions, with wildcards made out."""
    heading = Text.assemble((f"{statement.sid}:", "bold"), f" {statement.effect}", overflow="fold")
    for number, resource in enumerate(statement.resources):
        heading.append(", " if number else " on ")
        heading.append(resource, "yellow" if resource in statement.wildcards else "")
    if statement.condition:
        keys = [key for pairs in statement.condition.values() for key in pairs]
        heading.append(f" if {', '.join(keys)}", "dim")
    if statement.wildcards:
        heading.append(" (wildcard)", "yellow")
    return heading


def _times(action: ActionUse, statement: StatementUse) -> Text:
    if not action.used:
        return Text("never used", style="yellow" if statement.effect == "Allow" else "dim")
    verb = "used" if statement.effect == "Allow" else "denied"
    return Text(f"{verb} {action.used} {_plural(action.used, 'time')}", style="green")


def _named(action: ActionUse) -> Text:
    named = Text(action.action)
    if action.actions_used:
        told = ", ".join(f"{name} {count}" for name, count in action.actions_used.items())
        named.append(f" (of it: {told})", "yellow")
    return named


def _denied(denied: DeniedCalls) -> Text:
    return Text.assemble(
        (f"denied {denied.count} {_plural(denied.count, 'time')}: ", "bold red"),
        f"{denied.action} on {', '.join(denied.resources)} ",
        (f"({denied.reason})", "dim"),
    )


def _outcome(report: LeastPrivilege) -> Text:
    grants = sum(_grants_of(role) for role in report.roles)
    unused = sum(len(role.unused) for role in report.roles)
    denied = sum(call.count for role in report.roles for call in role.denied)
    told = f"\n{grants - unused} of {grants} granted actions were used, {unused} never; "
    return Text(
        told + (f"{denied} {_plural(denied, 'call')} denied." if denied else "nothing was denied.")
    )


def _grants_of(role: RoleUse) -> int:
    return sum(
        len(statement.actions)
        for policy in role.policies
        for statement in policy.statements
        if statement.effect == "Allow"
    )


def _plural(count: int, what: str) -> str:
    return what if count == 1 else f"{what}s"
