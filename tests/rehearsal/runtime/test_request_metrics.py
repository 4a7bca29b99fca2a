"""What CloudWatch is told of requests, and of endpoints in between."""

import contextlib
import socket
import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rehearsal.account.cloudwatch.metrics import collected
from rehearsal.account.sagemaker.async_backlog import Backlog
from rehearsal.account.sagemaker.runtime_gauges import RuntimeGauges
from rehearsal.account.sagemaker.runtime_metrics import (
    ComponentMetrics,
    VariantMetrics,
    under_way,
)
from rehearsal.account.sagemaker.runtime_request import RuntimeRequest
from tests.rehearsal.runtime.in_process import (
    CHUNKED,
    REGION,
    FakeFleet,
    FakeHost,
    FakeVariant,
    Start,
    answering,
    part,
    whole_answer,
)
from tests.rehearsal.tenant import poll

GOOD = {"Invocation4XXErrors": 0, "Invocation5XXErrors": 0, "InvocationModelErrors": 0}


@pytest.mark.fact("§10 Invocations and their errors carry EndpointName and VariantName")
def test_each_request_is_told_with_the_variants_dimensions(start: Start) -> None:
    runtime = start(answering(whole_answer(b"well")))

    runtime.invoke()

    told = collected()
    assert {observation.namespace for observation in told} == {"AWS/SageMaker"}
    assert {observation.region for observation in told} == {REGION}
    dimensions = [dict(observation.dimensions) for observation in told]
    assert dimensions == [{"EndpointName": "e", "VariantName": "v"}] * len(told)
    units = {observation.name: observation.unit for observation in told}
    assert units == {
        "Invocations": "Count",
        "InvocationsPerInstance": "Count",
        "Invocation4XXErrors": "Count",
        "Invocation5XXErrors": "Count",
        "InvocationModelErrors": "Count",
        "ConcurrentRequestsPerModel": "Count",
        "ModelLatency": "Microseconds",
        "OverheadLatency": "Microseconds",
    }


@pytest.mark.fact(
    "§10 Invocation4XXErrors, Invocation5XXErrors, InvocationModelErrors: 1 or 0 each"
)
@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (whole_answer(b"well"), GOOD),
        (whole_answer(b"", "422 No"), {**GOOD, "Invocation4XXErrors": 1, "InvocationModelErrors": 1}),
        (whole_answer(b"", "503 No"), {**GOOD, "Invocation5XXErrors": 1, "InvocationModelErrors": 1}),
        (b"", {**GOOD, "InvocationModelErrors": 1}),
    ],
)  # fmt: skip
def test_an_error_is_counted_by_what_the_container_answered(
    start: Start, reply: bytes, told: dict[str, float]
) -> None:
    runtime = start(answering(reply))

    with contextlib.suppress(Exception):
        runtime.invoke()

    found = runtime.metrics()
    assert {name: found[name] for name in GOOD} == told
    assert found["Invocations"] == 1


def test_a_stream_that_breaks_is_an_error_of_the_model(start: Start) -> None:
    runtime = start(answering(CHUNKED + part(b"half")))

    runtime.stream()

    found = runtime.metrics()
    assert {name: found[name] for name in GOOD} == {**GOOD, "InvocationModelErrors": 1}


@pytest.mark.fact("§10 ModelLatency and OverheadLatency are microseconds")
def test_the_time_that_the_model_takes_is_no_overhead(start: Start) -> None:
    def slow(connection: socket.socket) -> None:
        threading.Event().wait(0.05)
        connection.sendall(whole_answer(b""))

    runtime = start(slow)

    runtime.invoke()

    found = runtime.metrics()
    assert found["ModelLatency"] >= 50_000
    assert found["OverheadLatency"] > 0


@pytest.mark.fact("§10 InvocationsPerInstance is the count over the instances of the variant")
def test_requests_are_shared_among_the_instances(start: Start) -> None:
    runtime = start(answering(whole_answer(b"")))
    runtime.variant.instances = 4

    runtime.invoke()

    found = runtime.metrics()
    assert found["InvocationsPerInstance"] == 0.25
    assert found["ConcurrentRequestsPerModel"] == 0.25


