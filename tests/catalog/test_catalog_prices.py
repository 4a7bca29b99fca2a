"""What the catalog knows of prices, and what it does not."""

import json
from typing import get_args

import pytest

from catalog.instances import instance_names
from catalog.prices import (
    DATA,
    Price,
    Rate,
    instance_hour,
    priced_instance_types,
    provisioned_second,
    rate,
    serverless_second,
)

TABLES = json.loads(DATA.read_bytes())


@pytest.mark.parametrize(
    ("instance_type", "region", "usd"),
    [
        ("ml.m5.large", "us-east-1", 0.115),
        ("ml.g6e.xlarge", "us-east-1", 2.6054),
        ("ml.g6.xlarge", "us-east-2", 1.1267),
        ("ml.c5.large", "eu-central-1", 0.116),
    ],
)
def test_an_instance_hour_has_a_price_by_region(
    instance_type: str, region: str, usd: float
) -> None:
    price = instance_hour(instance_type, region)

    assert price is not None
    assert price.usd == pytest.approx(usd, abs=0.0005)
    assert (price.unit, price.date) == ("instance-hour", "2026-09-22")
    assert price.source.startswith("https://")


@pytest.mark.parametrize(
    ("instance_type", "region"),
    [
        ("ml.p3.2xlarge", "us-east-1"),
        ("ml.m5.large", "af-south-1"),
        ("ml.none.large", "us-east-1"),
    ],
)
def test_a_price_that_the_list_does_not_have_is_not_known(instance_type: str, region: str) -> None:
    assert instance_hour(instance_type, region) is None


def test_serverless_is_priced_by_memory() -> None:
    price = serverless_second(4096, "eu-west-1")

    assert price is not None
    assert price.usd == 0.00008
    assert serverless_second(4096, "us-gov-west-1") is None


def test_provisioned_concurrency_is_known_for_one_memory_only() -> None:
    warm = provisioned_second(2048, "us-east-1", in_use=False)
    used = provisioned_second(2048, "us-east-1", in_use=True)

    assert warm is not None
    assert used is not None
    assert (warm.usd, used.usd) == (0.00001, 0.0000233)
    assert provisioned_second(4096, "us-east-1", in_use=False) is None


def test_a_rate_is_known_where_a_source_tells_it() -> None:
    assert rate("alarm-metric", "us-east-1") == Price(
        0.1,
        "alarm metric-month",
        TABLES["sources"]["infracost-alarms"]["url"],
        "2026-11-25",
    )
    assert rate("alarm-metric", "eu-west-1") is None


def test_every_rate_that_can_be_asked_for_is_in_the_data_and_the_other_way_round() -> None:
    by_memory = {row["item"] for row in TABLES["rates"] if row["item"].startswith("provisioned-")}

    assert {row["item"] for row in TABLES["rates"]} - by_memory == set(get_args(Rate))


def test_every_price_is_above_nothing() -> None:
    hosting = [usd for row in TABLES["hosting_usd_per_hour"].values() for usd in row.values()]
    serverless = [
        usd for row in TABLES["serverless_usd_per_second"].values() for usd in row.values()
    ]
    rates = [row["usd"] for row in TABLES["rates"]]

    assert len(hosting) > 2000
    assert all(usd is None or usd > 0 for usd in hosting)
    assert all(usd > 0 for usd in (*serverless, *rates))


def test_every_price_has_a_source_with_address_and_date() -> None:
    used = {*TABLES["listings"].values(), *(row["source"] for row in TABLES["rates"])}

    assert used <= TABLES["sources"].keys()
    assert all(TABLES["sources"][name]["url"] and TABLES["sources"][name]["date"] for name in used)


def test_every_hosting_type_of_the_catalog_has_a_row() -> None:
    assert set(TABLES["hosting_usd_per_hour"]) == set(instance_names())


def test_the_types_with_a_price_are_those_that_the_coverage_tells() -> None:
    known = {region: len(priced_instance_types(region)) for region in TABLES["_about"]["coverage"]}

    assert {region: f"{count} of 277" for region, count in known.items()} == TABLES["_about"][
        "coverage"
    ]
