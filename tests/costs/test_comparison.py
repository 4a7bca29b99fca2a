"""Which way to host is cheapest for a load."""

import pytest

from costs import Comparison, Load, Option, compare
from costs.plan import Capacity
from tests.costs.plans import between, fixed, fleet, plan, serverless

OFFICE = Load(requests_per_day=1000, seconds_per_request=2, hours_per_day=8)


def usd(comparison: Comparison) -> dict[str, float | None]:
    return {
        option.told: None if option.usd is None else round(option.usd, 2)
        for option in comparison.options
    }


def current(comparison: Comparison) -> Option:
    (found,) = [option for option in comparison.options if option.is_current]
    return found


def test_few_requests_are_cheapest_without_instances() -> None:
    compared = compare(plan(), OFFICE)

    assert usd(compared) == {
        "serverless with 4096 MB": 4.87,  # 60,833 s x 0.00008
        "async on ml.m5.large": 27.98,  # 8 of 24 hours of 83.95
        "scale-to-zero on ml.m5.large": 27.98,
        "realtime on ml.t2.large": 81.03,
        "realtime on ml.m5.large": 83.95,
    }
    assert compared.told == (
        "For 1,000 requests a day of 2 s each, in 8 hours of it, serverless with 4096 MB would be cheapest: "
        "4.87 USD a month instead of 83.95 for realtime on ml.m5.large. It answers at once, after a cold start; CPU only, "
        "60 seconds and 4 MB at most."
    )


def test_many_requests_are_cheapest_on_instances() -> None:
    busy = Load(requests_per_day=500_000, seconds_per_request=0.1, hours_per_day=24)

    compared = compare(serverless(), busy)

    # 15,208,333 requests x 0.1 s x 0.00008, against the cheapest type with as much memory
    assert current(compared).usd == pytest.approx(121.67, abs=0.01)
    assert not compared.options[0].is_current
    assert "would be cheapest" in compared.told


def test_what_is_cheapest_already_is_told_so() -> None:
    compared = compare(serverless(), OFFICE)

    assert compared.told == (
        "For 1,000 requests a day of 2 s each, in 8 hours of it, serverless with 4096 MB is the cheapest of these: "
        "4.87 USD a month."
    )


def test_as_many_instances_answer_as_the_requests_keep_busy() -> None:
    # 86,400 requests of 2 s in 8 hours: six at once, and one in the other hours.
    compared = compare(plan(), Load(requests_per_day=86_400, seconds_per_request=2))

    assert current(compared).formula == "(6 x 8 h + 1 x 16 h) a day"
    assert usd(compared)["async on ml.m5.large"] == pytest.approx(83.95 * 2, abs=0.01)


def test_a_stack_that_keeps_two_is_compared_with_two() -> None:
    two = fleet("ml.g6e.xlarge", capacity=Capacity(usual=between(2, 4)))

    compared = compare(plan(fleets=(two,), needs_gpu=True), OFFICE)

    assert current(compared).formula == "(2 x 8 h + 2 x 16 h) a day"
    assert usd(compared)["realtime on ml.g6e.xlarge"] == 3803.88


def test_a_stack_with_a_gpu_has_no_serverless_option_and_is_told_why() -> None:
    compared = compare(plan(fleets=(fleet("ml.g5.xlarge"),), needs_gpu=True), OFFICE)

    assert compared.impossible == "serverless has no GPU, and this stack needs one"
    assert {option.mode for option in compared.options} == {"realtime", "async", "scale-to-zero"}
    assert "realtime on ml.g6.xlarge" in usd(compared)  # as much GPU memory for less


def test_requests_that_take_longer_than_a_minute_have_no_serverless_option() -> None:
    compared = compare(plan(), Load(seconds_per_request=90))

    assert compared.impossible == "serverless answers within 60 seconds, and a request takes 90"


def test_several_variants_have_no_scale_to_zero() -> None:
    compared = compare(plan(fleets=(fleet(), fleet(variant="b"))), OFFICE)

    assert "scale-to-zero" not in {option.mode for option in compared.options}


def test_a_type_without_a_price_is_an_option_without_one() -> None:
    unknown = fleet("ml.p5e.48xlarge", capacity=fixed(1))

    compared = compare(plan(fleets=(unknown,), needs_gpu=True), OFFICE)

    assert usd(compared)["realtime on ml.p5e.48xlarge"] is None
    assert compared.options[-1].usd is None


def test_where_no_price_is_known_that_is_said() -> None:
    compared = compare(plan(region="us-gov-west-1"), OFFICE)

    assert compared.told == "No price is known for any way to host this stack."
