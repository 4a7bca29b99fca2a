"""The endpoint: instances and their volumes, or seconds of requests, and the data that passes."""

from collections.abc import Iterator

from catalog.prices import Price, instance_hour, provisioned_second, rate, serverless_second
from costs.hours import average_bounds
from costs.lines import Line, instances, span
from costs.load import HOURS_PER_MONTH, SECONDS_PER_MONTH, Load
from costs.plan import Capacity, Fleet, Plan, Serverless


def endpoint_lines(plan: Plan, load: Load) -> Iterator[Line]:
    """What SageMaker bills; nothing while there is no endpoint."""
    if not plan.is_enabled:
        return
    for fleet in plan.fleets:
        yield _instances(plan, fleet)
        if not fleet.has_own_disk:
            yield _volumes(plan, fleet)
    if plan.serverless:
        yield from _serverless(plan, plan.serverless, load)
    yield Line(
        part="endpoint",
        item="prompts and answers through the endpoint",
        unit="GB",
        price=rate("hosting-data", plan.region),
        least=load.gb_per_month,
        greatest=load.gb_per_month,
        formula=f"{load.requests_per_month:,.0f} requests x {load.bytes_per_request:,.0f} bytes",
        unknown=_unless(rate("hosting-data", plan.region), "a GB", plan.region),
    )


def _instances(plan: Plan, fleet: Fleet) -> Line:
    bounds = average_bounds(fleet.capacity)
    price = instance_hour(fleet.instance_type, plan.region)
    on_average = " on average" if fleet.capacity.schedules else ""
    return Line(
        part="endpoint",
        item=f"{fleet.instance_type} ({fleet.variant})",
        unit="instance-hour",
        price=price,
        least=bounds.least * HOURS_PER_MONTH,
        greatest=bounds.greatest * HOURS_PER_MONTH,
        formula=f"{instances(bounds.least, bounds.greatest)}{on_average} x {HOURS_PER_MONTH} hours",
        unknown=_unless(price, f"an hour of {fleet.instance_type}", plan.region),
    )


def _volumes(plan: Plan, fleet: Fleet) -> Line:
    price, size = rate("hosting-storage", plan.region), fleet.volume_gb
    bounds = average_bounds(fleet.capacity)
    unknown = _unless(price, "a GB-month of a volume", plan.region)
    if size is None:
        unknown = "the size of a volume, which SageMaker chooses unless endpoint.volumeGb says it"
    return Line(
        part="endpoint",
        item=f"volumes ({fleet.variant})",
        unit="GB-month",
        price=price,
        least=None if size is None else size * bounds.least,
        greatest=None if size is None else size * bounds.greatest,
        formula=f"{instances(bounds.least, bounds.greatest)} x {size or '?'} GB",
        unknown=unknown,
    )


def _serverless(plan: Plan, serverless: Serverless, load: Load) -> Iterator[Line]:
    memory = serverless.memory_mib
    warm = serverless.provisioned
    price = (
        provisioned_second(memory, plan.region, in_use=True)
        if warm
        else serverless_second(memory, plan.region)
    )
    yield Line(
        part="endpoint",
        item=f"requests with {memory} MB{' (kept warm)' if warm else ''}",
        unit="second",
        price=price,
        least=load.seconds_per_month,
        greatest=load.seconds_per_month,
        formula=f"{load.requests_per_month:,.0f} requests x {load.seconds_per_request:g} s",
        unknown=_unless(price, f"a second with {memory} MB", plan.region),
    )
    if warm:
        yield _kept_warm(plan, memory, warm)


def _kept_warm(plan: Plan, memory_mib: int, warm: Capacity) -> Line:
    bounds = average_bounds(warm)
    price = provisioned_second(memory_mib, plan.region, in_use=False)
    return Line(
        part="endpoint",
        item=f"provisioned concurrency with {memory_mib} MB",
        unit="second",
        price=price,
        least=bounds.least * SECONDS_PER_MONTH,
        greatest=bounds.greatest * SECONDS_PER_MONTH,
        formula=f"{span(bounds.least, bounds.greatest)} kept warm x {HOURS_PER_MONTH} hours",
        unknown=_unless(
            price, f"a second of provisioned concurrency with {memory_mib} MB", plan.region
        ),
    )


def _unless(price: Price | None, of: str, region: str) -> str:
    return "" if price else f"the price of {of} in {region}"
