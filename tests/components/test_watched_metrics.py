"""Every metric that an alarm or a graph names is one that somebody publishes, under those dimensions, in that mode."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.metrics import published_dimensions
from components.watching.function_alarms import FAILED_STATUSES
from handlers import errors
from handlers.metrics import write_metrics
from rehearsal.account.cloudwatch.embedded_metrics import embedded_in
from tests.components.watching import STACKS, run_of, used_by_alarms, used_by_widgets

OWN_NAMESPACE = "genai"
DATA = Path(__file__).parents[2] / "catalog" / "data" / "metrics.json"
MISSING_IN_ASYNC = json.loads(DATA.read_text())["_about"]["not_published_for_async_endpoints"]
OF_ASYNC_ONLY = {
    *("ApproximateAgeOfOldestRequest", "ApproximateBacklogSize"),
    *("ExpiredRequests", "InvocationFailures"),
}
THINGS = {
    "EndpointName": {"genai-test"},
    "VariantName": {"AllTraffic", "candidate", "twin"},
    "InferenceComponentName": {"genai-test-component"},
    "FunctionName": {"w-function", "w-streaming"},
    "QueueName": {"w-inputs", "w-dead-letters", "w-failed-events"},
    "Endpoint": {"genai-test"},
    "Status": set(FAILED_STATUSES),
}


def own_metrics(capsys: pytest.CaptureFixture[str]) -> set[tuple[str, tuple[str, ...]]]:
    """Name and dimensions of each metric that the function writes."""
    run: Any = SimpleNamespace(
        attempts=1,
        is_record_lost=False,
        invocation=SimpleNamespace(elapsed_milliseconds=lambda: 1),
        model_milliseconds=1,
        first_text_milliseconds=1,
        usage={"prompt_tokens": 1, "completion_tokens": 1},
        model={"endpoint": "genai-test"},
    )
    write_metrics(OWN_NAMESPACE, run, 200)
    return {
        (each.key.name, tuple(sorted(name for name, _ in each.key.dimensions)))
        for each in embedded_in(capsys.readouterr().out)
    }


@pytest.mark.parametrize("stack", STACKS)
def test_somebody_publishes_it(stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    run, own = run_of(stack), own_metrics(capsys)

    used = [*used_by_alarms(run), *used_by_widgets(run)]

    assert len(used) >= 6
    for namespace, metric, dimensions, _ in used:
        names = tuple(sorted(dimensions))
        if namespace == OWN_NAMESPACE:
            assert (metric, names) in own
        else:
            assert names in published_dimensions(namespace, metric), (metric, names)
        for name, value in dimensions.items():
            assert value in THINGS[name]


@pytest.mark.parametrize("stack", STACKS)
def test_the_mode_publishes_it(stack: str) -> None:
    run = run_of(stack)

    used = {each.metric for each in (*used_by_alarms(run), *used_by_widgets(run))}
    of_endpoint = {
        each.metric
        for each in (*used_by_alarms(run), *used_by_widgets(run))
        if "/sagemaker" in each.namespace.lower()
    }

    if stack.startswith("async"):
        assert not of_endpoint & set(MISSING_IN_ASYNC)
        assert of_endpoint >= OF_ASYNC_ONLY
    else:
        assert not used & OF_ASYNC_ONLY
    if stack.startswith("serverless"):
        assert not {metric for metric in used if metric.endswith("Utilization")}
    if stack.startswith("disabled"):
        assert not of_endpoint
    has_gpu = "gpu" in stack or stack.startswith(("variants", "scale-to-zero"))
    assert any(metric.startswith("GPU") for metric in used) is has_gpu


def test_replies_that_fail_are_those_that_callers_are_not_to_blame_for() -> None:
    """429 is the endpoint's; what is under 500 otherwise is the caller's, or only not ready."""
    known = {
        each.status
        for each in vars(errors).values()
        if isinstance(each, type) and hasattr(each, "status")
    }

    failed = {str(status) for status in known if status >= 500 or status == 429}
    assert failed == set(FAILED_STATUSES)
