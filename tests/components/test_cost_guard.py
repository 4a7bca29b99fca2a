"""The budget and the alarm that watch the costs of a stack."""

from typing import Any

import pytest

from catalog.metrics import published_dimensions
from components import CostGuard, CostGuardArgs, CostGuardArgsError
from rehearsal.program import ProgramRun
from tests.harness import deploy, inputs_of

TOPIC = "arn:aws:sns:us-east-1:123456789012:costs"
TAGS = {"Project": "genai", "Stack": "test"}
WITH_BUDGET: dict[str, Any] = {"max_monthly_usd": 200, "cost_tags": TAGS}


def guard(*, preview: bool = False, **said: Any) -> ProgramRun:
    args: CostGuardArgs = {"endpoint_name": "genai-test", "tags": TAGS, **said}  # pyright: ignore[reportAssignmentType]  # said names its own keys
    return deploy(lambda: CostGuard("g", args), preview=preview)


def budget(**said: Any) -> dict[str, Any]:
    return inputs_of(
        guard(preview=False, **{**WITH_BUDGET, **said}).only("aws:budgets/budget:Budget")
    )


def alarm(**said: Any) -> dict[str, Any]:
    run = guard(preview=False, **{"idle_hours": 4, **said})
    return inputs_of(run.only("aws:cloudwatch/metricAlarm:MetricAlarm"))


def test_without_a_limit_and_hours_there_is_nothing_to_pay_for() -> None:
    run = guard()

    assert [r.type for r in run.registrations if r.custom] == []
    assert run.outputs_of["genai:index:CostGuard::g"] == {"budget_name": "", "idle_alarm_name": ""}


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


@pytest.mark.parametrize(
    ("mode", "metric", "statistic", "dimensions"),
    [
        ("realtime", "Invocations", "Sum", {"EndpointName": "genai-test", "VariantName": "AllTraffic"}),
        ("async", "TotalProcessingTime", "SampleCount", {"EndpointName": "genai-test", "VariantName": "AllTraffic"}),
        ("scale-to-zero", "Invocations", "Sum", {"InferenceComponentName": "genai-test-component"}),
    ],
)  # fmt: skip
def test_an_endpoint_is_idle_by_the_metric_of_its_mode(
    mode: str, metric: str, statistic: str, dimensions: dict[str, str]
) -> None:
    made = alarm(mode=mode, inference_component_name="genai-test-component")

    assert (made["namespace"], made["metricName"]) == ("AWS/SageMaker", metric)
    assert (made["statistic"], made["dimensions"]) == (statistic, dimensions)
    assert tuple(sorted(dimensions)) in published_dimensions("AWS/SageMaker", metric)


def test_it_goes_off_when_nobody_asks_for_whole_hours() -> None:
    made = alarm(idle_hours=168, topic_arn=TOPIC)

    assert (made["evaluationPeriods"], made["period"]) == (168, 3600)
    assert (made["comparisonOperator"], made["threshold"]) == ("LessThanThreshold", 1)
    # SageMaker publishes nothing while nobody asks.
    assert made["treatMissingData"] == "breaching"
    assert made["alarmActions"] == [TOPIC]


def test_all_variants_have_to_be_idle() -> None:
    queries = alarm(variants=["candidate"])["metricQueries"]

    assert queries[0] == {
        "id": "requests",
        "expression": "SUM(METRICS())",
        "label": "Requests",
        "returnData": True,
    }
    assert [q["metric"]["dimensions"]["VariantName"] for q in queries[1:]] == [
        "AllTraffic",
        "candidate",
    ]


def test_a_preview_shows_the_same_resources() -> None:
    shown = guard(preview=True, max_monthly_usd=200, cost_tags=TAGS, idle_hours=4)
    made = guard(max_monthly_usd=200, cost_tags=TAGS, idle_hours=4)

    assert [(r.type, r.name) for r in shown.registrations] == [
        (r.type, r.name) for r in made.registrations
    ]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"max_monthly_usd": 0, "cost_tags": TAGS}, "g: max_monthly_usd must be above 0, got 0"),
        (
            {"max_monthly_usd": 200},
            "g: max_monthly_usd needs cost_tags: a budget without them would count the whole account",
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
        ({"idle_hours": 169}, "g: idle_hours must be 1 to 168, got 169"),
        (
            {"idle_hours": 4, "mode": "serverless"},
            "g: idle_hours is for endpoints with instances, got mode serverless",
        ),
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
        guard(max_monthly_usd=-1, idle_hours=0)

    assert len(str(refused.value).splitlines()) == 3
