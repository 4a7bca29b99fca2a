"""What a stack's instances cost today."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from operations.status.spend import Spend, spend_today
from tests.operations.status.test_problems import ENDPOINT, NOW, VariantState

YESTERDAY = datetime(2026, 11, 24, tzinfo=UTC)
PRICES = {"ml.m5.large": 0.5, "ml.c5.large": 0.25}


def price(instance_type: str, _region: str) -> float | None:
    return PRICES.get(instance_type)


def test_it_is_counted_from_midnight() -> None:
    endpoint = replace(ENDPOINT, created=YESTERDAY)

    found = spend_today(endpoint, "us-east-1", price, NOW)

    assert (found.usd_today, found.usd_per_hour, found.hours) == (6.0, 0.5, 12.0)


def test_or_from_when_the_endpoint_was_made() -> None:
    endpoint = replace(ENDPOINT, created=NOW.replace(hour=10))

    assert spend_today(endpoint, "us-east-1", price, NOW).usd_today == 1.0


def test_every_variants_instances_count() -> None:
    variants = [
        VariantState("a", "ml.m5.large", 2, 2, 1.0),
        VariantState("b", "ml.c5.large", 4, 4, 1.0),
        VariantState("c", "ml.none.large", 0, 0, 1.0),
    ]
    found = spend_today(
        replace(ENDPOINT, created=YESTERDAY, variants=variants), "us-east-1", price, NOW
    )

    assert (found.usd_per_hour, found.instances) == (2.0, 6)


def test_an_unknown_price_is_unknown_and_not_nothing() -> None:
    found = spend_today(ENDPOINT, "us-east-1", lambda *_: None, NOW)

    assert found.usd_today is None
    assert found.note == "the price of ml.m5.large in us-east-1 is not known"


def test_serverless_is_billed_otherwise() -> None:
    found = spend_today(replace(ENDPOINT, mode="serverless"), "us-east-1", price, NOW)

    assert found.usd_today is None
    assert "billed by the request" in found.note


@pytest.mark.parametrize("endpoint", [None])
def test_no_endpoint_costs_nothing(endpoint: None) -> None:
    assert spend_today(endpoint, "us-east-1", price, NOW) == Spend(
        0.0, 0.0, 0.0, 0, "no endpoint, no instances"
    )
