"""Requests to an asynchronous endpoint wait for room, in order, for as long as they may."""

import contextlib
import io
import json
import socket
import threading
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.account.cloudwatch.metrics import collected
from rehearsal.account.sagemaker import async_work
from rehearsal.account.sagemaker.async_backlog import Backlog
from rehearsal.account.sagemaker.async_line import AsyncLine
from rehearsal.account.sagemaker.runtime_request import RuntimeRequest
from rehearsal.account.wire_errors import AwsError
from tests.rehearsal.runtime.in_process import (
    REGION,
    FakeFleet,
    FakeHost,
    FakeVariant,
    ScriptedContainer,
    whole_answer,
)
from tests.rehearsal.tenant import poll


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Services:
    """S3 and SNS as far as a request needs them."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {"s3://b/in": b"from S3"}
        self.refuses_uploads = False
        self.refuses_messages = False
        self.messages: list[dict[str, Any]] = []

    def get_object(self, **asked: str) -> dict[str, Any]:
        found = self.objects.get(_uri(asked))
        if found is None:
            raise _error("NoSuchKey")
        return {"Body": io.BytesIO(found), "ContentLength": len(found)}

    def put_object(self, **asked: Any) -> None:
        if self.refuses_uploads:
            raise _error("AccessDenied")
        self.objects[_uri(asked)] = asked["Body"]

    def publish(self, **asked: str) -> None:
        if self.refuses_messages:
            raise _error("AuthorizationError")
        self.messages.append({"topic": asked["TopicArn"], **json.loads(asked["Message"])})


def _uri(asked: dict[str, Any]) -> str:
    return f"s3://{asked['Bucket']}/{asked['Key']}"


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "Operation")


class AsyncHost(FakeHost):
    def __init__(self, container: Any, services: Services) -> None:
        super().__init__(container)
        self._services = services
        self.log: list[str] = []

    def client(self, _service: str) -> Services:
        return self._services

    def log_data(self, line: str) -> None:
        self.log.append(line)


class Line:
    """The line of one endpoint, whose container can be held back."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.bodies: list[bytes] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self.container = ScriptedContainer(self._answer)
        self.services = Services()
        self.host = AsyncHost(self.container, self.services)
        self.variant = FakeVariant(host=self.host)
        self.configuration: dict[str, Any] = {
            "OutputConfig": {
                "S3OutputPath": "s3://b/out",
                "NotificationConfig": {"SuccessTopic": "good", "ErrorTopic": "bad"},
            },
            "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 1},
        }
        self.is_there = True
        self.answer = whole_answer(b"well")
        self.clock = Clock()
        self.line = AsyncLine("e", REGION, self._serving, Backlog(self.clock))
        collected()  # what other tests have left

    def add(self, name: str, body: bytes = b"inline", **members: Any) -> None:
        request = RuntimeRequest("InvokeEndpointAsync", "e", members, body)
        backlog = self.line.backlog
        self.line.add(backlog.new_job(request, name, f"s3://b/{name}", f"s3://b/{name}-error"))

    def scale_to(self, instances: int) -> None:
        self.variant.instances = instances
        self.variant.host = self.host if instances else None

    def wait_until_settled(self) -> None:
        poll(lambda: not self.line.backlog.size, "every request is settled")

    def told(self) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {}
        for observation in collected():
            assert dict(observation.dimensions) == {"EndpointName": "e", "VariantName": "v"}
            found.setdefault(observation.name, []).append(observation.value)
        return found

    @contextlib.contextmanager
    def _serving(self, _endpoint: str) -> Generator[Any]:
        if not self.is_there:
            raise AwsError("ValidationError", "Endpoint e not found.")
        yield FakeFleet((self.variant,), {"AsyncInferenceConfig": self.configuration})

    def _answer(self, connection: socket.socket) -> None:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        self.gate.wait(10)
        with self._lock:
            self._at_once -= 1
        connection.sendall(self.answer)


@pytest.fixture
def line() -> Iterator[Line]:
    held = Line()
    yield held
    held.gate.set()
    held.line.stop()
    held.container.close()


def test_requests_go_to_the_model_in_the_order_they_came(line: Line) -> None:
    line.gate.set()
    order: list[str] = []
    put = line.services.put_object

    def noted(**asked: Any) -> None:
        order.append(asked["Key"])
        put(**asked)

    line.services.put_object = noted  # pyright: ignore[reportAttributeAccessIssue] - to see the order
    for index in range(10):
        line.add(str(index))

    line.wait_until_settled()

    assert order == [str(index) for index in range(10)]
    assert line.most_at_once == 1


@pytest.mark.fact(
    "§1 AsyncInferenceConfig: MaxConcurrentInvocationsPerInstance bounds each instance"
)
@pytest.mark.parametrize(("instances", "of_each"), [(1, 3), (3, 1), (2, 2)])
def test_so_many_requests_are_under_way_as_the_instances_take(
    line: Line, instances: int, of_each: int
) -> None:
    line.configuration["ClientConfig"]["MaxConcurrentInvocationsPerInstance"] = of_each
    line.scale_to(instances)
    for index in range(10):
        line.add(str(index))
    poll(lambda: line.most_at_once == instances * of_each, "the instances are busy")
    assert line.line.backlog.size == 10

    line.gate.set()
    line.wait_until_settled()

    assert line.most_at_once == instances * of_each


@pytest.mark.fact("§9 an async endpoint can have 0 instances; its requests wait until it has one")
def test_requests_wait_while_there_is_no_instance(line: Line) -> None:
    line.gate.set()
    line.scale_to(0)
    line.add("patient")
    threading.Event().wait(0.1)
    assert line.line.backlog.size == 1

    line.scale_to(1)
    line.wait_until_settled()

    assert line.services.objects["s3://b/patient"] == b"well"


