"""The dashboard: a body that CloudWatch takes, laid out for reading, with what the mode has to show."""

import itertools
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from components.watching.widgets import COLUMNS
from tests import harness
from tests.components.configurations import INVOKER, REALTIME
from tests.components.watching import DASHBOARD, STACKS, run_of, watch, widgets_of
from tests.harness import inputs_of

OUTPUTS = "genai:index:Observability::w"


def titles(stack: str) -> list[str]:
    return [w["properties"]["title"] for w in widgets_of(run_of(stack)) if w["type"] != "text"]


def headings(stack: str) -> list[str]:
    texts = [w["properties"]["markdown"] for w in widgets_of(run_of(stack)) if w["type"] == "text"]
    return [text.removeprefix("## ") for text in texts if text.startswith("## ")]


def cells(widget: dict[str, Any]) -> set[tuple[int, int]]:
    columns = range(widget["x"], widget["x"] + widget["width"])
    rows = range(widget["y"], widget["y"] + widget["height"])
    return set(itertools.product(columns, rows))


def graph(widgets: list[dict[str, Any]], title: str) -> dict[str, Any]:
    (found,) = [w["properties"] for w in widgets if w["properties"].get("title") == title]
    return found


@pytest.mark.parametrize("stack", STACKS)
def test_widgets_fill_the_grid_without_a_gap_or_an_overlap(stack: str) -> None:
    widgets = widgets_of(run_of(stack))

    covered = [cell for widget in widgets for cell in cells(widget)]
    height = max(widget["y"] + widget["height"] for widget in widgets)
    assert len(covered) == len(set(covered)) == COLUMNS * height


@pytest.mark.parametrize("stack", STACKS)
def test_every_expression_refers_to_metrics_of_its_own_graph(stack: str) -> None:
    for widget in widgets_of(run_of(stack)):
        rows = widget["properties"].get("metrics", [])
        ids = [row[-1]["id"] for row in rows if "id" in row[-1]]
        assert len(ids) == len(set(ids))
        hidden = {row[-1]["id"] for row in rows if row[-1].get("visible") is False}
        said = " ".join(row[0]["expression"] for row in rows if "expression" in row[0])
        assert all(query_id in said for query_id in hidden)
        assert all(row[-1].get("label") for row in rows if row[-1].get("visible") is not False)


@pytest.mark.parametrize(
    ("stack", "parts"),
    [
        (
            "realtime/everything",
            [
                *("What callers get", "The endpoint", "Its machines", "What waits"),
                *("The function", "The newest errors"),
            ],
        ),
        ("realtime/plain", ["The endpoint", "Its machines", "The function", "The newest errors"]),
        ("serverless/plain", ["The endpoint", "The function", "The newest errors"]),
        (
            "async/plain",
            ["The endpoint", "Its machines", "What waits", "The function", "The newest errors"],
        ),
        ("disabled/plain", ["The function", "The newest errors"]),
    ],
)
def test_it_reads_from_the_callers_down_to_the_logs(stack: str, parts: list[str]) -> None:
    assert headings(stack) == parts


def test_each_mode_shows_what_is_its_own() -> None:
    assert "Requests that wait" in titles("async/plain")
    assert "Requests at once" not in titles("async/plain")
    assert {"Inputs", "Failed for good"} <= set(titles("realtime/everything"))
    (latency,) = [
        w["properties"]
        for w in widgets_of(run_of("serverless/plain"))
        if w["properties"].get("title") == "Time that the model takes"
    ]
    assert "cold start, 99 of 100" in {row[-1].get("label") for row in latency["metrics"]}


def test_times_are_drawn_in_seconds_with_the_alarms_threshold_across() -> None:
    widgets = widgets_of(watch(thresholds={"latency_seconds": 12.5}))

    shown = graph(widgets, "Time that the model takes")
    assert shown["metrics"][0][:2] == ["AWS/SageMaker", "ModelLatency"]
    assert shown["metrics"][1] == [
        {"expression": "(mx0)/1000000", "id": "line0", "label": "model, half of them"}
    ]
    assert shown["annotations"] == {"horizontal": [{"label": "latency", "value": 12.5}]}
    assert shown["yAxis"]["left"] == {"label": "seconds", "min": 0, "showUnits": False}


def test_tokens_are_counted_as_the_function_tells_them() -> None:
    shown = graph(widgets_of(run_of("realtime/everything")), "Tokens in a minute")

    assert shown["metrics"] == [
        ["genai", metric, "Endpoint", "genai-test", {"stat": "Sum", "label": label}]
        for metric, label in {"PromptTokens": "read", "CompletionTokens": "written"}.items()
    ]


def test_a_known_price_is_shown_times_the_instances_and_an_unknown_one_not_at_all() -> None:
    with_price = widgets_of(watch(hourly_usd=1.408))
    without = widgets_of(watch())

    shown = graph(with_price, "Instances, at 1.408 USD an hour each (on demand)")
    expressions = [row[0]["expression"] for row in shown["metrics"] if "expression" in row[0]]
    assert expressions == ["nx1*1.408"]
    assert shown["yAxis"]["right"]["label"] == "USD an hour"
    assert "right" not in graph(without, "Instances")["yAxis"]


def test_it_shows_the_state_of_every_alarm_the_one_over_them_first() -> None:
    run = run_of("realtime/everything")

    (states,) = [w["properties"] for w in widgets_of(run) if w["type"] == "alarm"]
    first, *others = states["alarms"]
    assert first.endswith("CompositeAlarm:w-users-hurt")
    assert len(others) == len(set(others)) == 15


def test_logs_are_those_of_the_function_and_of_the_container() -> None:
    logs = [
        w["properties"] for w in widgets_of(run_of("scale-to-zero/plain")) if w["type"] == "log"
    ]

    groups = [log["query"].partition(" | ")[0] for log in logs]
    assert groups == [
        "SOURCE '/aws/lambda/genai-test-w'",
        "SOURCE '/aws/sagemaker/InferenceComponents/genai-test-component'",
    ]
    assert {log["region"] for log in logs} == {"us-east-1"}


@pytest.mark.parametrize(
    ("partition", "host"),
    [
        ("aws", "us-east-1.console.aws.amazon.com"),
        ("aws-cn", "us-east-1.console.amazonaws.cn"),
        ("aws-us-gov", "us-east-1.console.amazonaws-us-gov.com"),
    ],
)
def test_its_address_is_in_the_console_of_the_partition(
    partition: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "aws:index/getPartition:getPartition"
    monkeypatch.setitem(harness.DATA_SOURCES, source, {"partition": partition})

    outputs = watch(REALTIME, INVOKER).outputs_of[OUTPUTS]

    assert outputs["dashboard_url"] == (
        f"https://{host}/cloudwatch/home?region=us-east-1#dashboards/dashboard/genai-test"
    )


def test_a_stack_may_do_without() -> None:
    run = watch(dashboard=False)

    assert run.all(DASHBOARD) == []
    assert run.outputs_of[OUTPUTS]["dashboard_url"] == ""


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_registers_the_same_though_little_is_known(stack: str) -> None:
    previewed, deployed = run_of(stack, preview=True), run_of(stack)

    assert sorted((r.type, r.name) for r in previewed.registrations) == sorted(
        (r.type, r.name) for r in deployed.registrations
    )
    assert inputs_of(previewed.only(DASHBOARD)) == {
        "dashboardName": "genai-test",
        "dashboardBody": UNKNOWN,  # for want of the alarms' ARNs
    }
