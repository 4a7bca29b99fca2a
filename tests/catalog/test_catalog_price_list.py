"""Prices out of AWS's price list, and what they change in the catalog."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.prices import DATA
from catalog.refresh.errors import RefreshError
from catalog.refresh.price_rows import plan_prices, read_prices
from tests.catalog.price_list_documents import all_of_us_east_1, hosting, product

TABLES: dict[str, Any] = json.loads(DATA.read_bytes())
TODAY = "2026-11-25"
M5 = hosting("ml.m5.large", "0.1150000000")


def serverless(usage: str, usd: str) -> str:
    return product("seconds", usd, "ML Serverless", usagetype=usage)


def test_hosting_is_read_by_component_and_nothing_else_by_instance() -> None:
    found = read_prices(
        "us-east-1",
        [
            M5,
            product("Hrs", "0.2", component="Training", instanceName="ml.m5.large"),
            product("Hrs", "0.3", component="Hosting", instanceType="ml.c5.large-Hosting"),
            hosting("ml.free.large", "0.0000000000"),
            hosting("ml.g5.xlarge", "1.5", regionCode="us-east-2"),
        ],
    )

    assert found.hosting == {"ml.m5.large": 0.115, "ml.c5.large": 0.3}
    assert found.published == "2026-11-20"


def test_what_is_billed_by_memory_volume_and_data_is_read_by_usage_type() -> None:
    found = read_prices(
        "us-east-1",
        [
            M5,
            serverless("USE1-ServerlessInf:Mem-4GB", "0.00008"),
            serverless("USE1-ServerlessInf:Mem-4GB-Other", "9"),
            serverless("USE1-ProvisionedConcurrency:Usage-4GB", "0.00002"),
            serverless("USE1-ProvisionedConcurrency:Mem-4GB", "0.0000466"),
            product("GB-Mo", "0.14", "Storage", usagetype="USE1-Host:VolumeUsage.gp2"),
            product("GB", "0.016", "ML", usagetype="USE1-Data-Bytes-In", operation="Invoke-Endpoint"),
            product("GB", "9", "ML", usagetype="USE1-Data-Bytes-In", operation="Transform"),
        ],
    )  # fmt: skip

    assert found.serverless == {"4096": 0.00008}
    assert found.rates == {
        "provisioned-second-4096": ("second", 0.00002),
        "provisioned-use-second-4096": ("second", 0.0000466),
        "hosting-storage": ("GB-month", 0.14),
        "hosting-data": ("GB", 0.016),
    }


def test_a_list_that_has_not_changed_changes_no_price() -> None:
    found = read_prices("us-east-1", all_of_us_east_1(TABLES))

    changes, text = plan_prices(TABLES, found, TODAY)
    new = json.loads(text)

    assert changes == []
    assert new["hosting_usd_per_hour"] == TABLES["hosting_usd_per_hour"]
    assert new["listings"]["us-east-1"] == "price-list-api-us-east-1"
    assert new["listings"]["us-east-2"] == TABLES["listings"]["us-east-2"]
    assert new["sources"]["price-list-api-us-east-1"]["date"] == "2026-11-20"


def test_changes_are_told_and_large_ones_need_to_be_accepted() -> None:
    listed = all_of_us_east_1(
        TABLES,
        **{"ml.m5.large": "0.12", "ml.g5.xlarge": "2.9", "ml.m6i.large": "0.115"},
    )
    gone = [each for each in listed if '"ml.c5.large"' not in each]

    changes, text = plan_prices(TABLES, read_prices("us-east-1", gone), TODAY)

    assert [(change.text, change.needs_acceptance) for change in changes] == [
        ("ml.c5.large in us-east-1: no longer listed, 0.102 USD before", True),
        ("ml.g5.xlarge in us-east-1: 2.9 USD, 1.408 before", True),
        ("ml.m5.large in us-east-1: 0.12 USD, 0.115 before", False),
        ("ml.m6i.large in us-east-1: 0.115 USD, not known before", False),
    ]
    new = json.loads(text)
    assert new["hosting_usd_per_hour"]["ml.c5.large"]["us-east-1"] is None
    assert (
        new["hosting_usd_per_hour"]["ml.m5.large"]["eu-west-1"]
        == (TABLES["hosting_usd_per_hour"]["ml.m5.large"]["eu-west-1"])
    )
    assert new["_about"]["coverage"]["us-east-1"] == "221 of 277"


def test_a_rate_is_renewed_in_its_region_and_stays_in_others() -> None:
    storage = product("GB-Mo", "0.14", "Storage", usagetype="USE1-Host:VolumeUsage.gp2")

    _, text = plan_prices(
        TABLES, read_prices("us-east-1", [*all_of_us_east_1(TABLES), storage]), TODAY
    )

    rows = [row for row in json.loads(text)["rates"] if row["item"] == "hosting-storage"]
    assert [(row["region"], row["usd"]) for row in rows] == [
        ("eu-west-1", 0.154),
        ("us-east-1", 0.14),
    ]


def test_a_list_without_hosting_is_refused() -> None:
    with pytest.raises(RefreshError, match="the price list has no hosting instance for af-south-1"):
        read_prices("af-south-1", [M5])


@pytest.mark.parametrize(
    "document", ["no json", "{}", '{"product": {}}', "[]", '{"product": null}']
)
def test_what_is_no_product_is_refused(document: str) -> None:
    with pytest.raises(RefreshError, match="the price list holds what is not understood"):
        read_prices("us-east-1", [document])


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.sampled_from(["product", "attributes", "terms", "OnDemand", "x"]), s)))  # fmt: skip
def test_any_document_is_read_or_refused(document: Any) -> None:
    with pytest.raises(RefreshError):
        read_prices("us-east-1", [json.dumps(document)])
