"""Lambda's asynchronous side: retries, ages, destinations, reserved concurrency, versions and aliases."""

import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal.queues import Queue
from tests.rehearsal.tenant import (
    REGION,
    WRITE_LOGS,
    Tenant,
    allow,
    poll,
    refusal,
    trust,
)

SEND = allow("sqs:SendMessage", "arn:aws:sqs:*:*:*")
ARN = f"arn:aws:lambda:{REGION}:123456789012:function"
# Notes the request ids it is called with, and fails as often as the event says.
FAILING = """
import pathlib

def handler(event, context):
    note = pathlib.Path(event["note"])
    before = note.read_text() if note.exists() else ""
    note.write_text(before + context.aws_request_id + "\\n")
    if before.count("\\n") < event["failures"]:
        raise ValueError("not yet")
    return {"done": True}
"""


@pytest.fixture(scope="module")
def role(tenant: Tenant) -> str:
    return tenant.role(trust("lambda"), WRITE_LOGS, SEND)


def sent(tenant: Tenant, function: str, event: Any, **more: Any) -> str:
    """Invoke a function asynchronously and return the request's id."""
    answer = tenant.client("lambda").invoke(
        FunctionName=function, InvocationType="Event", Payload=json.dumps(event), **more
    )
    assert answer["StatusCode"] == 202
    return answer["ResponseMetadata"]["RequestId"]


def configured(tenant: Tenant, function: str, **members: Any) -> None:
    tenant.client("lambda").put_function_event_invoke_config(FunctionName=function, **members)


def told(queue: Queue) -> dict[str, Any]:
    return json.loads(queue.wait_for_message()["Body"])


@pytest.mark.parametrize(("retries", "runs"), [(None, 3), (0, 1), (1, 2)])
def test_a_failing_event_is_retried_as_often_as_configured_and_then_told_of(
    tenant: Tenant, role: str, tmp_path: Path, retries: int | None, runs: int
) -> None:
    queue, note = Queue(tenant), tmp_path / "note"
    function = tenant.function(FAILING, role_arn=role)
    config = {} if retries is None else {"MaximumRetryAttempts": retries}
    destination = {"OnFailure": {"Destination": queue.arn}}
    configured(tenant, function, DestinationConfig=destination, **config)
    event = {"note": str(note), "failures": 9}

    request_id = sent(tenant, function, event)
    record = told(queue)

    assert note.read_text().splitlines() == [request_id] * runs
    assert record["version"] == "1.0"
    assert record["requestContext"] == {
        "requestId": request_id,
        "functionArn": f"{ARN}:{function}:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": runs,
    }
    assert record["requestPayload"] == event
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert record["responsePayload"]["errorMessage"] == "not yet"


def test_an_event_that_succeeds_at_last_is_no_failure(
    tenant: Tenant, role: str, tmp_path: Path
) -> None:
    failed, done, note = Queue(tenant), Queue(tenant), tmp_path / "note"
    function = tenant.function(FAILING, role_arn=role)
    destinations = {
        "OnFailure": {"Destination": failed.arn},
        "OnSuccess": {"Destination": done.arn},
    }
    configured(tenant, function, DestinationConfig=destinations)

    sent(tenant, function, {"note": str(note), "failures": 2})
    record = told(done)

    assert record["requestContext"]["condition"] == "Success"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responsePayload"] == {"done": True}
    assert "functionError" not in record["responseContext"]
    assert failed.is_empty()


def test_an_event_that_gets_too_old_is_not_run(tenant: Tenant, role: str, tmp_path: Path) -> None:
    """A minute of waiting takes an instant, and counts as a minute."""
    queue, note = Queue(tenant), tmp_path / "note"
    function = tenant.function(FAILING, role_arn=role)
    tenant.client("lambda").put_function_concurrency(
        FunctionName=function, ReservedConcurrentExecutions=0
    )
    configured(
        tenant,
        function,
        MaximumEventAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": queue.arn}},
    )

    sent(tenant, function, {"note": str(note), "failures": 0})
    record = told(queue)

    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert "responsePayload" not in record
    assert not note.exists()


