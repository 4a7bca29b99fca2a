"""S3 tells queues about new objects, where the queue lets it; and puts that depend on what is there."""

import json
import threading
from typing import Any
from urllib.parse import unquote_plus

import pytest

from tests.rehearsal.queues import Queue
from tests.rehearsal.tenant import REGION, Tenant, allow, refusal, trust, unique


def notified(tenant: Tenant, bucket: str, queue: Queue, prefix: str = "inputs/") -> None:
    rule = {"Name": "prefix", "Value": prefix}
    tenant.client("s3").put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "QueueConfigurations": [
                {
                    "Id": "to-the-queue",
                    "QueueArn": queue.arn,
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": [rule]}},
                }
            ]
        },
    )


@pytest.fixture
def bucket(tenant: Tenant) -> str:
    return tenant.bucket()


@pytest.fixture
def queue(tenant: Tenant, bucket: str) -> Queue:
    """A queue that is told about the bucket's inputs, after its test event."""
    queue = Queue(tenant)
    queue.let("s3", f"arn:aws:s3:::{bucket}")
    notified(tenant, bucket, queue)
    assert json.loads(queue.wait_for_message()["Body"])["Event"] == "s3:TestEvent"
    return queue


def told(queue: Queue) -> dict[str, Any]:
    (record,) = json.loads(queue.wait_for_message()["Body"])["Records"]
    return record


@pytest.mark.parametrize("key", ["inputs/a.json", "inputs/with space+plus/ü/東京.jsonl"])
def test_a_new_object_under_the_prefix_is_told(
    tenant: Tenant, bucket: str, queue: Queue, key: str
) -> None:
    etag = tenant.client("s3").put_object(Bucket=bucket, Key=key, Body=b"12345")["ETag"]

    record = told(queue)

    assert (record["eventSource"], record["eventName"]) == ("aws:s3", "ObjectCreated:Put")
    assert record["awsRegion"] == REGION
    about = record["s3"]
    assert about["configurationId"] == "to-the-queue"
    assert about["bucket"]["name"] == bucket
    assert about["bucket"]["arn"] == f"arn:aws:s3:::{bucket}"
    assert unquote_plus(about["object"]["key"]) == key
    assert about["object"]["key"].startswith("inputs/")
    assert " " not in about["object"]["key"]
    assert (about["object"]["size"], about["object"]["eTag"]) == (5, etag.strip('"'))
    assert "versionId" not in about["object"]


def test_a_version_and_the_order_are_told(tenant: Tenant, bucket: str, queue: Queue) -> None:
    s3 = tenant.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    versions = [
        s3.put_object(Bucket=bucket, Key="inputs/a", Body=b"x")["VersionId"] for _ in range(2)
    ]

    objects = [told(queue)["s3"]["object"] for _ in range(2)]
    assert [each["versionId"] for each in objects] == versions
    assert objects[0]["sequencer"] < objects[1]["sequencer"]


def test_an_object_in_parts_is_told_once(tenant: Tenant, bucket: str, queue: Queue) -> None:
    s3, target = tenant.client("s3"), {"Bucket": bucket, "Key": "inputs/large"}
    upload = s3.create_multipart_upload(**target)["UploadId"]
    part = s3.upload_part(**target, UploadId=upload, PartNumber=1, Body=b"x" * 10)
    s3.complete_multipart_upload(
        **target,
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )

    record = told(queue)

    assert record["eventName"] == "ObjectCreated:CompleteMultipartUpload"
    assert record["s3"]["object"]["size"] == 10
    assert queue.is_empty()


def test_an_object_elsewhere_is_not_told(tenant: Tenant, bucket: str, queue: Queue) -> None:
    tenant.client("s3").put_object(Bucket=bucket, Key="results/a.jsonl", Body=b"x")
    tenant.client("s3").put_object(Bucket=bucket, Key="inputs/b", Body=b"x")

    assert told(queue)["s3"]["object"]["key"] == "inputs/b"
    assert queue.is_empty()


