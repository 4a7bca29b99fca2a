"""What stands around the endpoint: function and queue, what is kept, what is watched, and the network."""

from collections.abc import Iterator

from catalog.prices import Rate, rate
from costs.lines import Line, Part
from costs.load import BYTES_PER_GB, DAYS_PER_MONTH, HOURS_PER_MONTH, SECONDS_PER_MONTH, Load
from costs.plan import Plan

_MIB_PER_GIB = 1024  # Lambda's "GB" is one of these: docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html

# "Lambda begins by reading up to five batches concurrently", each by long polling of up to 20 seconds:
# docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
_POLLERS = 5
_POLL_SECONDS = 20

# Ours: the function hands an asynchronous request to S3 and SageMaker, and does not wait for its answer.
_HAND_OVER_SECONDS = 0.5
# Ours, measured in a rehearsal of the dev stack (2026-11-25): the function logs 1,150 bytes of an answered request, and
# a record says 470 besides prompt and answer. What Lambda itself logs is guessed to be as much again.
_LOG_BYTES = 2_000
_RECORD_BYTES = 500
# The metrics of handlers/metrics.py: those of every request, and all of them; each once for the endpoint and once for
# every status that was answered.
METRICS_OF_EVERY_REQUEST = 6
METRICS = 9
_STATUSES = 3


def other_lines(plan: Plan, load: Load) -> Iterator[Line]:
    """Everything that is not SageMaker's."""
    yield from _function(plan, load)
    yield from _storage(plan, load)
    yield from _watching(plan, load)
    if plan.vpc_interfaces and plan.is_enabled:
        hours = plan.vpc_interfaces * HOURS_PER_MONTH
        formula = f"{plan.vpc_interfaces} interfaces x {HOURS_PER_MONTH} hours"
        yield _line(plan, "network", "VPC endpoints", "vpc-endpoint-hour", hours, formula=formula)


def _function(plan: Plan, load: Load) -> Iterator[Line]:
    requests = load.requests_per_month
    asked = f"{requests:,.0f} requests"
    yield _line(plan, "function", "invocations", "function-request", requests, formula=asked)
    seconds = _HAND_OVER_SECONDS if plan.mode == "async" else load.seconds_per_request
    gib = plan.function_memory_mib / _MIB_PER_GIB
    yield _line(
        plan,
        "function",
        "waiting for the endpoint",
        "function-gb-second",
        requests * seconds * gib,
        formula=f"{asked} x {seconds:g} s x {gib:g} GB",
    )
    if plan.has_http_api:
        yield _line(
            plan,
            "function",
            "HTTP API",
            "http-api-request",
            0,
            requests,
            formula=f"none to all of {asked}",
        )
    if plan.has_inputs and plan.is_enabled:
        polls = _POLLERS * SECONDS_PER_MONTH / _POLL_SECONDS
        formula = (
            f"{_POLLERS} pollers x {HOURS_PER_MONTH} hours, one request each {_POLL_SECONDS} s"
        )
        yield _line(
            plan, "function", "queue of the inputs, idle", "queue-request", polls, formula=formula
        )
    if plan.notifies and plan.is_enabled:
        yield _line(plan, "function", "notifications", "topic-publish", requests, formula=asked)


def _storage(plan: Plan, load: Load) -> Iterator[Line]:
    keeping = plan.keeping
    # Asynchronous prompts and answers lie in S3 as well, for as long as records do.
    handed_over = 2 if plan.mode == "async" and plan.is_enabled else 0
    kept = int(keeping.records != "off") + handed_over
    yield _line(
        plan,
        "storage",
        "objects written",
        "object-put",
        load.requests_per_month * kept,
        load.requests_per_month * (kept + int(keeping.has_claims)),
        formula=f"{load.requests_per_month:,.0f} requests x {kept} to {kept + int(keeping.has_claims)} objects",
    )
    texts = int(keeping.records == "full") + int(bool(handed_over)) + keeping.capture_percent / 100
    told = _RECORD_BYTES if keeping.records != "off" else 0
    bytes_kept = texts * load.bytes_per_request + told
    gigabytes = load.requests_per_day * keeping.record_days * bytes_kept / BYTES_PER_GB
    yield _line(
        plan,
        "storage",
        "records, results and captured data",
        "object-storage",
        gigabytes,
        formula=f"{load.requests_per_day:,.0f} requests a day x {keeping.record_days} days x {bytes_kept:,.0f} bytes",
    )
    logged = load.requests_per_month * _LOG_BYTES / BYTES_PER_GB
    yield _line(
        plan,
        "storage",
        "logs taken in",
        "log-gb",
        logged,
        formula=f"{load.requests_per_month:,.0f} requests x {_LOG_BYTES:,} bytes",
    )
    months = keeping.log_days / DAYS_PER_MONTH
    formula = f"{logged:,.4g} GB a month x {keeping.log_days} days"
    yield _line(plan, "storage", "logs kept", "log-storage", logged * months, formula=formula)


def _watching(plan: Plan, load: Load) -> Iterator[Line]:
    watching = plan.watching
    counted: tuple[tuple[str, Rate, int], ...] = (
        ("alarms", "alarm-metric", watching.alarm_metrics),
        ("alarms every ten seconds", "alarm-metric-high-resolution", watching.fast_alarm_metrics),
        ("alarms over others", "alarm-composite", watching.composite_alarms),
        ("dashboards", "dashboard", watching.dashboards),
    )
    for what, item, count in counted:
        if count:
            yield _line(plan, "watching", what, item, count, formula=f"{count} all the month")
    if watching.has_custom_metrics and load.requests_per_day:
        least, greatest = METRICS_OF_EVERY_REQUEST * 2, METRICS * (1 + _STATUSES)
        yield _line(
            plan,
            "watching",
            "metrics of the function",
            "custom-metric",
            least,
            greatest,
            formula=f"{METRICS_OF_EVERY_REQUEST} metrics in 2 dimensions to {METRICS} in {1 + _STATUSES}",
        )


def _line(
    plan: Plan,
    part: Part,
    item: str,
    what: Rate,
    least: float,
    greatest: float | None = None,
    *,
    formula: str,
) -> Line:
    price = rate(what, plan.region)
    return Line(
        part=part,
        item=item,
        unit=what.replace("-", " ") if price is None else price.unit,
        price=price,
        least=least,
        greatest=least if greatest is None else greatest,
        formula=formula,
        unknown="" if price else f"the price of {item} in {plan.region}",
    )