def test_requests_at_once_are_counted_until_each_is_answered(start: Start) -> None:
    gate, counted = threading.Event(), VariantMetrics(REGION, "e", "v")

    def held_back(connection: socket.socket) -> None:
        gate.wait(5)
        connection.sendall(whole_answer(b""))

    runtime = start(held_back)
    threads = [threading.Thread(target=runtime.invoke) for _ in range(3)]
    for thread in threads:
        thread.start()
    while len(runtime.host.container.requests) < 3:
        threading.Event().wait(0.01)

    assert under_way.count(counted) == 3
    gate.set()
    for thread in threads:
        thread.join()

    assert under_way.count(counted) == 0
    told = [o.value for o in collected() if o.name == "ConcurrentRequestsPerModel"]
    assert sorted(told) == [1, 2, 3]


def test_a_shadow_variant_is_told_of_as_any_other(start: Start) -> None:
    runtime = start(answering(whole_answer(b"")))
    runtime.fleet.shadowing = FakeVariant("shadow", host=FakeHost(runtime.host.container))

    runtime.invoke()

    told: list[str] = []

    def has_heard_of_both() -> bool:
        told.extend(o.dimensions["VariantName"] for o in collected() if o.name == "ModelLatency")
        return len(told) == 2

    poll(has_heard_of_both, "both variants are told of")
    assert sorted(told) == ["shadow", "v"]


def test_what_is_refused_before_the_model_is_not_told_of(start: Start) -> None:
    runtime = start(answering(whole_answer(b"")))

    runtime.refusal(Target_Variant="nobody")

    assert runtime.metrics() == {}


# Between requests


def gauges(
    fleets: dict[str, FakeFleet], backlogs: dict[str, Backlog], **components: Any
) -> dict[tuple[str, str], float]:
    """Values by metric and the only or the last dimension's value."""
    state: Any = SimpleNamespace(
        lock=threading.Lock(),
        fleets=fleets,
        component_hosts=components,
        site=SimpleNamespace(region=REGION),
    )
    asynchronous: Any = SimpleNamespace(backlog_of=backlogs.__getitem__)
    told = list(RuntimeGauges(state, asynchronous).observations())
    return {(o.name, list(o.dimensions.values())[-1]): o.value for o in told}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def waiting(count: int, clock: Clock) -> Backlog:
    backlog = Backlog(clock)
    for _ in range(count):
        request = RuntimeRequest("InvokeEndpointAsync", "e", {}, b"x")
        backlog.add(backlog.new_job(request, "id", "s3://b/k", None))
    return backlog


@pytest.mark.fact("§10 the backlog metrics of an async endpoint carry EndpointName alone")
@pytest.mark.parametrize(
    ("instances", "of_each", "is_stuck"),
    [(0, 4, 1), (1, 4, 0), (2, 2, 0)],
)
def test_a_backlog_is_told_of_by_its_endpoint(
    instances: int, of_each: float, is_stuck: int
) -> None:
    clock = Clock()
    backlog = waiting(4, clock)
    clock.now = 90.0
    fleet = FakeFleet((FakeVariant(instances=instances),), {"AsyncInferenceConfig": {}})

    assert gauges({"queue": fleet}, {"queue": backlog}) == {
        ("ApproximateBacklogSize", "queue"): 4,
        ("ApproximateBacklogSizePerInstance", "queue"): of_each,
        ("HasBacklogWithoutCapacity", "queue"): is_stuck,
        ("ApproximateAgeOfOldestRequest", "queue"): 90.0,
    }


def test_an_empty_backlog_is_told_of_too() -> None:
    fleet = FakeFleet((FakeVariant(instances=0),), {"AsyncInferenceConfig": {}})

    assert set(gauges({"queue": fleet}, {"queue": waiting(0, Clock())}).values()) == {0}


@pytest.mark.fact(
    "§10 ConcurrentRequestsPerModel by variant, ConcurrentRequestsPerCopy by component"
)
def test_requests_under_way_are_told_of_between_requests() -> None:
    placed = cast("Any", SimpleNamespace(copies=2))
    asleep = cast("Any", SimpleNamespace(copies=0))
    fleet = FakeFleet((FakeVariant("v", host="here"), FakeVariant("for-components")))
    with (
        under_way.counted(VariantMetrics(REGION, "busy", "v")),
        under_way.counted(ComponentMetrics(REGION, "placed")),
    ):
        assert gauges({"busy": fleet}, {}, placed=placed, asleep=asleep) == {
            ("ConcurrentRequestsPerModel", "v"): 1,
            ("ConcurrentRequestsPerCopy", "placed"): 0.5,
        }

    assert set(gauges({"busy": fleet}, {}, placed=placed).values()) == {0}
