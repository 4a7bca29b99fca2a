"""One line of a bill, and the bill."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from catalog.prices import Price
from costs.load import Load

Part = Literal["endpoint", "function", "storage", "watching", "network"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that is billed: a quantity a month, from least to greatest, times the price of a unit."""

    part: Part
    item: str
    """Such as `ml.m5.large (AllTraffic)`."""

    unit: str
    """Such as `instance-hour`."""

    price: Price | None
    """None is not known."""

    least: float | None
    """Units a month; None is not known."""

    greatest: float | None
    formula: str
    """How the quantity comes about: `1 to 4 instances x 730 hours`."""

    unknown: str = ""
    """What is not known; empty if nothing is."""

    @property
    def is_known(self) -> bool:
        """Whether price and quantity are known."""
        return self.price is not None and self.least is not None and self.greatest is not None

    @property
    def least_usd(self) -> float | None:
        """US dollars a month; None is not known, and never nothing."""
        return None if self.price is None or self.least is None else self.least * self.price.usd

    @property
    def greatest_usd(self) -> float | None:
        """US dollars a month; None is not known, and never nothing."""
        return (
            None if self.price is None or self.greatest is None else self.greatest * self.price.usd
        )


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a stack costs a month, as far as it is known."""

    region: str
    load: Load
    lines: tuple[Line, ...]

    @property
    def least_usd(self) -> float:
        """The least of all known lines together, in US dollars a month."""
        return sum(line.least_usd or 0 for line in self.lines if line.is_known)

    @property
    def greatest_usd(self) -> float:
        """The most of all known lines together, in US dollars a month."""
        return sum(line.greatest_usd or 0 for line in self.lines if line.is_known)

    @property
    def unknown(self) -> Sequence[Line]:
        """The lines that are in no sum, because their price or quantity is not known."""
        return [line for line in self.lines if not line.is_known]

    @property
    def dearest(self) -> Sequence[Line]:
        """The known lines, the one that can cost most first."""
        known = [line for line in self.lines if line.is_known]
        return sorted(known, key=lambda line: -(line.greatest_usd or 0))

    @property
    def summary(self) -> dict[str, float | bool]:
        """Least and greatest in US dollars and cents, and whether that is all of it."""
        return {
            "least": round(self.least_usd, 2),
            "greatest": round(self.greatest_usd, 2),
            "is_complete": not self.unknown,
        }

    @property
    def told(self) -> str:
        """In one phrase: `83.95 to 167.90 USD a month`, with `at least` where something is not known."""
        return f"{'at least ' if self.unknown else ''}{money(self.least_usd, self.greatest_usd)} a month"


def money(least: float, greatest: float) -> str:
    """`83.95 USD`, or `83.95 to 167.90 USD`; cents, and four digits below one."""
    low, high = amount(least), amount(greatest)
    return f"{low} USD" if low == high else f"{low} to {high} USD"


def amount(usd: float) -> str:
    """A number of dollars for people: `3,803.88`, `0.26`, `0.0004`."""
    return f"{usd:,.2f}" if usd >= 0.1 or usd == 0 else f"{usd:.4f}"  # noqa: PLR2004 - ten cents


def span(least: float, greatest: float) -> str:
    """`2` or `2 to 4`; an average over time has up to four digits."""
    low, high = f"{least:,.4g}", f"{greatest:,.4g}"
    return low if low == high else f"{low} to {high}"


def instances(least: float, greatest: float) -> str:
    """`1 instance`, `2 to 4 instances`."""
    told = span(least, greatest)
    return f"{told} instance{'' if told == '1' else 's'}"