def test_requests_outlive_a_scaling_to_zero_in_between(line: Line) -> None:
    line.add("under way")
    line.add("waiting")
    poll(lambda: line.most_at_once == 1, "the first is under way")
    line.scale_to(0)

    line.gate.set()
    poll(lambda: "s3://b/under way" in line.services.objects, "the first is settled")
    assert "s3://b/waiting" not in line.services.objects
    line.scale_to(1)
    line.wait_until_settled()

    assert line.services.objects["s3://b/waiting"] == b"well"


def test_requests_to_an_endpoint_that_is_deleted_are_forgotten(line: Line) -> None:
    line.scale_to(0)
    line.add("forgotten")
    line.is_there = False

    line.wait_until_settled()

    assert line.told() == {}
    assert "s3://b/forgotten" not in line.services.objects


@pytest.mark.fact("§2 Async in: RequestTTLSeconds 60-21600, default 21600; §10 ExpiredRequests")
@pytest.mark.parametrize(
    ("members", "life_seconds"), [({"RequestTTLSeconds": 60}, 60), ({}, 21_600)]
)
def test_a_request_that_waits_too_long_expires(
    line: Line, members: dict[str, Any], life_seconds: int
) -> None:
    line.add("first", **members)  # keeps the instance busy
    poll(lambda: line.most_at_once == 1, "the first is under way")
    line.add("second", **members)
    line.clock.now = life_seconds
    threading.Event().wait(0.1)
    assert line.line.backlog.size == 2

    line.clock.now += 1
    poll(lambda: line.line.backlog.size == 1, "the second has expired")
    line.gate.set()
    line.wait_until_settled()

    told = line.told()
    assert (told["ExpiredRequests"], told["InvocationFailures"]) == ([1], [1])
    reason = f"The request has waited longer than its {life_seconds} seconds."
    assert line.services.objects["s3://b/second-error"] == reason.encode()
    assert line.services.objects["s3://b/first"] == b"well"
    (failed,) = (told for told in line.services.messages if told["topic"] == "bad")
    assert (failed["inferenceId"], failed["failureReason"]) == ("second", reason)


def test_a_request_may_expire_without_any_instance(line: Line) -> None:
    line.scale_to(0)
    line.add("late", RequestTTLSeconds=60)

    line.clock.now = 61
    line.wait_until_settled()

    assert line.told() == {"ExpiredRequests": [1]}


@pytest.mark.fact("§2 Async in: InvocationTimeoutSeconds 1-3600")
def test_a_model_that_takes_longer_than_the_request_allows_fails_it(line: Line) -> None:
    line.add("slow", InvocationTimeoutSeconds=0.1)

    line.wait_until_settled()

    assert b"Your invocation timed out" in line.services.objects["s3://b/slow-error"]
    assert line.told()["InvocationModelErrors"] == [1]


# What CloudWatch is told


@pytest.mark.fact(
    "§10 async endpoints publish neither Invocations, InvocationsPerInstance nor OverheadLatency"
)
def test_a_good_request_is_told_with_its_times(line: Line) -> None:
    line.gate.set()
    line.add("good", body=b"", InputLocation="s3://b/in")

    line.wait_until_settled()
    told = {}
    poll(lambda: told.update(line.told()) or "TotalProcessingTime" in told, "all is told")

    assert set(told) == {
        "TimeInBacklog", "RequestDownloadLatency", "ModelLatency", "Invocation4XXErrors",
        "Invocation5XXErrors", "InvocationModelErrors", "ResponseUploadLatency",
        "InvocationsProcesssed", "TotalProcessingTime",
    }  # fmt: skip
    assert told["InvocationsProcesssed"] == [1]
    assert told["InvocationModelErrors"] == [0]


@pytest.mark.fact("§10 RequestDownloadFailures, ResponseUploadFailures, NotificationFailures")
@pytest.mark.parametrize(
    ("prepare", "members", "metric", "log"),
    [
        (
            lambda _line: None,
            {"InputLocation": "s3://b/missing"},
            "RequestDownloadFailures",
            "r: ClientError: Could not download the input s3://b/missing.",
        ),
        (
            lambda line: setattr(line.services, "refuses_uploads", True),
            {"InputLocation": "s3://b/in"},
            "ResponseUploadFailures",
            "r: ClientError: Could not upload s3://b/r.",
        ),
        (
            lambda line: setattr(line.services, "refuses_messages", True),
            {"InputLocation": "s3://b/in"},
            "NotificationFailures",
            "r: could not publish to good:",
        ),
    ],
)
def test_each_thing_that_fails_is_counted_and_logged(
    line: Line, prepare: Callable[[Line], None], members: dict[str, str], metric: str, log: str
) -> None:
    line.gate.set()
    prepare(line)
    line.add("r", body=b"", **members)

    line.wait_until_settled()

    assert line.told()[metric] == [1]
    assert line.host.log[0].startswith(log)


@pytest.mark.fact("§2 Size and time limits: 1 GB in S3")
def test_an_input_that_is_too_large_is_a_failure(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert async_work.MAX_PAYLOAD_BYTES == 1024**3
    monkeypatch.setattr(async_work, "MAX_PAYLOAD_BYTES", 6)
    line.add("large", body=b"", InputLocation="s3://b/in")

    line.wait_until_settled()

    assert line.services.objects["s3://b/large-error"] == (
        b"ClientError: The input s3://b/in is larger than 6 bytes."
    )
