"""Event source mappings: a queue's messages reach a function as Lambda's pollers bring them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.account.functions.queue_poller import failed_ids
from tests.rehearsal.queues import TAKE_MESSAGES, Queue, mapped, taking_role
from tests.rehearsal.tenant import (
    REGION,
    WRITE_LOGS,
    Tenant,
    allow,
    poll,
    refusal,
    trust,
    unique,
)

LAMBDA = "lambda"
PARTIAL = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
# Notes each event in a folder, then fails the messages whose body begins with `bad`.
NOTING = """
import json, pathlib, uuid

def handler(event, context):
    folder = pathlib.Path({folder!r})
    (folder / uuid.uuid4().hex).write_text(json.dumps(event))
    bad = [r["messageId"] for r in event["Records"] if r["body"].startswith("bad")]
    return {{"batchItemFailures": [{{"itemIdentifier": each}} for each in bad]}}
"""

ASKED = """
def handler(event, context):
    print("asked")
    return first(event, context)
"""


class Noted:
    """The events that a function was given."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.code = NOTING.format(folder=str(folder))

    def events(self) -> list[dict[str, Any]]:
        found = sorted(self._folder.iterdir(), key=lambda note: note.stat().st_mtime_ns)
        return [json.loads(text) for note in found if (text := note.read_text())]

    def records(self) -> list[dict[str, Any]]:
        return [record for event in self.events() for record in event["Records"]]

    def bodies(self) -> list[str]:
        return [record["body"] for record in self.records()]


@pytest.fixture
def noted(tmp_path: Path) -> Noted:
    return Noted(tmp_path)


@pytest.fixture(scope="module")
def role(tenant: Tenant) -> str:
    return taking_role(tenant)


def test_messages_reach_the_function_and_leave_the_queue(
    tenant: Tenant, noted: Noted, role: str
) -> None:
    queue = Queue(tenant)
    mapped(tenant, queue, tenant.function(noted.code, role_arn=role))

    (sent,) = queue.send(
        "Grüße", MessageAttributes={"kind": {"DataType": "String", "StringValue": "greeting"}}
    )
    poll(queue.is_empty, "the message is gone")

    (record,) = noted.records()
    assert record["messageId"] == sent
    assert record["body"] == "Grüße"
    assert record["md5OfBody"] == hashlib.md5("Grüße".encode()).hexdigest()  # noqa: S324 - SQS's
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == queue.arn
    assert record["awsRegion"] == REGION
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["attributes"]["SentTimestamp"].isdigit()
    assert record["receiptHandle"]
    assert record["messageAttributes"]["kind"]["stringValue"] == "greeting"
    assert record["messageAttributes"]["kind"]["dataType"] == "String"


def test_a_batch_waits_for_its_window_or_until_it_is_full(
    tenant: Tenant, noted: Noted, role: str
) -> None:
    queue = Queue(tenant)
    queue.send(*(f"message {number}" for number in range(12)))
    function = tenant.function(noted.code, role_arn=role)

    mapped(tenant, queue, function, BatchSize=12, MaximumBatchingWindowInSeconds=300)
    poll(queue.is_empty, "all are done")

    (event,) = noted.events()
    assert [record["body"] for record in event["Records"]] == [
        f"message {number}" for number in range(12)
    ]


def test_a_batch_holds_no_more_than_its_size(tenant: Tenant, noted: Noted, role: str) -> None:
    queue = Queue(tenant)
    queue.send(*(f"message {number}" for number in range(5)))

    mapped(tenant, queue, tenant.function(noted.code, role_arn=role), BatchSize=2)
    poll(queue.is_empty, "all are done")

    assert sorted(len(event["Records"]) for event in noted.events()) == [1, 2, 2]


def test_what_the_function_reports_as_failed_stays_and_the_rest_goes(
    tenant: Tenant, noted: Noted, role: str
) -> None:
    queue = Queue(tenant)
    queue.send("bad one", "good one", "good two")

    mapped(tenant, queue, tenant.function(noted.code, role_arn=role), **PARTIAL)
    poll(lambda: queue.count() == 1, "two are done")

    assert sorted(noted.bodies()) == ["bad one", "good one", "good two"]
    assert queue.receive() == [], "it waits for its visibility time-out"


def test_a_report_counts_only_if_the_mapping_takes_it(
    tenant: Tenant, noted: Noted, role: str
) -> None:
    queue = Queue(tenant)
    queue.send("bad one", "good one")

    mapped(tenant, queue, tenant.function(noted.code, role_arn=role))

    poll(queue.is_empty, "all are done")


