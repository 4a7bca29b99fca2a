"""Show how a stack is, on one screen."""

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from operations.status.endpoint_state import EndpointState
from operations.status.function_state import FunctionState
from operations.status.spend import Spend
from operations.status.stack_status import StackStatus
from operations.status.traffic import Traffic

_MOST_ROWS = 6
_FINE = {"InService", "Active", "Successful", "OK", "Enabled"}
_BAD = {"Failed", "ALARM", "UpdateRollbackFailed", "OutOfService"}


def status_screen(status: StackStatus) -> RenderableType:
    """Return everything that is known of a stack, and what is wrong with it."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for title, lines in _parts(status):
        for number, line in enumerate(lines):
            table.add_row("" if number else title, line)
    title = Text.assemble(
        (status.stack, "bold"), (f"  {status.region}  {_at(status.at)} UTC", "dim")
    )
    return Group(title, table, *_problems(status))


def _parts(status: StackStatus) -> Iterator[tuple[str, list[Text]]]:
    if status.endpoint:
        yield "endpoint", list(_endpoint(status.endpoint))
    elif "endpoint" not in status.unseen:
        yield "endpoint", [Text("none", "red")]
    if status.function:
        yield "function", list(_function(status.function))
    if status.traffic:
        yield "last hour", list(_traffic(status.traffic))
    if status.failures:
        failures = [
            Text.assemble(
                (f"{each.count} x {each.kind}", "yellow"),
                f", last at {_at(each.last)}",
                (f"  genai logs {status.stack} --request {each.request_id}" if each.request_id else "", "dim"),
            )
            for each in status.failures
        ]  # fmt: skip
        yield "failures", _first(failures)
    if status.alarms:
        yield (
            "alarms",
            _first([_alarm(each.name, each.state, each.is_for_scaling) for each in status.alarms]),
        )
    if status.queues:
        told = ", ".join(
            f"{each.purpose} {each.waiting}" + (f" (+{each.under_way} under way)" if each.under_way else "")
            for each in status.queues
        )  # fmt: skip
        yield "queues", [Text(told)]
    if status.spend:
        yield "today", [_spend(status.spend)]


def _endpoint(endpoint: EndpointState) -> Iterator[Text]:
    yield Text.assemble(
        f"{endpoint.name}  ",
        _state(endpoint.status),
        f"  {endpoint.mode}, changed {_at(endpoint.last_changed)}",
        (f"  {endpoint.configuration}", "dim"),
    )
    if endpoint.pending_configuration:
        yield Text(f"a rollout to {endpoint.pending_configuration} is under way", "yellow")
    for variant in endpoint.variants:
        counts = (
            f"{variant.current_instances} of {variant.desired_instances} x {variant.instance_type}"
            if variant.instance_type and variant.current_instances is not None
            else variant.instance_type or endpoint.mode
        )
        weight = "" if variant.weight is None else f", weight {variant.weight:g}"
        yield Text(f"{variant.name}: {counts}{weight}")
    if component := endpoint.component:
        yield Text.assemble(
            f"{component.name}: {component.current_copies} of {component.desired_copies} copies  ",
            _state(component.status),
        )


def _function(function: FunctionState) -> Iterator[Text]:
    reserved = function.reserved_concurrency
    limits = (
        "shares the account's concurrency" if reserved is None else f"at most {reserved} at once"
    )
    if function.provisioned_concurrency is not None:
        limits += f", {function.provisioned_concurrency} kept warm"
    yield Text.assemble(
        f"{function.name}  ",
        _state(function.state),
        ", last update ",
        _state(function.last_update),
        f"; {limits}",
    )
    if function.reads_its_queue:
        yield Text.assemble("its queue: ", _state(function.reads_its_queue))


def _traffic(traffic: Traffic) -> Iterator[Text]:
    figures = traffic.figures
    if not figures:
        yield Text("nothing was asked", "dim")
        return
    counts = ", ".join(
        f"{value:g} {name.replace('_', ' ')}"
        for name, value in figures.items()
        if not name.startswith(("function_", "latency_"))
    )
    latency = ", ".join(
        f"{name.removeprefix('latency_').removesuffix('_ms')} {value:,.0f} ms"
        for name, value in figures.items()
        if name.startswith("latency_")
    )
    if counts or latency:
        yield Text(f"endpoint: {counts}" + (f"; model latency {latency}" if latency else ""))
    told = ", ".join(
        f"{value:g} {name.removeprefix('function_')}"
        for name, value in figures.items()
        if name.startswith("function_")
    )
    if told:
        yield Text(f"function: {told}")


def _alarm(name: str, state: str, is_for_scaling: bool) -> Text:
    if is_for_scaling:
        return Text.assemble((state, "dim"), f"  {name}", ("  moves capacity", "dim"))
    return Text.assemble(_state(state), f"  {name}")


def _spend(spend: Spend) -> Text:
    if spend.usd_today is None or spend.usd_per_hour is None:
        return Text(f"cost unknown: {spend.note}", "dim")
    return Text.assemble(
        f"{spend.usd_today:,.2f} USD since midnight UTC or its creation, {spend.usd_per_hour:,.3f} USD an hour",
        (f"  {spend.note}", "dim"),
    )


def _problems(status: StackStatus) -> Iterator[RenderableType]:
    problems = status.problems
    if not problems:
        yield Text("✓ nothing is wrong", "green")
    for problem in problems:
        yield Text(f"✗ {problem.what}", "red")
        if problem.fix:
            yield Text(f"  fix: {problem.fix}")


def _first(lines: list[Text]) -> list[Text]:
    more = len(lines) - _MOST_ROWS
    return [*lines[:_MOST_ROWS], *([Text(f"and {more} more", "dim")] if more > 0 else [])]


def _state(state: str) -> tuple[str, str]:
    return state, "green" if state in _FINE else "red" if state in _BAD else "yellow"


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%m-%d %H:%M:%S}"