def test_a_retry_that_would_be_too_old_is_not_made(
    tenant: Tenant, role: str, tmp_path: Path
) -> None:
    queue, note = Queue(tenant), tmp_path / "note"
    function = tenant.function(FAILING, role_arn=role)
    configured(
        tenant,
        function,
        MaximumEventAgeInSeconds=100,
        DestinationConfig={"OnFailure": {"Destination": queue.arn}},
    )

    sent(tenant, function, {"note": str(note), "failures": 9})
    record = told(queue)

    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responsePayload"]["errorMessage"] == "not yet"


def test_a_destination_that_the_role_may_not_reach_is_refused(tenant: Tenant) -> None:
    queue, function = Queue(tenant), tenant.function(FAILING)
    destination = {"OnFailure": {"Destination": queue.arn}}

    code, message = refusal(lambda: configured(tenant, function, DestinationConfig=destination))

    assert code == "InvalidParameterValueException"
    assert "execution role does not have permissions to call SendMessage" in message
    bus = f"arn:aws:events:{REGION}:123456789012:event-bus/x"
    assert refusal(
        lambda: configured(tenant, function, DestinationConfig={"OnFailure": {"Destination": bus}})
    ) == ("ServiceException", f"the local account does not play the destination {bus}")
    assert refusal(lambda: configured(tenant, function, MaximumRetryAttempts=3))[0] == (
        "ValidationException"
    )


def test_an_event_configuration_is_of_one_version_or_alias(tenant: Tenant) -> None:
    client, function = tenant.client("lambda"), tenant.function(FAILING)
    version = client.publish_version(FunctionName=function)["Version"]
    client.create_alias(FunctionName=function, Name="live", FunctionVersion=version)
    configured(tenant, function, Qualifier="live", MaximumRetryAttempts=0)
    live = {"FunctionName": function, "Qualifier": "live"}

    client.update_function_event_invoke_config(**live, MaximumEventAgeInSeconds=90)

    found = client.get_function_event_invoke_config(**live)
    assert found["FunctionArn"] == f"{ARN}:{function}:live"
    assert (found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) == (0, 90)
    listed = client.list_function_event_invoke_configs(FunctionName=function)
    assert [each["FunctionArn"] for each in listed["FunctionEventInvokeConfigs"]] == [
        f"{ARN}:{function}:live"
    ]
    code, message = refusal(lambda: client.get_function_event_invoke_config(FunctionName=function))
    assert code == "ResourceNotFoundException"
    assert message == f"The function {ARN}:{function}:$LATEST doesn't have an EventInvokeConfig"
    client.delete_function_event_invoke_config(**live)
    assert refusal(lambda: client.get_function_event_invoke_config(**live))[0] == (
        "ResourceNotFoundException"
    )


def test_more_at_once_than_reserved_is_throttled(tenant: Tenant, tmp_path: Path) -> None:
    started, let_go = tmp_path / "started", tmp_path / "go"
    code = (
        "import pathlib, time\n"
        "def handler(event, context):\n"
        f"    pathlib.Path({str(started)!r}).touch()\n"
        f"    while event and not pathlib.Path({str(let_go)!r}).exists(): time.sleep(0.01)\n"
        "    return 'done'\n"
    )
    function = tenant.function(code, Timeout=20)
    tenant.client("lambda").put_function_concurrency(
        FunctionName=function, ReservedConcurrentExecutions=1
    )
    answers: list[Any] = []
    first = threading.Thread(target=lambda: answers.append(tenant.call(function, {"wait": True})))
    first.start()
    poll(started.exists, "the first one runs")

    answer: Any = None
    try:
        tenant.call(function)
    except tenant.client("lambda").exceptions.TooManyRequestsException as throttled:
        answer = throttled.response
    let_go.touch()
    first.join()

    assert answer["Error"]["Code"] == "TooManyRequestsException"
    assert answer["Error"]["Message"] == "Rate Exceeded."
    assert answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert answers[0]["Payload"] == "done"
    assert tenant.call(function)["Payload"] == "done"


