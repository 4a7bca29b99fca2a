"""What is registered, held against AWS's own service models: names, patterns, ranges and enums."""

import functools

import pytest

from components import GenAIEndpoint
from components.endpoint import scaling
from rehearsal.program import run_program
from tests.components.configurations import CONFIGURATIONS, REALTIME, with_args
from tests.components.requests import AwsLikeMocks, requests_of

Requests = dict[str, list[str]]


def violations_of(args: object) -> Requests:
    run = run_program(
        lambda: GenAIEndpoint("m", args),  # pyright: ignore[reportArgumentType] - wrong on purpose in one test
        AwsLikeMocks(),
        project="genai",
        stack="test",
    )
    return {name: request.violations() for name, request in requests_of(run).items()}


@functools.cache
def violations_in(configuration: str) -> Requests:
    return violations_of(CONFIGURATIONS[configuration])


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_aws_accepts_every_request(configuration: str) -> None:
    found = violations_in(configuration)

    assert "Model m-model" in found
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_every_kind_of_request_is_among_them() -> None:
    kinds = {
        name.partition(" ")[0]
        for configuration in CONFIGURATIONS
        for name in violations_in(configuration)
    }

    assert kinds == {
        "Model",
        "EndpointConfiguration",
        "Endpoint",
        "Resource",
        "Target",
        "Policy",
        "ScheduledAction",
        "MetricAlarm",
    }


def test_a_value_that_aws_would_refuse_is_seen() -> None:
    """Else the tests above could pass by looking at nothing."""
    found = violations_of(with_args(REALTIME, volume_gb=5000, instance_type="ml.m5.larg"))

    assert len(found["EndpointConfiguration m-configuration"]) == 2


def test_a_metric_that_aws_does_not_predefine_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    invented = {"predefined_metric_specification": {"predefined_metric_type": "Invented"}}
    monkeypatch.setattr(scaling, "metric_specification", lambda *_: invented)

    found = violations_of(CONFIGURATIONS["realtime-scaled-by-concurrency"])

    assert "Invented" in found["Policy m-follow-load"][0]
