"""What a stack may cost a month is limited, and what it can cost is within that."""

from collections.abc import Iterator, Mapping
from typing import Any

from policy.findings import Finding
from policy.options import Option
from policy.records import STACK_TYPE, UNKNOWN, Resource, Unknown, of_type

_BUDGET = "aws:budgets/budget:Budget"
_ESTIMATE = "estimated_monthly_usd"
_IN_PART = Unknown("known in part, because of prices that are not (genai cost tells which)")

OPTIONS = {
    "maxMonthlyUsd": Option(
        "number",
        None,
        "the most that a stack may cost a month, in US dollars; what the stack declares itself counts in any case",
        minimum=0,
    ),
}


def costs_are_capped(resources: list[Resource], options: Mapping[str, Any]) -> Iterator[Finding]:
    """The stack has a cap, of its own or of the policy's, and the most of its estimate is no more."""
    own = options["maxMonthlyUsd"]
    declared = {budget.name: (budget, _limit(budget)) for budget in of_type(resources, _BUDGET)}
    stack = next(of_type(resources, STACK_TYPE), None)
    for budget, limit in declared.values():
        if own is not None and (limit is UNKNOWN or limit > own):
            yield Finding(
                budget,
                "limitAmount",
                limit,
                f"at most {own:g} US dollars a month, which the policy allows",
                f"set genai:guard.maxMonthlyUsd to {own:g} or less",
            )
    limits = [limit for _, limit in declared.values() if limit is not UNKNOWN]
    caps = [*limits, *([] if own is None else [own])]
    if stack is None:
        return
    if not declared and own is None:
        yield Finding(
            stack,
            "budget",
            None,
            "a cap of what the stack may cost a month",
            "set genai:guard.maxMonthlyUsd, or the policy's option maxMonthlyUsd",
        )
    if caps:
        yield from _within(stack, min(caps))


def _within(stack: Resource, cap: float) -> Iterator[Finding]:
    expected = f"at most {cap:g} US dollars a month"
    fix = "take smaller or fewer instances (genai cost compares), or have the cap raised"
    # No outputs at all: whoever runs the policies did not tell them.
    greatest: Any = stack.read(f"{_ESTIMATE}.greatest") if stack.properties else UNKNOWN
    if greatest is None:
        fix = f"export {_ESTIMATE} from the program, as __main__.py does"
        yield Finding(stack, f"{_ESTIMATE}.greatest", greatest, expected, fix)
    elif greatest is UNKNOWN or greatest > cap:
        yield Finding(stack, f"{_ESTIMATE}.greatest", greatest, expected, fix)
    elif stack.read(f"{_ESTIMATE}.is_complete") is not True:
        # Part of the bill has no known price: neither within the cap nor above it.
        yield Finding(stack, f"{_ESTIMATE}.greatest", _IN_PART, expected, fix)


def _limit(budget: Resource) -> Any:
    limit = budget.read("limitAmount")
    return limit if limit is UNKNOWN else float(limit)
