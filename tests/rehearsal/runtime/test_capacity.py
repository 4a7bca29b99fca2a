"""Endpoints that cannot answer now: cold, at their limit, or scaled to nothing."""

from types import SimpleNamespace
from typing import Any

import pytest

from rehearsal.account.sagemaker.model_host import FleetError
from rehearsal.account.sagemaker.runtime_metrics import VariantMetrics, under_way
from tests.rehearsal.runtime.in_process import (
    REGION,
    FakeHost,
    FakeVariant,
    Runtime,
    Start,
    answering,
    whole_answer,
)

WELL = answering(whole_answer(b"well"))


@pytest.fixture
def serverless(start: Start) -> Runtime:
    """A variant that takes two requests at once, and is cold."""
    runtime = start(WELL)
    runtime.fleet.is_serverless = True
    runtime.fleet.configuration["ProductionVariants"] = [
        {"VariantName": "v", "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 2}}
    ]
    runtime.variant.is_cold = True
    return runtime


@pytest.mark.fact("§2 Errors: ModelNotReadyException (serverless cold) is HTTP 429")
def test_a_cold_variant_warms_up_behind_the_callers_back(serverless: Runtime) -> None:
    refused = serverless.refusal()

    assert (refused.code, refused.status) == ("ModelNotReadyException", 429)
    assert refused.message == (
        "Model of variant v of e is not ready for inference requests. Try again later."
    )
    assert serverless.invoke().get_data() == b"well"
    assert serverless.variant.warm_ups == 1


def test_a_cold_variant_warms_up_once_however_many_ask(serverless: Runtime) -> None:
    serverless.errands.is_held = True
    for _ in range(3):
        assert serverless.refusal().code == "ModelNotReadyException"

    serverless.errands.do()

    assert serverless.variant.warm_ups == 1


def test_a_variant_that_fails_to_warm_up_is_tried_again(
    serverless: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing() -> None:
        serverless.variant.warm_ups += 1
        raise FleetError("no weights today")

    monkeypatch.setattr(serverless.variant, "warm_up", failing)

    for _ in range(2):
        assert serverless.refusal().code == "ModelNotReadyException"

    assert serverless.variant.warm_ups == 2
    assert "ModelSetupTime" not in serverless.metrics()


@pytest.mark.fact("§10 ModelSetupTime (serverless cold start) in microseconds")
def test_the_time_of_a_cold_start_is_told(serverless: Runtime) -> None:
    serverless.refusal()

    told = serverless.metrics()

    assert set(told) == {"ModelSetupTime"}
    assert told["ModelSetupTime"] > 0


@pytest.mark.fact("§2 Errors: ThrottlingException is HTTP 400")
def test_more_requests_at_once_than_allowed_are_throttled(serverless: Runtime) -> None:
    serverless.variant.is_cold = False
    metrics = VariantMetrics(REGION, "e", "v")

    with under_way.counted(metrics):
        assert serverless.invoke().status_code == 200
        with under_way.counted(metrics):
            refused = serverless.refusal()
    assert serverless.invoke().status_code == 200

    assert (refused.code, refused.status) == ("ThrottlingException", 400)
    assert refused.message == (
        "Rate exceeded: variant v of e answers 2 requests at once (MaxConcurrency)."
    )


def test_a_variant_without_an_instance_says_so(start: Start) -> None:
    runtime = start(WELL)
    runtime.variant.host, runtime.variant.instances = None, 0

    refused = runtime.refusal()

    assert (refused.code, refused.status) == ("ValidationError", 400)
    assert refused.message == "Variant v of e has no instance."


# Inference components


def placed(start: Start, copies: int) -> Runtime:
    runtime = start(WELL)
    host: Any = FakeHost(runtime.host.container) if copies else None
    runtime.fleet.takes_components = True
    runtime.fleet.variants = (FakeVariant("v", instances=2),)
    runtime.components["c"] = SimpleNamespace(host=host, copies=copies, variant="v")
    return runtime


@pytest.mark.fact(
    "§9 real-time scale to zero: calls fail meanwhile, NoCapacityInvocationFailures counts"
)
def test_a_component_without_copies_has_no_capacity(start: Start) -> None:
    runtime = placed(start, copies=0)

    refused = runtime.refusal(Inference_Component="c")

    assert (refused.code, refused.status) == ("ValidationError", 400)
    assert refused.message.startswith(
        "Inference Component has no capacity to process this request."
    )
    assert runtime.metrics() == {"NoCapacityInvocationFailures": 1}


@pytest.mark.fact("§10 InvocationsPerCopy and ConcurrentRequestsPerCopy by InferenceComponentName")
def test_requests_are_shared_among_the_copies(start: Start) -> None:
    runtime = placed(start, copies=4)

    assert runtime.invoke(Inference_Component="c").get_data() == b"well"

    told = runtime.metrics()
    assert (told["InvocationsPerCopy"], told["ConcurrentRequestsPerCopy"]) == (0.25, 0.25)
    assert (told["Invocations"], told["InvocationsPerInstance"]) == (1, 0.5)
    assert "ConcurrentRequestsPerModel" not in told
