"""Show a person what a stack costs, line by line, and how else it could be hosted."""

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from costs import Comparison, Estimate, Line
from costs.lines import amount, money

_UNKNOWN = Text("not known", style="yellow")
_HONESTLY = (
    "On demand, without tax, discounts, free tiers and data that leaves AWS. The load is assumed: 730 hours a month, and requests "
    "that take as long on every instance type, which is not known. What is counted and what is not: docs/costs.md"
)


def show_cost(stack: str, bill: Estimate, comparison: Comparison, console: Console) -> None:
    """Print the bill, what is not known of it, the sources of its prices, and the comparison."""
    console.print(Text.assemble((stack, "bold"), f"  {bill.told}, in {bill.region}"))
    sources = _numbered_sources(bill.lines)
    table = Table("", "USD a month", "unit price", "quantity", "source", box=SIMPLE_HEAD)
    for column in table.columns:
        column.overflow = "fold"
    for line in bill.lines:
        table.add_row(
            line.item, _usd(line), _unit_price(line), line.formula, _source(line, sources)
        )
    console.print(table)
    for line in bill.unknown:
        console.print(Text(f"Not counted: {line.unknown}.", style="yellow"), soft_wrap=True)
    for (url, date), number in sources.items():
        console.print(Text(f"[{number}] {date}, {url}", style="dim"), soft_wrap=True)
    _show_comparison(comparison, console)
    console.print(Text(_HONESTLY, style="dim"), soft_wrap=True)


def _show_comparison(comparison: Comparison, console: Console) -> None:
    table = Table(
        "instances or seconds alone", "USD a month", "how much", "what it means", box=SIMPLE_HEAD
    )
    for column in table.columns:
        column.overflow = "fold"
    for option in comparison.options:
        usd = _UNKNOWN if option.usd is None else Text(amount(option.usd))
        name = Text(option.told, style="bold" if option.is_current else "")
        table.add_row(name, usd, option.formula, option.meaning)
    console.print(table)
    if comparison.impossible:
        console.print(Text(f"Not compared: {comparison.impossible}."), soft_wrap=True)
    console.print(Text(comparison.told, style="bold"), soft_wrap=True)


def _usd(line: Line) -> Text:
    if line.least_usd is None or line.greatest_usd is None:
        return _UNKNOWN
    return Text(money(line.least_usd, line.greatest_usd).removesuffix(" USD"))


def _unit_price(line: Line) -> Text:
    if line.price is None:
        return Text.assemble(_UNKNOWN, f" / {line.unit}")
    return Text(f"{line.price.usd:.10f}".rstrip("0").rstrip(".") + f" / {line.unit}")


def _numbered_sources(lines: Iterable[Line]) -> dict[tuple[str, str], int]:
    prices = [line.price for line in lines if line.price]
    found = dict.fromkeys((price.source, price.date) for price in prices)
    return {source: number for number, source in enumerate(found, 1)}


def _source(line: Line, sources: dict[tuple[str, str], int]) -> str:
    if line.price is None:
        return ""
    return f"[{sources[line.price.source, line.price.date]}] {line.price.date}"
