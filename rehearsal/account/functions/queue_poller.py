"""Lambda's side of a queue: receive messages, hand them to a function in batches, delete what succeeded.

What a failed message waits for is its queue's visibility time-out, and after enough receives SQS moves it
to the dead letters; a poller does neither. Facts:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html, read in November 2026.
"""

import base64
import contextlib
import json
import threading
import time
import uuid
from collections.abc import Mapping as Members
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.account.clients import client
from rehearsal.account.faults import deliveries
from rehearsal.account.functions.event_patterns import lets_message_through, parsed_pattern
from rehearsal.account.functions.function_lookup import find_target
from rehearsal.account.functions.functions import MAX_SYNC_PAYLOAD_BYTES, Functions
from rehearsal.account.functions.runtime_api import Event
from rehearsal.account.iam.principals import RoleCredentials, assume_for_service
from rehearsal.account.wire_errors import AwsError

Message = dict[str, Any]
_MOST_PER_RECEIVE = 10  # SQS quota
_DEFAULT_BATCH_SIZE = 10
# Lambda begins with five and adds more while messages wait; one machine stops there.
_DEFAULT_CONCURRENCY = 5
_MOST_AT_ONCE = 16
_LONG_POLL_SECONDS = 1
_PAUSE_AFTER_REFUSAL_SECONDS = 0.2
_ENVELOPE_BYTES = 1024  # what Lambda puts around the body of one message, at most


@dataclass(frozen=True)
class Mapping:
    """One event source mapping as it was last configured."""

    uuid: str
    region: str
    queue_arn: str
    function_arn: str
    members: dict[str, Any]
    created_epoch_seconds: float = field(default_factory=time.time)

    @property
    def is_enabled(self) -> bool:
        """Whether it polls."""
        return bool(self.members.get("Enabled", True))

    @property
    def batch_size(self) -> int:
        """Most messages that one event holds."""
        return int(self.members.get("BatchSize", _DEFAULT_BATCH_SIZE))

    @property
    def window_seconds(self) -> int:
        """How long a batch may wait to be filled."""
        return int(self.members.get("MaximumBatchingWindowInSeconds", 0))

    @property
    def concurrency(self) -> int:
        """How many batches the function may have at the same time; one of a queue that keeps the order."""
        if self.queue_arn.endswith(".fifo"):
            return 1
        limits = self.members.get("ScalingConfig") or {}
        return min(int(limits.get("MaximumConcurrency", _DEFAULT_CONCURRENCY)), _MOST_AT_ONCE)

    @property
    def patterns(self) -> list[Members[str, Any]]:
        """What a message has to be like, one or another of these; all pass if there are none."""
        filters = (self.members.get("FilterCriteria") or {}).get("Filters") or []
        return [parsed_pattern(each.get("Pattern") or "{}") for each in filters]

    @property
    def takes_partial_failures(self) -> bool:
        """Whether the function's answer says which messages failed."""
        return "ReportBatchItemFailures" in self.members.get("FunctionResponseTypes", [])