def test_an_alias_sends_a_share_of_its_invocations_elsewhere(tenant: Tenant) -> None:
    client = tenant.client("lambda")
    function = tenant.function("def handler(event, context): return context.function_version\n")
    client.publish_version(FunctionName=function)
    client.update_function_configuration(FunctionName=function, Description="second")
    client.publish_version(FunctionName=function)
    client.create_alias(
        FunctionName=function,
        Name="live",
        FunctionVersion="2",
        RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}},
    )

    answers = [tenant.call(function, Qualifier="live") for _ in range(40)]

    ran = Counter(answer["Payload"] for answer in answers)
    assert ran.keys() == {"1", "2"}, "all of one kind in one of a trillion runs"
    assert all(answer["ExecutedVersion"] == answer["Payload"] for answer in answers)


def test_an_alias_without_weights_is_one_version(tenant: Tenant) -> None:
    client = tenant.client("lambda")
    code = "def handler(event, context): return [context.function_version, context.invoked_function_arn]\n"
    function = tenant.function(code)
    client.publish_version(FunctionName=function)
    client.create_alias(FunctionName=function, Name="live", FunctionVersion="1")

    answer = tenant.call(f"{function}:live")

    assert answer["Payload"] == ["1", f"{ARN}:{function}:live"]
    assert refusal(lambda: tenant.call(function, Qualifier="old")) == (
        "ResourceNotFoundException",
        f"Function not found: {ARN}:{function}:old",
    )


def test_the_answer_carries_the_id_that_the_function_saw(tenant: Tenant) -> None:
    function = tenant.function("def handler(event, context): return context.aws_request_id\n")

    answer = tenant.call(function)

    assert answer["Payload"] == answer["ResponseMetadata"]["RequestId"]


class Topic:
    def __init__(self, tenant: Tenant, name: str, function: str) -> None:
        self._sns = tenant.client("sns")
        self.arn = self._sns.create_topic(Name=name)["TopicArn"]
        self.subscription = self._sns.subscribe(
            TopicArn=self.arn, Protocol="lambda", Endpoint=f"{ARN}:{function}"
        )["SubscriptionArn"]

    def publish(self, message: str, **more: Any) -> str:
        return self._sns.publish(TopicArn=self.arn, Message=message, **more)["MessageId"]


def test_a_topic_reaches_a_function_that_lets_it(tenant: Tenant, tmp_path: Path) -> None:
    note = tmp_path / "note"
    code = (
        "import json, pathlib\n"
        "def handler(event, context):\n"
        f"    pathlib.Path({str(note)!r}).write_text(json.dumps(event))\n"
    )
    function = tenant.function(code)
    topic = Topic(tenant, f"{function}-topic", function)
    topic.publish("not let in")
    tenant.client("lambda").add_permission(
        FunctionName=function,
        StatementId="topic",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic.arn,
    )

    message_id = topic.publish("Grüße", Subject="a greeting")
    (record,) = json.loads(poll(lambda: note.exists() and note.read_text(), "it is told"))[
        "Records"
    ]

    assert record["EventSource"] == "aws:sns"
    assert record["EventSubscriptionArn"] == topic.subscription
    envelope = record["Sns"]
    assert (envelope["Type"], envelope["MessageId"]) == ("Notification", message_id)
    assert (envelope["TopicArn"], envelope["Message"]) == (topic.arn, "Grüße")
    assert envelope["Subject"] == "a greeting"
    assert envelope["MessageAttributes"] == {}


def test_a_topic_reaches_a_queue_that_lets_it(tenant: Tenant) -> None:
    queue, sns = Queue(tenant), tenant.client("sns")
    topic = sns.create_topic(Name=f"{queue.name}-topic")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    sns.publish(TopicArn=topic, Message="not let in")
    queue.let("sns", topic)

    sns.publish(TopicArn=topic, Message="let in")

    envelope = json.loads(queue.wait_for_message()["Body"])
    assert (envelope["Message"], envelope["TopicArn"]) == ("let in", topic)
    assert queue.is_empty()
