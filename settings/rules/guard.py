"""What a stack may cost, who is told, and when it may run. Rules GA901 to GA907."""

import math
from collections.abc import Iterator

from catalog.errors import CatalogError
from costs import Estimate, Plan, compare
from costs.lines import amount
from costs.load import HOURS_PER_MONTH
from settings.arns import arn_region
from settings.billed import estimate_of, plan_of
from settings.draft import Draft
from settings.problems import Finding
from settings.rules.figures import capacity_bounds, is_never_scaled
from settings.rules.rule import rule
from settings.wording import quote

_LIMIT = "guard.maxMonthlyUsd"
_WORK_HOURS = "guard.workHours"
_DEAREST = 3


@rule(901)
def stack_costs_no_more_than_it_may(draft: Draft) -> Iterator[Finding]:
    """What the settings allow to run is what can be billed: the most counts, not what is expected."""
    limit, planned = draft.value(_LIMIT, float), _planned(draft)
    if limit is None or planned is None:
        return
    plan, bill = planned
    if bill.greatest_usd <= limit:
        return
    dearest = ", ".join(
        f"{line.item} {amount(line.greatest_usd or 0)}" for line in bill.dearest[:_DEAREST]
    )
    at_least = "at least " if bill.unknown else ""
    yield Finding(
        draft.key(_LIMIT),
        f"is {amount(limit)}, and the settings allow {at_least}{amount(bill.greatest_usd)} USD a month; most of it: {dearest}",
        ", or ".join([*_remedies(draft, plan, bill, limit), f"raise it to {_rounded_up(bill)}"]),
    )


@rule(902)
def limit_is_held_against_known_prices(draft: Draft) -> Iterator[Finding]:
    """A limit that cannot be held is worse than none: nobody would look any more."""
    planned = _planned(draft)
    if not draft.is_said(_LIMIT) or planned is None:
        return
    _, bill = planned
    for line in bill.unknown:
        if line.part == "endpoint" and line.unit in {"instance-hour", "second"}:
            yield Finding(
                draft.key(_LIMIT),
                f"cannot be held: {line.unknown} is not known",
                "read the prices anew with genai cost --refresh, choose another type or Region, or remove it",
            )
            return


@rule(903)
def work_hours_end_where_nothing_may_run(draft: Draft) -> Iterator[Finding]:
    """Scaling takes away the last instance only where a queue or an inference component waits for it.

    A realtime endpoint keeps one: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
    """
    if _has_work_hours(draft) and draft.mode in {"realtime", "serverless"}:
        why = (
            "keeps at least one instance"
            if draft.mode == "realtime"
            else "costs nothing while nobody asks"
        )
        fix = (
            "choose the mode async or scale-to-zero, or take the endpoint away with endpoint.enabled: false"
            if draft.mode == "realtime"
            else "remove it"
        )
        yield Finding(draft.key(_WORK_HOURS), f"is said, and the mode {draft.mode} {why}", fix)


@rule(904)
def work_hours_have_scaling(draft: Draft) -> Iterator[Finding]:
    """Work hours are scheduled actions of scaling, which an endpoint of fixed size has none of."""
    if _has_work_hours(draft) and draft.mode == "async" and is_never_scaled(draft):
        yield Finding(
            draft.key(_WORK_HOURS),
            "does nothing while endpoint.instances.max is missing: the capacity stays as it is",
            "add endpoint.instances.max, or remove it",
        )


@rule(905)
def work_hours_are_in_order(draft: Draft) -> Iterator[Finding]:
    """A day that ends before it begins would leave the endpoint running over a weekend."""
    begin, end = (draft.value(f"{_WORK_HOURS}.{name}", str) for name in ("from", "to"))
    if begin is not None and end is not None and begin >= end:
        yield Finding(
            draft.key(f"{_WORK_HOURS}.to"),
            f"is {quote(end)}, and the day begins at {quote(begin)}",
            "write a later time of the same day",
        )


@rule(906)
def whoever_is_told_is_told_of_something(draft: Draft) -> Iterator[Finding]:
    """Without a limit there is no budget to tell of."""
    if draft.is_said(_LIMIT):
        return
    told = {
        "guard.emails": draft.value("guard.emails", list),
        "guard.topicArn": draft.value("guard.topicArn", str),
    }
    for dotted, who in told.items():
        if who:
            message = "does nothing while maxMonthlyUsd is missing: there is no budget"
            yield Finding(draft.key(dotted), message, "add maxMonthlyUsd, or remove it")


@rule(907)
def topic_lies_in_the_stacks_region(draft: Draft) -> Iterator[Finding]:
    """An alarm publishes to a topic of its own Region alone.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/US_SetupSNS.html
    """
    arn = draft.value("guard.topicArn", str)
    if arn is None or draft.region is None or arn_region(arn) == draft.region:
        return
    yield Finding(
        draft.key("guard.topicArn"),
        f"lies in {arn_region(arn)}, and the stack in {draft.region}",
        f"name a topic of {draft.region}",
    )


def _has_work_hours(draft: Draft) -> bool:
    return draft.is_said(_WORK_HOURS) and not draft.is_wrong(_WORK_HOURS)


def _planned(draft: Draft) -> tuple[Plan, Estimate] | None:
    """The plan and the bill; None while something is wrong, or the catalog does not know the stack's hardware."""
    settings = draft.whole if draft.is_said(_LIMIT) else None
    if settings is None or (settings.endpoint.mode != "serverless" and settings.instance is None):
        return None
    try:
        return plan_of(settings), estimate_of(settings)
    except CatalogError:  # another rule tells it
        return None


def _remedies(draft: Draft, plan: Plan, bill: Estimate, limit: float) -> Iterator[str]:
    """What would bring the bill under the limit, as far as the instances do."""
    if not plan.is_enabled or not plan.fleets:
        return
    # The lines of the endpoint begin with the main variant's instances.
    instances, bounds = bill.lines[0], capacity_bounds(draft)
    if instances.price is None:
        return
    left = limit - (bill.greatest_usd - (instances.greatest_usd or 0))
    affordable = math.floor(left / (instances.price.usd * HOURS_PER_MONTH))
    if bounds and draft.mode in {"realtime", "async"} and affordable >= max(1, bounds.least):
        yield f"write endpoint.instances.max: {affordable}"
    for option in compare(plan, bill.load).options:
        if option.usd is not None and option.usd <= left and not option.is_current:
            yield f"host it as {option.told} (about {amount(option.usd)} USD a month)"
            return


def _rounded_up(bill: Estimate) -> int:
    return math.ceil(bill.greatest_usd)
