"""What a stack costs, worked out by hand to the cent."""

import ast
import dataclasses
import inspect
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.prices import priced_instance_types
from costs import Estimate, Line, Load, Plan, estimate
from costs.lines import amount, instances, money
from costs.other_lines import METRICS, METRICS_OF_EVERY_REQUEST
from costs.plan import Capacity, Keeping, Watching
from handlers import metrics
from tests.costs.plans import between, fixed, fleet, plan, scheduled, serverless

NOBODY = Load(requests_per_day=0)
MANY = Load(requests_per_day=100_000, tokens_per_request=1000, seconds_per_request=3)


def line(bill: Estimate, item: str) -> Line:
    (found,) = [each for each in bill.lines if each.item == item]
    return found


def cents(line: Line) -> tuple[float, float]:
    assert line.least_usd is not None
    assert line.greatest_usd is not None
    return round(line.least_usd, 2), round(line.greatest_usd, 2)


@pytest.mark.parametrize(
    ("instance_type", "least", "greatest", "usd"),
    [
        ("ml.m5.large", 1, 1, (83.95, 83.95)),  # 0.115 x 730
        ("ml.g6e.xlarge", 2, 4, (3803.88, 7607.77)),  # 2.6054 x 730 x 2 and x 4
        ("ml.g5.xlarge", 0, 3, (0.00, 3083.52)),  # 1.408 x 730 x 3
    ],
)
def test_instances_are_billed_by_the_hour(
    instance_type: str, least: int, greatest: int, usd: tuple[float, float]
) -> None:
    capacity = Capacity(usual=between(least, greatest))

    bill = estimate(plan(fleets=(fleet(instance_type, capacity=capacity),)), NOBODY)

    assert cents(bill.lines[0]) == usd


def test_every_variant_has_a_line() -> None:
    bill = estimate(
        plan(fleets=(fleet(), fleet("ml.g5.xlarge", variant="Shadow", capacity=fixed(2)))), NOBODY
    )

    assert cents(line(bill, "ml.m5.large (AllTraffic)")) == (83.95, 83.95)
    assert cents(line(bill, "ml.g5.xlarge (Shadow)")) == (2055.68, 2055.68)


def test_a_schedule_that_turns_instances_off_at_night_is_counted_by_the_hour() -> None:
    # Up from Monday to Friday, 12 hours each: 60 of 168 hours, and 730 a month of which are 260.71.
    nights = (
        scheduled("cron(0 7 ? * MON-FRI *)", 1, 2),
        scheduled("cron(0 19 ? * MON-FRI *)", 0, 0),
    )
    capacity = Capacity(usual=between(1, 2), schedules=nights)

    bill = estimate(plan(mode="async", fleets=(fleet(capacity=capacity),)), NOBODY)

    assert cents(bill.lines[0]) == (29.98, 59.96)
    assert bill.lines[0].formula == "0.3571 to 0.7143 instances on average x 730 hours"


@pytest.mark.parametrize(
    "once_or_strange",
    [
        "at(2028-01-01T00:00:00)",
        "cron(0 7 ? * MON 2027)",
        "rate(10 minutes)",
        "cron(0 0 15W * ? *)",
    ],
)
def test_a_schedule_that_cannot_be_counted_widens_the_range(once_or_strange: str) -> None:
    capacity = fixed(2, scheduled(once_or_strange, 1, 5))

    bill = estimate(plan(fleets=(fleet(capacity=capacity),)), NOBODY)

    assert cents(bill.lines[0]) == (83.95, 419.75)


def test_volumes_are_billed_where_size_and_price_are_known() -> None:
    with_disk = fleet(volume_gb=50, has_own_disk=False, capacity=fixed(2))

    known = line(
        estimate(plan(region="eu-west-1", fleets=(with_disk,)), NOBODY), "volumes (AllTraffic)"
    )
    unknown = line(estimate(plan(fleets=(with_disk,)), NOBODY), "volumes (AllTraffic)")

    assert cents(known) == (15.40, 15.40)  # 0.154 x 50 x 2
    assert unknown.unknown == "the price of a GB-month of a volume in us-east-1"
    assert unknown.greatest_usd is None


def test_a_volume_whose_size_sagemaker_chooses_is_not_known() -> None:
    bill = estimate(plan(fleets=(fleet(has_own_disk=False),)), NOBODY)

    (unknown,) = bill.unknown
    assert unknown.unknown == (
        "the size of a volume, which SageMaker chooses unless endpoint.volumeGb says it"
    )
    assert bill.told == "at least 83.95 USD a month"


def test_serverless_is_billed_by_the_second_of_its_requests() -> None:
    load = Load(requests_per_day=1000, seconds_per_request=2)

    bill = estimate(serverless(4096), load)

    # 30,416.67 requests x 2 s x 0.00008
    assert cents(line(bill, "requests with 4096 MB")) == (4.87, 4.87)