@pytest.mark.row("bad-messages")
def test_a_failed_message_comes_again_and_ends_among_the_dead_letters(
    tenant: Tenant, noted: Noted
) -> None:
    queue = Queue(tenant, max_receives=3)
    assert queue.dead_letters is not None
    change = allow("sqs:ChangeMessageVisibility", queue.arn)
    code = (
        "import os, boto3\n"
        f"{noted.code}\n"
        "def hurried(event, context):\n"
        "    answer = handler(event, context)\n"
        "    for record in event['Records']:\n"
        "        boto3.client('sqs').change_message_visibility(\n"
        f"            QueueUrl=os.environ['AWS_ENDPOINT_URL'] + '/123456789012/{queue.name}',\n"
        "            ReceiptHandle=record['receiptHandle'], VisibilityTimeout=0)\n"
        "    return answer\n"
    )
    function = tenant.function(
        code, role_arn=taking_role(tenant, change), Handler="app.hurried", Timeout=20
    )
    (sent,) = queue.send("bad one")

    mapped(tenant, queue, function, **PARTIAL)
    dead = queue.dead_letters.wait_for_message()

    assert (dead["MessageId"], dead["Body"]) == (sent, "bad one")
    received = [record["attributes"]["ApproximateReceiveCount"] for record in noted.records()]
    assert received == ["1", "2", "3"]
    assert queue.is_empty()


@pytest.mark.parametrize(
    "code",
    [
        "def handler(event, context): raise ValueError('no')\n",
        "def handler(event, context): return {'batchItemFailures': [{'itemIdentifier': ''}]}\n",
        "def handler(event, context): return {'batchItemFailures': [{'itemIdentifier': 'other'}]}\n",
        "def handler(event, context): return 'done'\n",
    ],
    ids=["an error", "an empty identifier", "a message of nobody", "not a report"],
)
def test_the_whole_batch_stays(tenant: Tenant, role: str, code: str) -> None:
    queue = Queue(tenant)
    function = tenant.function(f"{code}first = handler\n{ASKED}", role_arn=role)
    queue.send("one", "two")

    mapped(tenant, queue, function, **PARTIAL)
    poll(lambda: "asked" in tenant.log_of(f"/aws/lambda/{function}"), "the function was asked")

    assert queue.count() == 2


@pytest.mark.parametrize("answer", [b"", b"null", b"{}", b'{"batchItemFailures": []}', b"[]"])
def test_nothing_reported_is_all_done(answer: bytes) -> None:
    assert failed_ids(answer) == set()


@pytest.mark.parametrize(
    "answer",
    [
        b"{",
        b'"text"',
        b"[1]",
        b'{"batchItemFailures": "x"}',
        b'{"batchItemFailures": [{"id": "1"}]}',
        b'{"batchItemFailures": [{"itemIdentifier": null}]}',
        b'{"batchItemFailures": [{"itemIdentifier": ""}]}',
    ],
)
def test_a_report_that_cannot_be_read_is_a_failed_batch(answer: bytes) -> None:
    assert failed_ids(answer) is None


@given(
    st.binary(max_size=80) | st.recursive(st.none() | st.text(), st.lists).map(repr).map(str.encode)
)
def test_any_answer_is_a_set_of_ids_or_a_failure(answer: bytes) -> None:
    failed = failed_ids(answer)

    assert failed is None or all(failed)


def test_no_more_batches_at_once_than_the_mapping_allows(tenant: Tenant, tmp_path: Path) -> None:
    code = (
        "import pathlib, time, uuid\n"
        "def handler(event, context):\n"
        f"    folder = pathlib.Path({str(tmp_path)!r})\n"
        "    mark = folder / uuid.uuid4().hex\n"
        "    mark.touch()\n"
        "    time.sleep(0.1)\n"
        "    count = len([each for each in folder.iterdir() if each.suffix != '.seen'])\n"
        "    (folder / f'{uuid.uuid4().hex}.seen').write_text(str(count))\n"
        "    mark.unlink()\n"
    )
    queue = Queue(tenant)
    queue.send(*map(str, range(8)))

    mapped(
        tenant,
        queue,
        tenant.function(code, role_arn=taking_role(tenant)),
        BatchSize=1,
        ScalingConfig={"MaximumConcurrency": 2},
    )
    poll(queue.is_empty, "all are done")

    seen = [int(note.read_text()) for note in tmp_path.iterdir() if note.suffix == ".seen"]
    assert len(seen) == 8
    assert max(seen) == 2


def test_a_disabled_mapping_leaves_the_queue_alone_until_it_is_enabled(
    tenant: Tenant, noted: Noted, role: str
) -> None:
    queue = Queue(tenant)
    mapping = mapped(tenant, queue, tenant.function(noted.code, role_arn=role), Enabled=False)
    queue.send("one")
    client = tenant.client(LAMBDA)
    assert client.get_event_source_mapping(UUID=mapping)["State"] == "Disabled"
    assert noted.events() == []

    client.update_event_source_mapping(UUID=mapping, Enabled=True)
    poll(queue.is_empty, "the message is done")

    assert noted.bodies() == ["one"]
    assert client.get_event_source_mapping(UUID=mapping)["State"] == "Enabled"


