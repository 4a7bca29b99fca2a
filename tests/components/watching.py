"""Whole stacks that are watched, for tests of what must hold in every mode."""

import functools
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from components import (
    GenAIEndpoint,
    GenAIEndpointArgs,
    InvokerFunction,
    InvokerFunctionArgs,
    Observability,
)
from rehearsal.program import ProgramRun
from tests.components.configurations import (
    ASYNC,
    INVOKER,
    REALTIME,
    SCALE_TO_ZERO,
    SERVERLESS,
    TAGS,
    invoker_with,
    with_args,
)
from tests.harness import deploy, inputs_of

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
GPU = "ml.g5.12xlarge"  # with four GPUs
EVERYTHING = invoker_with(
    inputs={}, asynchronous={}, metrics_namespace="genai", function_url=True, streaming=True
)

ENDPOINTS: dict[str, GenAIEndpointArgs] = {
    "realtime": REALTIME,
    "realtime-gpu": with_args(REALTIME, instance_type=GPU),
    "variants": with_args(
        REALTIME,
        extra_variants={"candidate": {"instance_type": GPU}, "twin": {"weight": 0.0}},
    ),
    "serverless": SERVERLESS,
    "async": ASYNC,
    "async-gpu": with_args(ASYNC, instance_type=GPU),
    "scale-to-zero": SCALE_TO_ZERO,
    "disabled": with_args(REALTIME, enabled=False),
}
INVOKERS: dict[str, InvokerFunctionArgs] = {"plain": INVOKER, "everything": EVERYTHING}
STACKS = [f"{endpoint}/{invoker}" for endpoint in ENDPOINTS for invoker in INVOKERS]


def watch(
    endpoint: GenAIEndpointArgs = REALTIME,
    invoker: InvokerFunctionArgs = EVERYTHING,
    *,
    preview: bool = False,
    **args: Any,
) -> ProgramRun:
    """What a stack of endpoint, function and what watches them registers as `w`."""

    def program() -> None:
        watched = {
            "endpoint": GenAIEndpoint("w", endpoint).watched(),
            "function": InvokerFunction("w", invoker).watched(),
        }
        Observability("w", {"tags": TAGS, **watched, **args})  # pyright: ignore[reportArgumentType] - args name their own keys

    return deploy(program, preview=preview)


@functools.cache
def run_of(stack: str, *, preview: bool = False) -> ProgramRun:
    """What one of `STACKS` registers; recorded once for all tests of a process, which only read it."""
    endpoint, _, invoker = stack.partition("/")
    return watch(ENDPOINTS[endpoint], INVOKERS[invoker], preview=preview, hourly_usd=1.5)


def alarms_of(run: ProgramRun) -> dict[str, dict[str, Any]]:
    """The inputs of every alarm that watches the stack, by its name without the endpoint's."""
    found = map(inputs_of, run.all(ALARM))
    return {
        alarm["name"].removeprefix("genai-test-"): alarm
        for alarm in found
        if "docs/watching.md" in alarm["alarmDescription"]
    }


def widgets_of(run: ProgramRun) -> list[dict[str, Any]]:
    """The widgets of the dashboard."""
    return json.loads(inputs_of(run.only(DASHBOARD))["dashboardBody"])["widgets"]


class Used(NamedTuple):
    """A metric as something registered names it."""

    namespace: str
    metric: str
    dimensions: dict[str, str]
    statistic: str


def used_by_alarms(run: ProgramRun) -> Iterator[Used]:
    for alarm in alarms_of(run).values():
        if "metricName" in alarm:
            statistic = alarm.get("statistic") or alarm["extendedStatistic"]
            yield Used(alarm["namespace"], alarm["metricName"], alarm["dimensions"], statistic)
        for query in alarm.get("metricQueries", []):
            if metric := query.get("metric"):
                name, dimensions = metric["metricName"], metric["dimensions"]
                yield Used(metric["namespace"], name, dimensions, metric["stat"])


def used_by_widgets(run: ProgramRun) -> Iterator[Used]:
    for widget in widgets_of(run):
        for row in widget["properties"].get("metrics", []):
            *named, options = row
            if named:
                namespace, metric, *pairs = named
                dimensions = dict(zip(pairs[::2], pairs[1::2], strict=True))
                yield Used(namespace, metric, dimensions, options["stat"])