def test_what_is_kept_warm_is_billed_all_the_month() -> None:
    bill = estimate(serverless(2048, Capacity(usual=between(1, 3))), NOBODY)

    # 0.00001 x 2,628,000 s
    assert cents(line(bill, "provisioned concurrency with 2048 MB")) == (26.28, 78.84)
    assert cents(line(bill, "requests with 2048 MB (kept warm)")) == (0.00, 0.00)


def test_without_an_endpoint_nothing_of_it_is_billed() -> None:
    bill = estimate(plan(is_enabled=False, has_inputs=True, vpc_interfaces=6), NOBODY)

    assert {each.part for each in bill.lines} == {"function", "storage"}
    assert bill.told == "0.00 USD a month"


@pytest.mark.parametrize(
    ("said", "load", "item", "usd"),
    [
        # 3,041,666.67 requests x 0.0000002
        ({}, MANY, "invocations", (0.61, 0.61)),
        # x 3 s x 0.5 GB x 0.0000133334
        ({}, MANY, "waiting for the endpoint", (60.83, 60.83)),
        # an asynchronous request is handed over in half a second
        ({"mode": "async"}, MANY, "waiting for the endpoint", (10.14, 10.14)),
        ({"has_http_api": True}, MANY, "HTTP API", (0.00, 3.04)),
        # 5 pollers x 2,628,000 s / 20 s x 0.0000004
        ({"has_inputs": True}, NOBODY, "queue of the inputs, idle", (0.26, 0.26)),
        ({"mode": "async", "notifies": True}, MANY, "notifications", (1.52, 1.52)),
        # a record each, and a claim for those with a client token
        ({}, MANY, "objects written", (15.21, 30.42)),
        ({"mode": "async"}, MANY, "objects written", (45.63, 60.83)),
        # 100,000 a day x 30 days x (4,000 + 500) bytes x 0.023
        ({}, MANY, "records, results and captured data", (0.31, 0.31)),
        # 6.08 GB x 0.50
        ({}, MANY, "logs taken in", (3.04, 3.04)),
        ({"watching": Watching(alarm_metrics=3)}, NOBODY, "alarms", (0.30, 0.30)),
        ({"watching": Watching(fast_alarm_metrics=2)}, NOBODY, "alarms every ten seconds", (0.60, 0.60)),
        ({"watching": Watching(dashboards=1)}, NOBODY, "dashboards", (3.00, 3.00)),
        ({"watching": Watching(has_custom_metrics=True)}, MANY, "metrics of the function", (3.60, 10.80)),
        # 6 services in 2 zones x 730 h x 0.01
        ({"vpc_interfaces": 12}, NOBODY, "VPC endpoints", (87.60, 87.60)),
        # 12.17 GB x 0.016
        ({}, MANY, "prompts and answers through the endpoint", (0.19, 0.19)),
    ],
)  # fmt: skip
def test_what_stands_around_an_endpoint_is_billed(
    said: dict[str, Any], load: Load, item: str, usd: tuple[float, float]
) -> None:
    assert cents(line(estimate(plan(**said), load), item)) == usd


@pytest.mark.parametrize(
    ("keeping", "stored"),
    [
        (Keeping(records="full"), 0.0135),
        (Keeping(records="metadata"), 0.0015),
        (Keeping(records="off"), 0.0),
        (Keeping(records="full", capture_percent=100), 0.0255),
        (Keeping(records="full", record_days=60), 0.027),
    ],
)
def test_what_is_kept_takes_room_for_as_long_as_it_is_kept(keeping: Keeping, stored: float) -> None:
    load = Load(requests_per_day=100, tokens_per_request=1000)

    bill = estimate(plan(keeping=keeping), load)

    assert line(bill, "records, results and captured data").greatest == pytest.approx(stored)


def test_a_function_without_requests_publishes_no_metrics() -> None:
    bill = estimate(plan(watching=Watching(has_custom_metrics=True)), NOBODY)

    assert [each for each in bill.lines if each.part == "watching"] == []


def test_the_function_publishes_as_many_metrics_as_are_counted() -> None:
    published = ast.walk(ast.parse(inspect.getsource(metrics.metrics_of)))
    yields = [node.value for node in published if isinstance(node, ast.Yield)]

    names = {ast.unparse(each).partition(",")[0] for each in yields if each is not None}

    assert len(names) == METRICS
    assert len(names) - 3 == METRICS_OF_EVERY_REQUEST  # tokens, and the first text of a stream


def test_a_price_that_is_not_known_is_named_and_in_no_sum() -> None:
    bill = estimate(plan(region="eu-central-1", fleets=(fleet("ml.p5e.48xlarge"),)), NOBODY)

    assert bill.unknown[0].unknown == "the price of an hour of ml.p5e.48xlarge in eu-central-1"
    assert bill.unknown[0].greatest_usd is None
    assert bill.greatest_usd == 0
    assert bill.told.startswith("at least ")


