"""Functions that Lambda does not take."""

import io
import json
import zipfile
from typing import Any

import pytest

from rehearsal.account.functions import function_rules
from rehearsal.account.functions.function_rules import refuse_bad_archive
from rehearsal.account.wire_errors import AwsError
from tests.rehearsal.queues import Queue
from tests.rehearsal.tenant import Tenant, refusal

ECHO = "def handler(event, context): return event\n"


@pytest.mark.fact(
    "§6 Limits: timeout <= 900 s; memory 128-10,240 MB; names and handlers have a length"
)
@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Timeout": 901}, "Value '901' at 'timeout' failed to satisfy constraint"),
        ({"MemorySize": 10_241}, "Value '10241' at 'memorySize' failed to satisfy constraint"),
        ({"Handler": "x" * 129}, "length less than or equal to 128"),
        ({"Runtime": "cobol85"}, "Member must satisfy enum value set"),
        ({"Description": "x" * 257}, "length less than or equal to 256"),
        ({"Architectures": ["m68k"]}, "Member must satisfy enum value set"),
    ],
)
def test_what_is_out_of_bounds_is_refused(
    tenant: Tenant, members: dict[str, Any], message: str
) -> None:
    code, said = refusal(lambda: tenant.function(ECHO, **members))

    assert code == "ValidationException"
    assert message in said


@pytest.mark.fact("§6 Limits: env vars 4 KB in total")
def test_too_large_an_environment_is_refused(tenant: Tenant) -> None:
    code, message = refusal(
        lambda: tenant.function(ECHO, Environment={"Variables": {"MINE": "x" * 4093}})
    )

    assert code == "InvalidParameterValueException"
    assert message.endswith("exceeded the 4KB limit.")
    assert (
        tenant.call(tenant.function(ECHO, Environment={"Variables": {"MINE": "x" * 4092}}), 1)[
            "Payload"
        ]
        == 1
    )


@pytest.mark.fact("§6 Limits: 250 MB unzipped incl. layers")
def test_an_archive_that_is_too_large_unpacked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function_rules, "MAX_UNZIPPED_BYTES", 100)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", b"x" * 101)

    with pytest.raises(AwsError, match="Unzipped size must be smaller than 100 bytes"):
        refuse_bad_archive(packed.getvalue())


def test_dead_letters_go_to_queues_and_topics_only(tenant: Tenant) -> None:
    target = "arn:aws:lambda:us-east-1:123456789012:function:other"

    code, message = refusal(lambda: tenant.function(ECHO, DeadLetterConfig={"TargetArn": target}))

    assert code == "InvalidParameterValueException"
    assert message == f"The target {target} is neither a queue of SQS nor a topic of SNS"


def test_a_change_of_what_was_changed_meanwhile_is_refused(tenant: Tenant) -> None:
    function, client = tenant.function(ECHO), tenant.client("lambda")
    before = client.get_function_configuration(FunctionName=function)["RevisionId"]
    client.update_function_configuration(FunctionName=function, Timeout=9)

    code, _ = refusal(
        lambda: client.update_function_configuration(
            FunctionName=function, Timeout=8, RevisionId=before
        )
    )

    assert code == "PreconditionFailedException"
    assert client.get_function_configuration(FunctionName=function)["Timeout"] == 9


@pytest.mark.fact("§6 Events: a queue may say whose dead letters it takes")
@pytest.mark.parametrize("permission", ["denyAll", "byQueue"])
def test_a_queue_takes_dead_letters_only_of_whom_it_allows(tenant: Tenant, permission: str) -> None:
    letters, source, sqs = Queue(tenant), Queue(tenant), tenant.client("sqs")
    policy: dict[str, Any] = {"redrivePermission": permission}
    if permission == "byQueue":
        policy["sourceQueueArns"] = [f"{source.arn}-other"]
    allow(tenant, letters, policy)
    redrive = json.dumps({"deadLetterTargetArn": letters.arn, "maxReceiveCount": 1})
    attributes = {"RedrivePolicy": redrive}

    code, message = refusal(
        lambda: sqs.set_queue_attributes(QueueUrl=source.url, Attributes=attributes)
    )

    assert code.endswith("InvalidParameterValue")
    assert f"{letters.arn} does not allow {source.arn} as a source" in message
    allow(tenant, letters, {"redrivePermission": "byQueue", "sourceQueueArns": [source.arn]})
    sqs.set_queue_attributes(QueueUrl=source.url, Attributes=attributes)
    found = sqs.get_queue_attributes(QueueUrl=source.url, AttributeNames=["RedrivePolicy"])
    assert json.loads(found["Attributes"]["RedrivePolicy"])["deadLetterTargetArn"] == letters.arn


def allow(tenant: Tenant, letters: Queue, policy: dict[str, Any]) -> None:
    tenant.client("sqs").set_queue_attributes(
        QueueUrl=letters.url, Attributes={"RedriveAllowPolicy": json.dumps(policy)}
    )
