"""What an hour of an instance costs, for whatever reckons what a deployed stack takes."""

from collections.abc import Callable

from catalog.prices import instance_hour

PriceOfHour = Callable[[str, str], float | None]
"""US dollars for an hour of an instance type in a Region; None where that is not known, and never 0."""


def listed_price(instance_type: str, region: str) -> float | None:
    """Return AWS's price on demand, as the catalog has it."""
    price = instance_hour(instance_type, region)
    return None if price is None else price.usd