class QueuePoller:
    """The threads that serve one mapping."""

    def __init__(
        self,
        mapping: Mapping,
        functions: Functions,
        url: str,
        replaces: "QueuePoller | None" = None,
    ) -> None:
        """Start polling, if the mapping is enabled; `replaces` has been told to stop."""
        self.mapping = mapping
        self._patterns = mapping.patterns
        self._delivery = ("sqs", "ReceiveMessage", mapping.queue_arn.rpartition(":")[2])
        self._replaces = replaces
        self._functions = functions
        self._url = url
        self._is_stopping = threading.Event()
        self._free = threading.Semaphore(mapping.concurrency)
        self._workers = ThreadPoolExecutor(mapping.concurrency, f"mapping-{mapping.uuid}")
        self._thread = threading.Thread(target=self._poll, daemon=True)
        if mapping.is_enabled:
            self._thread.start()

    @property
    def state(self) -> str:
        """Lambda's word for what it does; what it replaces may take messages a moment longer."""
        if self._is_replaced_receiving:
            return "Updating" if self.mapping.is_enabled else "Disabling"
        return "Enabled" if self.mapping.is_enabled else "Disabled"

    @property
    def is_receiving(self) -> bool:
        """Whether it may still take a message: one that it waits for when it is stopped is served."""
        return self._thread.is_alive() or self._is_replaced_receiving

    @property
    def _is_replaced_receiving(self) -> bool:
        return self._replaces is not None and self._replaces.is_receiving

    def stop(self) -> None:
        """Receive no more; what is received already is still served."""
        self._is_stopping.set()

    def _poll(self) -> None:
        queue: _QueueClient | None = None
        while not self._is_stopping.is_set():
            self._free.acquire()
            batch: list[Message] = []
            try:
                queue = queue or _QueueClient(self.mapping, self._url)
                batch = self._next_batch(queue)
            except (AwsError, ClientError, BotoCoreError):
                # No right, no queue or no function any more: Lambda goes on trying.
                queue = None
                self._is_stopping.wait(_PAUSE_AFTER_REFUSAL_SECONDS)
            if queue is not None and batch:
                self._workers.submit(self._serve, queue, batch)
            else:
                self._free.release()
        self._workers.shutdown(wait=False)

    def _next_batch(self, queue: "_QueueClient") -> list[Message]:
        """Wait for a first message, then for others as long as the window is open."""
        batch: list[Message] = []
        closes = float("inf")
        size = 0
        while not self._is_stopping.is_set() and len(batch) < self.mapping.batch_size:
            wanted = min(self.mapping.batch_size - len(batch), _MOST_PER_RECEIVE)
            found = self._let_through(queue, queue.receive(wanted))
            if found and not batch:
                closes = time.monotonic() + self.mapping.window_seconds
            batch += found
            size += sum(len(message["Body"].encode()) + _ENVELOPE_BYTES for message in found)
            is_full = size + _MOST_PER_RECEIVE * _ENVELOPE_BYTES > MAX_SYNC_PAYLOAD_BYTES
            if is_full or time.monotonic() >= closes:
                break
        return batch

    def _let_through(self, queue: "_QueueClient", messages: list[Message]) -> list[Message]:
        """Return the messages that pass the filters; the others are done with."""
        if not self._patterns:
            return messages
        passing = [
            message
            for message in messages
            if any(lets_message_through(each, message["Body"]) for each in self._patterns)
        ]
        queue.delete([message for message in messages if message not in passing])
        return passing

    def _serve(self, queue: "_QueueClient", batch: list[Message]) -> None:
        try:
            # What is refused stays where it is, as what fails does.
            with contextlib.suppress(AwsError, ClientError, BotoCoreError):
                batch = deliveries.in_some_order(batch, *self._delivery)
                for _ in range(1, deliveries.times(*self._delivery)):
                    self._succeeded(batch)
                queue.delete(self._succeeded(batch))
        finally:
            self._free.release()

    def _succeeded(self, batch: list[Message]) -> list[Message]:
        target = find_target(self.mapping.function_arn, None, self.mapping.region)
        event = {"Records": [_record(message, self.mapping) for message in batch]}
        payload = json.dumps(event).encode()
        ran = self._functions.run(target, Event(str(uuid.uuid4()), payload, target.arn))
        if ran.outcome.error:
            return []
        if not self.mapping.takes_partial_failures:
            return batch
        failed = failed_ids(ran.outcome.payload)
        known = {message["MessageId"] for message in batch}
        if failed is None or not failed <= known:
            return []
        return [message for message in batch if message["MessageId"] not in failed]


def failed_ids(answer: bytes) -> set[str] | None:
    """Return the ids that a function's answer reports as failed; None when all of the batch has failed."""
    try:
        response = json.loads(answer or b"null")
        items = (response or {}).get("batchItemFailures") or []
        ids = [item["itemIdentifier"] for item in items]
    except (ValueError, AttributeError, KeyError, TypeError):
        return None
    return set(ids) if all(isinstance(each, str) and each for each in ids) else None


class _QueueClient:
    """SQS as the function's role may use it."""

    def __init__(self, mapping: Mapping, url: str) -> None:
        _, _, _, region, account, name = mapping.queue_arn.split(":", 5)
        self._queue_url = f"{url}/{account}/{name}"
        self._sqs = client("sqs", url, region, _credentials(mapping))

    def receive(self, count: int) -> list[Message]:
        """Wait a moment for messages and return those that are there."""
        return self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=count,
            WaitTimeSeconds=_LONG_POLL_SECONDS,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])

    def delete(self, messages: list[Message]) -> None:
        """Take messages off the queue."""
        for first in range(0, len(messages), _MOST_PER_RECEIVE):
            entries = [
                {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
                for index, message in enumerate(messages[first : first + _MOST_PER_RECEIVE])
            ]
            self._sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)


def _credentials(mapping: Mapping) -> RoleCredentials:
    target = find_target(mapping.function_arn, None, mapping.region)
    return assume_for_service(target.function.role, "lambda.amazonaws.com", target.arn)


def _record(message: Message, mapping: Mapping) -> dict[str, Any]:
    attributes = message.get("MessageAttributes", {})
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {name: _attribute(value) for name, value in attributes.items()},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.queue_arn,
        "awsRegion": mapping.region,
    }


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    lowered = {f"{name[0].lower()}{name[1:]}": given for name, given in value.items()}
    if isinstance(lowered.get("binaryValue"), bytes):
        lowered["binaryValue"] = base64.b64encode(lowered["binaryValue"]).decode()
    return {**lowered, "stringListValues": [], "binaryListValues": []}