def test_a_deleted_mapping_is_gone(tenant: Tenant, noted: Noted, role: str) -> None:
    queue = Queue(tenant)
    function = tenant.function(noted.code, role_arn=role)
    client = tenant.client(LAMBDA)
    mapping = mapped(tenant, queue, function, BatchSize=7)
    (listed,) = client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    assert (listed["UUID"], listed["BatchSize"], listed["EventSourceArn"]) == (
        mapping,
        7,
        queue.arn,
    )
    assert listed["FunctionArn"].endswith(f":function:{function}")

    assert client.delete_event_source_mapping(UUID=mapping)["State"] == "Deleting"

    assert client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"] == []
    assert refusal(lambda: client.get_event_source_mapping(UUID=mapping)) == (
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )


def test_a_mapping_to_an_alias_runs_what_the_alias_names(tenant: Tenant, role: str) -> None:
    queue = Queue(tenant)
    code = "def handler(event, context): print('arn', context.invoked_function_arn)\n"
    function = tenant.function(code, role_arn=role)
    client = tenant.client(LAMBDA)
    version = client.publish_version(FunctionName=function)["Version"]
    client.create_alias(FunctionName=function, Name="live", FunctionVersion=version)
    queue.send("one")

    mapped(tenant, queue, f"{function}:live")
    poll(queue.is_empty, "the message is done")

    arn = f"arn:aws:lambda:{REGION}:123456789012:function:{function}:live"
    poll(lambda: f"arn {arn}" in tenant.log_of(f"/aws/lambda/{function}"), "the log tells the ARN")


@pytest.mark.parametrize("action", ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"])
def test_a_role_that_may_not_take_messages_is_refused(tenant: Tenant, action: str) -> None:
    queue = Queue(tenant)
    others = [name for name in TAKE_MESSAGES["Action"] if not name.endswith(action)]
    role = tenant.role(trust("lambda"), WRITE_LOGS, allow(others, queue.arn))
    function = tenant.function("def handler(event, context): ...\n", role_arn=role)

    code, message = refusal(lambda: mapped(tenant, queue, function))

    assert code == "InvalidParameterValueException"
    assert (
        f"The provided execution role does not have permissions to call {action} on SQS" in message
    )


def test_a_mapping_that_cannot_work_is_refused(tenant: Tenant, role: str) -> None:
    function = tenant.function("def handler(event, context): ...\n", role_arn=role, Timeout=60)
    short, long = Queue(tenant), Queue(tenant, VisibilityTimeout="360")

    assert refusal(lambda: mapped(tenant, short, function)) == (
        "InvalidParameterValueException",
        "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds",
    )
    assert refusal(lambda: mapped(tenant, long, function, BatchSize=11)) == (
        "InvalidParameterValueException",
        (
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10"
        ),
    )
    code, message = refusal(
        lambda: mapped(tenant, long, function, ScalingConfig={"MaximumConcurrency": 1001})
    )
    assert code == "ValidationException"
    assert "less than or equal to 1000" in message
    assert refusal(lambda: mapped(tenant, long, function, TumblingWindowInSeconds=9)) == (
        "ServiceException",
        "the local account does not play TumblingWindowInSeconds of an event source mapping",
    )
    long.arn = long.arn.replace(long.name, unique("gone"))
    code, message = refusal(lambda: mapped(tenant, long, function))
    assert code == "InvalidParameterValueException"
    assert "NonExistentQueue" in message
    long.arn = f"arn:aws:kinesis:{REGION}:123456789012:stream/x"
    assert refusal(lambda: mapped(tenant, long, function)) == (
        "ServiceException",
        "the local account plays mappings of queues, not of kinesis",
    )
    assert refusal(lambda: mapped(tenant, short, "nobody"))[0] == "ResourceNotFoundException"


def test_a_second_mapping_of_the_same_two_is_refused(tenant: Tenant, role: str) -> None:
    queue = Queue(tenant)
    function = tenant.function("def handler(event, context): ...\n", role_arn=role)
    first = mapped(tenant, queue, function)

    code, message = refusal(lambda: mapped(tenant, queue, function))

    assert code == "ResourceConflictException"
    assert message.endswith(
        f"already exists. Please update or delete the existing mapping with UUID {first}"
    )


def test_many_messages_sent_and_deleted_at_once_are_all_kept(
    tenant: Tenant, noted: Noted, role: str
) -> None:
    queue = Queue(tenant)
    mapped(tenant, queue, tenant.function(noted.code, role_arn=role), BatchSize=3)
    sent = {f"message {number}" for number in range(120)}

    queue.send(*sent)
    poll(queue.is_empty, "all are done")

    assert sorted(noted.bodies()) == sorted(sent)
