"""A function's dead letters: the event itself, with what became of it in its attributes."""

import json
from typing import Any

import pytest

from tests.rehearsal.queues import Queue
from tests.rehearsal.tenant import WRITE_LOGS, Tenant, allow, poll, refusal, trust, unique

FAILING = "def handler(event, context): raise ValueError('not today')\n"
SEND = allow(["sqs:SendMessage", "sns:Publish"], "arn:aws:*:*:*:*")


@pytest.fixture(scope="module")
def role(tenant: Tenant) -> str:
    return tenant.role(trust("lambda"), WRITE_LOGS, SEND)


def failing(tenant: Tenant, role: str, target: str, **more: Any) -> str:
    return tenant.function(FAILING, role_arn=role, DeadLetterConfig={"TargetArn": target}, **more)


def sent(tenant: Tenant, function: str, event: Any) -> str:
    answer = tenant.client("lambda").invoke(
        FunctionName=function, InvocationType="Event", Payload=json.dumps(event)
    )
    return answer["ResponseMetadata"]["RequestId"]


def dead_letter(tenant: Tenant, queue: Queue) -> dict[str, Any]:
    def received() -> list[dict[str, Any]]:
        return (
            tenant.client("sqs")
            .receive_message(QueueUrl=queue.url, MessageAttributeNames=["All"])
            .get("Messages", [])
        )

    return poll(received, "a dead letter is there")[0]


@pytest.mark.fact(
    "§6 Async: dead_letter_config names a queue or a topic; attributes say what happened"
)
def test_a_dead_letter_holds_the_event_and_says_why(tenant: Tenant, role: str) -> None:
    queue = Queue(tenant)
    function = failing(tenant, role, queue.arn)

    request_id = sent(tenant, function, {"word": "Grüße"})

    letter = dead_letter(tenant, queue)
    assert json.loads(letter["Body"]) == {"word": "Grüße"}
    attributes = letter["MessageAttributes"]
    assert {name: told["StringValue"] for name, told in attributes.items()} == {
        "RequestID": request_id,
        "ErrorCode": "200",
        "ErrorMessage": "not today",
    }
    assert attributes["ErrorCode"]["DataType"] == "Number"


@pytest.mark.fact("§6 Async: dead letters of SNS")
def test_a_topic_takes_dead_letters(tenant: Tenant, role: str) -> None:
    queue, sns = Queue(tenant), tenant.client("sns")
    topic = sns.create_topic(Name=unique("letters"))["TopicArn"]
    queue.let("sns", topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    function = failing(tenant, role, topic)

    request_id = sent(tenant, function, [1])

    told = json.loads(queue.wait_for_message()["Body"])
    assert json.loads(told["Message"]) == [1]
    assert told["MessageAttributes"]["RequestID"]["Value"] == request_id


@pytest.mark.fact("§6 Async: an event that was never run is a dead letter as well")
def test_an_event_that_got_too_old_says_that_it_was_throttled(tenant: Tenant, role: str) -> None:
    queue, client = Queue(tenant), tenant.client("lambda")
    function = failing(tenant, role, queue.arn)
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    client.put_function_event_invoke_config(FunctionName=function, MaximumEventAgeInSeconds=60)

    sent(tenant, function, {})

    assert dead_letter(tenant, queue)["MessageAttributes"]["ErrorCode"]["StringValue"] == "429"


@pytest.mark.fact("§6 Async: the role needs sqs:SendMessage / sns:Publish on the target")
def test_a_role_that_may_not_send_is_refused(tenant: Tenant) -> None:
    queue = Queue(tenant)

    code, message = refusal(lambda: failing(tenant, tenant.function_role, queue.arn))

    assert code == "InvalidParameterValueException"
    assert message.startswith(
        "The provided execution role does not have permissions to call SendMessage on SQS"
    )


def test_no_more_dead_letters_once_the_target_is_taken_away(tenant: Tenant, role: str) -> None:
    queue, client = Queue(tenant), tenant.client("lambda")
    function = failing(tenant, role, queue.arn)
    client.update_function_configuration(FunctionName=function, DeadLetterConfig={"TargetArn": ""})
    client.put_function_event_invoke_config(
        FunctionName=function,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": queue.arn}},
    )

    sent(tenant, function, {})

    assert "requestContext" in json.loads(queue.wait_for_message()["Body"])
    assert queue.is_empty()
    assert "DeadLetterConfig" not in client.get_function_configuration(FunctionName=function)
