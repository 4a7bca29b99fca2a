"""The budget that watches the costs of a stack."""

from typing import Any

import pytest

from components import CostGuard, CostGuardArgs, CostGuardArgsError
from rehearsal.program import ProgramRun
from tests.harness import deploy, inputs_of

TOPIC = "arn:aws:sns:us-east-1:123456789012:costs"
TAGS = {"Project": "genai", "Stack": "test"}


def guard(*, preview: bool = False, **said: Any) -> ProgramRun:
    args: CostGuardArgs = {"max_monthly_usd": 200, "cost_tags": TAGS, "tags": TAGS, **said}  # pyright: ignore[reportAssignmentType]  # said names its own keys
    return deploy(lambda: CostGuard("g", args), preview=preview)


def budget(**said: Any) -> dict[str, Any]:
    return inputs_of(guard(preview=False, **said).only("aws:budgets/budget:Budget"))


def test_a_budget_watches_a_month_of_what_carries_all_the_tags() -> None:
    made = budget()

    assert (made["budgetType"], made["timeUnit"]) == ("COST", "MONTHLY")
    assert (made["limitAmount"], made["limitUnit"]) == ("200.00", "USD")
    assert made["metrics"] == "UnblendedCost"
    assert made["filterExpression"] == {
        "ands": [
            {"tags": {"key": "Project", "values": ["genai"]}},
            {"tags": {"key": "Stack", "values": ["test"]}},
        ]
    }


def test_one_tag_needs_no_and() -> None:
    assert budget(cost_tags={"Stack": "dev"})["filterExpression"] == {
        "tags": {"key": "Stack", "values": ["dev"]}
    }


def test_who_is_told_is_told_of_real_and_of_expected_costs() -> None:
    told = budget(emails=["a@example.com"], topic_arn=TOPIC)["notifications"]

    assert [(n["notificationType"], n["threshold"], n["thresholdType"]) for n in told] == [
        ("ACTUAL", 80, "PERCENTAGE"),
        ("ACTUAL", 100, "PERCENTAGE"),
        ("FORECASTED", 100, "PERCENTAGE"),
    ]
    assert {n["comparisonOperator"] for n in told} == {"GREATER_THAN"}
    assert told[0]["subscriberEmailAddresses"] == ["a@example.com"]
    assert told[0]["subscriberSnsTopicArns"] == [TOPIC]


def test_shares_of_ones_own_are_taken() -> None:
    told = budget(emails=["a@example.com"], alert_percents=[50], forecast_percents=[])

    assert [n["threshold"] for n in told["notifications"]] == [50]


def test_without_anybody_to_tell_there_are_no_alerts() -> None:
    assert budget()["notifications"] == []


def test_a_preview_shows_the_same_resources() -> None:
    shown, made = guard(preview=True), guard()

    assert [(r.type, r.name) for r in shown.registrations] == [
        (r.type, r.name) for r in made.registrations
    ]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"max_monthly_usd": 0}, "g: max_monthly_usd must be above 0, got 0"),
        (
            {"cost_tags": {}},
            "g: cost_tags must not be empty: a budget without them would count the whole account",
        ),
        (
            {"alert_percents": [1] * 10},
            "g: alert_percents and forecast_percents must be at most 10 together, got 11",
        ),
        (
            {"alert_percents": [0]},
            "g: alert_percents and forecast_percents must be above 0, got 0",
        ),
        ({"emails": ["a@b.de"] * 11}, "g: emails must be at most 10, got 11"),
    ],
)
def test_arguments_that_contradict_each_other_are_refused(
    said: dict[str, Any], message: str
) -> None:
    with pytest.raises(CostGuardArgsError) as refused:
        guard(preview=False, **said)

    assert str(refused.value) == message


def test_every_contradiction_is_told_at_once() -> None:
    with pytest.raises(CostGuardArgsError) as refused:
        guard(max_monthly_usd=-1, cost_tags={}, emails=["a@b.de"] * 11)

    assert len(str(refused.value).splitlines()) == 3