def test_the_dearest_line_comes_first() -> None:
    bill = estimate(plan(watching=Watching(dashboards=1)), NOBODY)

    assert [each.item for each in bill.dearest[:2]] == ["ml.m5.large (AllTraffic)", "dashboards"]


@pytest.mark.parametrize(
    ("least", "greatest", "told"),
    [
        (83.95, 83.95, "83.95 USD"),
        (3803.884, 7607.768, "3,803.88 to 7,607.77 USD"),
        (0.0004, 0.26, "0.0004 to 0.26 USD"),
        (0, 0, "0.00 USD"),
    ],
)
def test_money_is_told_in_cents(least: float, greatest: float, told: str) -> None:
    assert money(least, greatest) == told


def test_small_amounts_have_four_digits_and_one_instance_no_plural() -> None:
    assert amount(0.00058) == "0.0006"
    assert (instances(1, 1), instances(1, 2)) == ("1 instance", "1 to 2 instances")


# Properties

TYPES = st.sampled_from(priced_instance_types("us-east-1"))
COUNTS = st.integers(0, 50)
LOADS = st.builds(
    Load,
    requests_per_day=st.floats(0, 1e6),
    tokens_per_request=st.floats(0, 1e4),
    seconds_per_request=st.floats(0.01, 600),
    hours_per_day=st.floats(0.5, 24),
)
MODES: st.SearchStrategy[Literal["realtime", "async", "scale-to-zero"]] = st.sampled_from(
    ("realtime", "async", "scale-to-zero")
)


@st.composite
def capacities(draw: st.DrawFn) -> Capacity:
    low, high = sorted((draw(COUNTS), draw(COUNTS)))
    hours = draw(st.lists(st.integers(0, 23), max_size=3, unique=True))
    schedules: list[Any] = []
    for hour in hours:
        least, greatest = sorted((draw(st.integers(0, low)), draw(st.integers(0, high))))
        schedules.append(
            scheduled(f"cron(0 {hour} ? * MON-FRI *)", min(least, low), min(greatest, high))
        )
    return Capacity(usual=between(low, high), schedules=tuple(schedules))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    return plan(
        mode=draw(MODES),
        fleets=(fleet(draw(TYPES), capacity=draw(capacities())),),
        has_inputs=draw(st.booleans()),
        has_http_api=draw(st.booleans()),
        watching=Watching(alarm_metrics=draw(st.integers(0, 30))),
        vpc_interfaces=draw(st.integers(0, 12)),
    )


@given(plans(), LOADS)
def test_the_most_is_never_less_than_the_least(planned: Plan, load: Load) -> None:
    bill = estimate(planned, load)

    assert bill.greatest_usd >= bill.least_usd >= 0
    for each in bill.lines:
        if each.is_known:
            assert (each.greatest_usd or 0) >= (each.least_usd or 0) >= 0


@given(plans(), LOADS, st.integers(1, 10))
def test_more_instances_never_cost_less(planned: Plan, load: Load, more: int) -> None:
    usual = planned.fleets[0].capacity.usual
    wider = dataclasses.replace(
        planned.fleets[0],
        capacity=Capacity(usual=between(usual.least + more, usual.greatest + more)),
    )
    without = dataclasses.replace(planned.fleets[0], capacity=Capacity(usual=usual))

    dearer = estimate(dataclasses.replace(planned, fleets=(wider,)), load)
    cheaper = estimate(dataclasses.replace(planned, fleets=(without,)), load)

    assert dearer.greatest_usd > cheaper.greatest_usd
    assert dearer.least_usd > cheaper.least_usd


@given(plans(), LOADS)
def test_a_schedule_that_only_takes_away_never_costs_more(planned: Plan, load: Load) -> None:
    capacity = Capacity(usual=planned.fleets[0].capacity.usual)
    always = dataclasses.replace(planned.fleets[0], capacity=capacity)

    scheduled_bill = estimate(planned, load)
    plain_bill = estimate(dataclasses.replace(planned, fleets=(always,)), load)

    assert scheduled_bill.least_usd <= plain_bill.least_usd * (1 + 1e-9)
    assert scheduled_bill.greatest_usd <= plain_bill.greatest_usd * (1 + 1e-9)


@given(plans(), LOADS, st.sampled_from(["eu-west-1", "eu-central-1", "af-south-1"]))
def test_what_is_not_known_counts_as_nothing_and_is_always_told(
    planned: Plan, load: Load, region: str
) -> None:
    bill = estimate(dataclasses.replace(planned, region=region), load)

    assert bill.unknown
    assert all(each.unknown and each.greatest_usd is None for each in bill.unknown)
    assert all(not each.unknown for each in bill.lines if each.is_known)
    assert bill.told.startswith("at least ")


@given(plans(), LOADS, st.floats(1, 10))
def test_more_requests_never_cost_less(planned: Plan, load: Load, factor: float) -> None:
    more = dataclasses.replace(load, requests_per_day=load.requests_per_day * factor)

    assert estimate(planned, more).greatest_usd >= estimate(planned, load).greatest_usd
