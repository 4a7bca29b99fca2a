"""What S3 tells queues, topics, functions and EventBridge about its objects.

moto decides when to tell whom. Here is what it leaves out: whether the queue, the topic or the function lets
this bucket speak to it, and what an event says of versions and order. Facts:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html, read in November 2026.
"""

import contextlib
import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus
from xml.etree import ElementTree as ET

from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.events.models import events_backends
from moto.s3 import notifications
from moto.s3.models import S3Backend
from moto.s3.notifications import S3NotificationEvent
from moto.sns.exceptions import TopicNotFound
from moto.sns.models import sns_backends
from moto.sqs.exceptions import QueueDoesNotExist
from moto.sqs.models import sqs_backends

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.faults.deliveries import deliver
from rehearsal.account.iam.authorization import Call
from rehearsal.account.iam.resource_policies import lets_service
from rehearsal.account.partitions import partition_of
from rehearsal.account.wire_errors import AwsError

_SERVICE = "s3.amazonaws.com"
_DESTINATIONS = {
    "Queue": "sqs:SendMessage",
    "Topic": "sns:Publish",
    "CloudFunction": "lambda:InvokeFunction",
}
# The operation that EventBridge is told as the reason.
_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectRemoved:Delete": "DeleteObject",
    "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
}
AcceptEvent = Callable[[str, Any], None]
"""`(function's ARN, event)`: takes an asynchronous invocation."""
_order = itertools.count(1)
_completing = threading.local()
_send = notifications.send_event
_complete = S3Backend.complete_multipart_upload


def refuse_unreachable_destinations(request: AwsRequest) -> None:
    """Refuse a notification to what does not let the bucket speak to it, as S3 does when it is set.

    Raises:
        AwsError: `InvalidArgument`, in S3's words.
    """
    if request.http.method != "PUT" or "notification" not in request.http.args:
        return
    bucket = request.http.path.strip("/")
    for element in ET.fromstring(request.body).iter():  # noqa: S314 - from our own client
        action = _DESTINATIONS.get(element.tag.rpartition("}")[2])
        arn = (element.text or "").strip()
        if action and arn.startswith("arn:") and not _may(bucket, request.region, action, arn):
            raise AwsError(
                "InvalidArgument",
                "Unable to validate the following destination configurations "
                f"({arn} does not let {_SERVICE} perform {action} for the bucket {bucket})",
            )


def speak_as_s3() -> None:
    """Replace moto's own events and deliveries to queues, for the whole process."""
    # moto has no public place for either.
    notifications._get_s3_event = _event  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    notifications._send_sqs_message = _send_to_queue  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    notifications.send_event = _send_event
    S3Backend.complete_multipart_upload = _complete_multipart_upload


def deliver_from_buckets(accept_event: AcceptEvent) -> None:
    """Replace moto's own deliveries to functions, topics and EventBridge, for the whole process."""

    def invoke(_account: str, event: dict[str, Any], arn: str, _region: str) -> None:
        bucket = event["Records"][0]["s3"]["bucket"]["name"] if "Records" in event else None
        # To functions S3 sends no test event.
        if bucket and _may(bucket, arn.split(":")[3], "lambda:InvokeFunction", arn):
            accept_event(arn, event)

    notifications._invoke_awslambda = invoke  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    notifications._send_sns_message = _publish  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    notifications._send_event_bridge_message = _tell_event_bridge  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _publish(_account: str, event: dict[str, Any], arn: str, region: str) -> None:
    bucket = event["Records"][0]["s3"]["bucket"]["name"] if "Records" in event else event["Bucket"]
    if _may(bucket, region, "sns:Publish", arn):
        with contextlib.suppress(TopicNotFound):
            sns_backends[ACCOUNT_ID][region].publish(
                json.dumps(event), arn=arn, subject="Amazon S3 Notification"
            )


def _tell_event_bridge(_account: str, bucket: Any, name: S3NotificationEvent, key: Any) -> None:
    kind = name.value.removeprefix("s3:")
    about = {
        "key": key.name,
        "size": key.size,
        "etag": key.etag.strip('"'),
        "sequencer": _sequencer(),
        **({"version-id": key.version_id} if bucket.is_versioned else {}),
    }
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Object Created" if kind.startswith("ObjectCreated") else "Object Deleted",
        "source": "aws.s3",
        "account": ACCOUNT_ID,
        "time": datetime.now(UTC).timestamp(),
        "region": bucket.region_name,
        "resources": [bucket.arn],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket.name},
            "object": about,
            "request-id": uuid.uuid4().hex[:16].upper(),
            "requester": ACCOUNT_ID,
            "source-ip-address": "127.0.0.1",
            "reason": _REASONS.get(kind, kind),
        },
    }
    if kind.startswith(("ObjectCreated", "ObjectRemoved")):
        for bus in events_backends[ACCOUNT_ID][bucket.region_name].event_buses.values():
            for rule in list(bus.rules.values()):
                rule.send_to_targets(event)  # pyright: ignore[reportArgumentType] - a typed dictionary of moto's


def _sequencer() -> str:
    """Return a number, in hexadecimal, that grows for one key; no two events share one."""
    return f"{time.time_ns():016X}{next(_order):06X}"


def _complete_multipart_upload(self: S3Backend, *args: Any, **kwargs: Any) -> Any:
    _completing.is_so = True
    try:
        return _complete(self, *args, **kwargs)
    finally:
        _completing.is_so = False


def _send_event(account: str, name: S3NotificationEvent, bucket: Any, key: Any) -> None:
    """Tell of an upload in parts once: moto puts the whole object on the way, and tells of that too."""
    is_whole = name is not S3NotificationEvent.OBJECT_CREATED_COMPLETE_MULTIPART_UPLOAD_EVENT
    if not (is_whole and getattr(_completing, "is_so", False)):
        _send(account, name, bucket, key)


def _may(bucket: str, region: str, action: str, arn: str) -> bool:
    context = {
        "aws:SourceArn": f"arn:{partition_of(region)}:s3:::{bucket}",
        "aws:SourceAccount": ACCOUNT_ID,
        "aws:SecureTransport": "true",
    }
    return lets_service(_SERVICE, Call(action, arn, context))


def _send_to_queue(_account: str, event: dict[str, Any], queue: str, region: str) -> None:
    bucket = event["Records"][0]["s3"]["bucket"]["name"] if "Records" in event else event["Bucket"]
    arn = f"arn:{partition_of(region)}:sqs:{region}:{ACCOUNT_ID}:{queue}"
    if not _may(bucket, region, "sqs:SendMessage", arn):
        return  # S3 drops what a queue no longer takes
    with contextlib.suppress(QueueDoesNotExist):
        backend, body = sqs_backends[ACCOUNT_ID][region], json.dumps(event)
        deliver(lambda: backend.send_message(queue, body), "s3", "notification", bucket)


def _event(name: str, bucket: Any, key: Any, configuration_id: str) -> dict[str, Any]:
    about = {
        "key": quote_plus(key.name, safe="/"),
        "size": key.size,
        "eTag": key.etag.strip('"'),
        "sequencer": _sequencer(),
    }
    if bucket.is_versioned:
        about["versionId"] = key.version_id
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region_name,
        "eventTime": iso_8601_datetime_with_milliseconds(),
        "eventName": name.removeprefix("s3:"),
        "userIdentity": {"principalId": f"AWS:{ACCOUNT_ID}"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": uuid.uuid4().hex[:16].upper()},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {
                "name": bucket.name,
                "ownerIdentity": {"principalId": ACCOUNT_ID},
                "arn": bucket.arn,
            },
            "object": about,
        },
    }
    return {"Records": [record]}
