"""What a function registers, held against AWS's own service models: names, patterns, ranges and enums."""

import functools

import pytest

from components import InvokerFunction, InvokerFunctionArgs
from rehearsal.program import run_program
from tests.components.configurations import INVOKER_CONFIGURATIONS, invoker_with
from tests.components.invoker_requests import AwsLikeInvokerMocks, invoker_requests_of


def violations_of(args: InvokerFunctionArgs) -> dict[str, list[str]]:
    run = run_program(
        lambda: InvokerFunction("m", args), AwsLikeInvokerMocks(), project="genai", stack="test"
    )
    return {name: request.violations() for name, request in invoker_requests_of(run).items()}


@functools.cache
def violations_in(configuration: str) -> dict[str, list[str]]:
    return violations_of(INVOKER_CONFIGURATIONS[configuration])


@pytest.mark.parametrize("configuration", INVOKER_CONFIGURATIONS)
def test_aws_accepts_every_request(configuration: str) -> None:
    found = violations_in(configuration)

    assert "Function m-function" in found
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_every_kind_of_request_is_among_them() -> None:
    kinds = {
        name.partition(" ")[0]
        for configuration in INVOKER_CONFIGURATIONS
        for name in violations_in(configuration)
    }

    assert kinds == {
        "Alias",
        "Api",
        "EventSourceMapping",
        "Function",
        "FunctionEventInvokeConfig",
        "FunctionUrl",
        "Integration",
        "Permission",
        "Queue",
        "Route",
        "Stage",
    }


def test_values_that_aws_would_refuse_are_seen() -> None:
    """Else the tests above could pass by looking at nothing."""
    found = violations_of(
        invoker_with(
            inputs={"max_concurrency": 2000},
            asynchronous={"retries": 3, "max_age_seconds": 30},
            memory_mib=64,
            log_level="VERBOSE",
        )
    )

    assert len(found["EventSourceMapping m-inputs-mapping"]) == 1
    assert len(found["FunctionEventInvokeConfig m-async"]) == 2
    assert len(found["Function m-function"]) == 2
