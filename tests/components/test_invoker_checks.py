from typing import Any

import pytest

from components import InvokerArgsError
from tests.components.configurations import deploy_invoker, invoker_with

CONTRADICTIONS: list[tuple[dict[str, Any], str]] = [
    ({"streaming": True}, "streaming needs function_url: only a function URL streams"),
    ({"contract": "template"}, "contract template needs a template"),
    (
        {"waking": "queue"},
        "waking queue needs inputs: kept requests come back as objects under inputs/",
    ),
    (
        {"alias": {"previous_version": "6"}},
        "alias.previous_version and alias.previous_percent go together",
    ),
    (
        {"alias": {"previous_percent": 10}},
        "alias.previous_version and alias.previous_percent go together",
    ),
    (
        {
            "alias": {"previous_version": "6", "previous_percent": 10},
            "function_url": True,
            "streaming": True,
        },
        "alias.previous_version does not go with streaming: its two functions count their versions apart",
    ),
    (
        {"inputs": {"max_concurrency": 1}},
        "inputs.max_concurrency must be at least 2, got 1",
    ),
    (
        {"inputs": {"max_concurrency": 20}, "reserved_concurrency": 10},
        "reserved_concurrency 10 is less than the 20 runs that inputs.max_concurrency lets the queue start",
    ),
]


@pytest.mark.parametrize(("options", "problem"), CONTRADICTIONS)
def test_a_contradiction_is_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvokerArgsError) as refused:
        deploy_invoker(invoker_with(**options))

    assert str(refused.value) == f"f: {problem}"


def test_every_contradiction_is_told_at_once() -> None:
    with pytest.raises(InvokerArgsError) as refused:
        deploy_invoker(invoker_with(streaming=True, waking="queue"))

    assert len(str(refused.value).splitlines()) == 2


def test_a_stopped_function_does_not_contradict_its_queue() -> None:
    assert deploy_invoker(invoker_with(inputs={}, reserved_concurrency=0)).registrations
