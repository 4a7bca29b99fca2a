"""Asynchronous invocations: accepted at once, tried again when they fail, and their end told.

Lambda waits a minute before the first retry and two before the second; here these are shorter, and count
towards the event's age as what they stand for. Facts:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html and
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html, read in November 2026.
"""

import contextlib
import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.account.faults import deliveries
from rehearsal.account.functions.event_invoke_configs import EventInvokeConfigs
from rehearsal.account.functions.function_lookup import Target, find_target
from rehearsal.account.functions.function_metrics import count_event
from rehearsal.account.functions.function_settings import dead_letter_arn
from rehearsal.account.functions.functions import Functions
from rehearsal.account.functions.runtime_api import Event
from rehearsal.account.functions.sandbox import Ran
from rehearsal.account.functions.senders import send
from rehearsal.account.pace import shortened
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
_WAITS_BEFORE_RETRIES_SECONDS = (60, 120)
_FIRST_WAIT_WHEN_THROTTLED_SECONDS, _LONGEST_WAIT_WHEN_THROTTLED_SECONDS = 1, 300
_AT_ONCE = 16
_MAX_ERROR_MESSAGE_BYTES = 1024  # what a dead letter says of the error


@dataclass
class _Event:
    """One accepted event on its way."""

    target: Target
    payload: bytes
    request_id: str
    runs: int = 0
    waited_seconds: float = 0.0
    """As Lambda would have waited."""
    accepted: float = field(default_factory=time.monotonic)

    @property
    def age_seconds(self) -> float:
        """How old it would be on AWS."""
        return time.monotonic() - self.accepted + self.waited_seconds


class EventInvocations:
    """The queue of events in front of all functions."""

    def __init__(self, functions: Functions, configs: EventInvokeConfigs, url: str) -> None:
        self._functions = functions
        self._configs = configs
        self._url = url
        self._is_stopping = threading.Event()
        self._workers = ThreadPoolExecutor(_AT_ONCE, "events")

    def accept(self, target: Target, payload: bytes, request_id: str) -> None:
        """Take one event; it is run later, by somebody else."""
        for _ in range(deliveries.times("lambda", "Invoke", target.name)):
            self._workers.submit(self._see_through, _Event(target, payload, request_id))

    def accept_from_service(self, function_arn: str, event: Any) -> None:
        """Take an event that a service sends to a function; none if there is no such function."""
        region = function_arn.split(":")[3]
        with contextlib.suppress(AwsError):
            target = find_target(function_arn, None, region)
            self.accept(target, json.dumps(event).encode(), str(uuid.uuid4()))

    def stop(self) -> None:
        """Forget what still waits."""
        self._is_stopping.set()
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _see_through(self, event: _Event) -> None:
        config = self._configs.of(event.target)
        pause = _FIRST_WAIT_WHEN_THROTTLED_SECONDS
        last: Ran | None = None
        while not self._is_stopping.is_set():
            if event.age_seconds > config.max_age_seconds:
                self._give_up(config.on_failure_arn, event, "EventAgeExceeded", last)
                return
            try:
                last = self._functions.run(
                    event.target, Event(event.request_id, event.payload, event.target.arn)
                )
            except AwsError:
                # Throttled, or not to be started: tried again as long as it is young enough.
                self._wait(event, pause)
                pause = min(pause * 2, _LONGEST_WAIT_WHEN_THROTTLED_SECONDS)
                continue
            event.runs += 1
            if not last.outcome.error:
                self._tell(config.on_success_arn, event, "Success", last)
                return
            if event.runs > config.retries:
                self._give_up(config.on_failure_arn, event, "RetriesExhausted", last)
                return
            self._wait(event, _WAITS_BEFORE_RETRIES_SECONDS[event.runs - 1])

    def _wait(self, event: _Event, seconds: float) -> None:
        self._is_stopping.wait(shortened(seconds))
        event.waited_seconds += seconds

    def _give_up(
        self, destination: str | None, event: _Event, condition: str, last: Ran | None
    ) -> None:
        count_event(event.target, "AsyncEventsDropped")
        self._tell(destination, event, condition, last)
        if target := dead_letter_arn(event.target.function):
            try:
                send(target, event.payload.decode(), event.target, self._url, _about(event, last))
            except (AwsError, ClientError, BotoCoreError):
                count_event(event.target, "DeadLetterErrors")

    def _tell(
        self, destination: str | None, event: _Event, condition: str, last: Ran | None
    ) -> None:
        if destination is None:
            return
        record = json.dumps(_record(event, condition, last))
        try:
            send(destination, record, event.target, self._url)
        except (AwsError, ClientError, BotoCoreError):
            # The record is lost; Lambda says so in a metric only.
            count_event(event.target, "DestinationDeliveryFailures")


def _about(event: _Event, last: Ran | None) -> dict[str, tuple[str, str]]:
    """Return the attributes of a dead letter, which is the event itself."""
    code, message = "429", "Rate Exceeded."
    if last is not None:
        code = "200"
        try:
            message = str(json.loads(last.outcome.payload)["errorMessage"])
        except (ValueError, KeyError, TypeError):
            message = "Unknown"
    return {
        "RequestID": ("String", event.request_id),
        "ErrorCode": ("Number", code),
        "ErrorMessage": (
            "String",
            message.encode()[:_MAX_ERROR_MESSAGE_BYTES].decode(errors="ignore") or "Unknown",
        ),
    }


def _record(event: _Event, condition: str, last: Ran | None) -> Members:
    record: Members = {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": event.target.qualified_arn,
            "condition": condition,
            "approximateInvokeCount": event.runs,
        },
        "requestPayload": json.loads(event.payload or b"{}"),
    }
    if last is not None:
        answer = {"statusCode": 200, "executedVersion": str(event.target.function.version)}
        error = {"functionError": last.outcome.error} if last.outcome.error else {}
        record["responseContext"] = {**answer, **error}
        record["responsePayload"] = json.loads(last.outcome.payload or b"null")
    return record
