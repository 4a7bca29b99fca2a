"""Mappings that hand on only some of a queue's messages."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal.queues import TAKE_MESSAGES, Queue
from tests.rehearsal.tenant import WRITE_LOGS, Tenant, poll, refusal, trust


@pytest.fixture(scope="module")
def role(tenant: Tenant) -> str:
    return tenant.role(trust("lambda"), WRITE_LOGS, TAKE_MESSAGES)


def mapped(tenant: Tenant, queue: Queue, function: str, *patterns: str) -> str:
    return tenant.client("lambda").create_event_source_mapping(
        EventSourceArn=queue.arn,
        FunctionName=function,
        FilterCriteria={"Filters": [{"Pattern": pattern} for pattern in patterns]},
    )["UUID"]


def noting(tenant: Tenant, role: str, note: Path) -> str:
    code = (
        "def handler(event, context):\n"
        f"    with open({str(note)!r}, 'a') as note:\n"
        "        for record in event['Records']: print(record['body'], file=note)\n"
    )
    return tenant.function(code, role_arn=role)


@pytest.mark.fact(
    "§7 EventSourceMapping: filter_criteria; what does not pass is taken off the queue"
)
def test_only_messages_that_pass_reach_the_function(
    tenant: Tenant, role: str, tmp_path: Path
) -> None:
    queue, note = Queue(tenant), tmp_path / "note"
    large = json.dumps({"body": {"size": [{"numeric": [">=", 10]}]}})
    urgent = json.dumps({"body": {"tags": ["urgent"]}})
    bodies: list[Any] = [{"size": 9}, {"size": 10}, {"size": 1, "tags": ["urgent"]}, {"tags": []}]

    mapped(tenant, queue, noting(tenant, role, note), large, urgent)
    queue.send("no JSON", *map(json.dumps, bodies))
    poll(queue.is_empty, "all are done with")

    passed = [json.loads(line) for line in note.read_text().splitlines()]
    assert sorted(passed, key=str) == sorted(bodies[1:3], key=str)


def test_filters_are_told_changed_and_taken_away(tenant: Tenant, role: str, tmp_path: Path) -> None:
    queue, note, client = Queue(tenant), tmp_path / "note", tenant.client("lambda")
    uuid = mapped(tenant, queue, noting(tenant, role, note), '{"body": ["yes"]}')
    told = client.get_event_source_mapping(UUID=uuid)["FilterCriteria"]
    assert told == {"Filters": [{"Pattern": '{"body": ["yes"]}'}]}

    client.update_event_source_mapping(UUID=uuid, FilterCriteria={})

    def found() -> dict[str, Any]:
        return client.get_event_source_mapping(UUID=uuid)

    assert "FilterCriteria" not in found()
    poll(lambda: found()["State"] == "Enabled", "the change has come through")
    queue.send("no")
    poll(lambda: note.exists() and note.read_text() == "no\n", "the message came through")


def test_a_bad_pattern_and_too_many_are_refused(tenant: Tenant, role: str, tmp_path: Path) -> None:
    queue, function = Queue(tenant), noting(tenant, role, tmp_path / "note")

    code, message = refusal(lambda: mapped(tenant, queue, function, '{"body": "yes"}'))
    assert code == "InvalidParameterValueException"
    assert message.startswith("Invalid filter pattern definition.")
    assert refusal(lambda: mapped(tenant, queue, function, *["{}"] * 6)) == (
        "InvalidParameterValueException",
        "Filter criteria may have at most 5 filters.",
    )


@pytest.mark.fact("§6 Events: FIFO queues keep the order")
def test_a_queue_that_keeps_the_order_is_served_in_order(
    tenant: Tenant, role: str, tmp_path: Path
) -> None:
    note, sqs = tmp_path / "note", tenant.client("sqs")
    queue = Queue(tenant)
    name = f"{queue.name}.fifo"
    sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})
    ordered = Queue.known(tenant, name)
    for number in range(12):
        ordered.send(str(number), MessageGroupId="one", MessageDeduplicationId=str(number))

    tenant.client("lambda").create_event_source_mapping(
        EventSourceArn=ordered.arn, FunctionName=noting(tenant, role, note), BatchSize=5
    )
    poll(ordered.is_empty, "all are done")

    assert note.read_text().split() == [str(number) for number in range(12)]