def test_a_queue_that_does_not_let_the_bucket_is_refused(tenant: Tenant, bucket: str) -> None:
    closed, of_another = Queue(tenant), Queue(tenant)
    of_another.let("s3", f"arn:aws:s3:::{unique('other')}")

    for queue in (closed, of_another):
        code, message = refusal(lambda queue=queue: notified(tenant, bucket, queue))

        assert code == "InvalidArgument"
        assert message.startswith(
            "Unable to validate the following destination configurations "
            f"({queue.arn} does not let s3.amazonaws.com perform sqs:SendMessage"
        )
        assert queue.is_empty()


def test_a_queue_that_closes_later_is_told_no_more(
    tenant: Tenant, bucket: str, queue: Queue
) -> None:
    queue.let("sns", "arn:aws:sns:us-east-1:123456789012:topic")

    tenant.client("s3").put_object(Bucket=bucket, Key="inputs/a", Body=b"x")

    assert queue.is_empty()


def test_of_many_puts_that_want_nothing_there_one_succeeds(tenant: Tenant, bucket: str) -> None:
    outcomes: list[str] = []

    def claim(body: bytes) -> None:
        s3 = tenant.client("s3")
        try:
            s3.put_object(Bucket=bucket, Key="claims/one", Body=body, IfNoneMatch="*")
            outcomes.append(body.decode())
        except s3.exceptions.ClientError as refused:
            outcomes.append(refused.response["Error"]["Code"])

    threads = [threading.Thread(target=claim, args=[b"%d" % number]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (winner,) = [outcome for outcome in outcomes if outcome.isdigit()]
    assert outcomes.count("PreconditionFailed") == 19
    stored = tenant.client("s3").get_object(Bucket=bucket, Key="claims/one")["Body"].read()
    assert stored.decode() == winner


def test_a_role_may_claim_and_list_only_where_it_is_allowed(tenant: Tenant, bucket: str) -> None:
    arn = f"arn:aws:s3:::{bucket}"
    role = tenant.role(
        trust("lambda"),
        allow("s3:PutObject", f"{arn}/claims/*"),
        allow("s3:ListBucket", arn, Condition={"StringLike": {"s3:prefix": "results/*"}}),
    )
    s3 = tenant.client_as(role, "s3")

    s3.put_object(Bucket=bucket, Key="claims/mine", Body=b"x", IfNoneMatch="*")
    again = refusal(lambda: s3.put_object(Bucket=bucket, Key="claims/mine", IfNoneMatch="*"))
    elsewhere = refusal(lambda: s3.put_object(Bucket=bucket, Key="records/x", IfNoneMatch="*"))
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="results/.parts/")
    all_listed = refusal(lambda: s3.list_objects_v2(Bucket=bucket))

    assert again[0] == "PreconditionFailed"
    assert elsewhere[0] == "AccessDenied"
    assert listed["KeyCount"] == 0
    assert all_listed[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("action", "operation", "arguments"),
    [
        ("SendMessage", "send_message", {"MessageBody": "x"}),
        ("SendMessage", "send_message_batch", {"Entries": [{"Id": "1", "MessageBody": "x"}]}),
        ("ReceiveMessage", "receive_message", {}),
        ("GetQueueAttributes", "get_queue_attributes", {"AttributeNames": ["QueueArn"]}),
        (
            "ChangeMessageVisibility",
            "change_message_visibility",
            {"ReceiptHandle": "none", "VisibilityTimeout": 1},
        ),
    ],
)
def test_a_role_may_do_to_a_queue_what_it_is_allowed(
    tenant: Tenant, action: str, operation: str, arguments: dict[str, Any]
) -> None:
    queue, other = Queue(tenant), Queue(tenant)
    role = tenant.role(trust("lambda"), allow(f"sqs:{action}", queue.arn))
    sqs = tenant.client_as(role, "sqs")

    def outcome(of: Queue) -> str:
        try:
            getattr(sqs, operation)(QueueUrl=of.url, **arguments)
        except sqs.exceptions.ClientError as refused:
            return refused.response["Error"]["Code"]
        return "done"

    assert outcome(queue) in {"done", "ReceiptHandleIsInvalid"}
    assert outcome(other) == "AccessDenied"
    _, message = refusal(lambda: sqs.purge_queue(QueueUrl=queue.url))
    assert f"is not authorized to perform: sqs:PurgeQueue on resource: {queue.arn}" in message
