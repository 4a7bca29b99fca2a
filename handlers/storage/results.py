"""Answers that came later: found by the id that was given for them, and joined into the record."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import cast

from handlers.answer import Answer, Pending, answer_of
from handlers.contracts.contract import Contract
from handlers.endpoint.async_endpoint import result_name
from handlers.endpoint.failures import words_of_container
from handlers.endpoint.modes import ASYNC
from handlers.environment import Environment
from handlers.errors import HandlerError, ModelFailedError, NotFoundError, only_handler_errors
from handlers.invocation import Invocation
from handlers.json_values import is_object, printable
from handlers.storage.bucket import Bucket, BucketError
from handlers.storage.keeping import keeper_for
from handlers.storage.later import payload_key, queued_key, queued_result_key
from handlers.storage.records import (
    ModelEntry,
    Record,
    error_entry,
    json_bytes,
    record_key,
    reply_entry,
)

_INPUT_LOCATION = re.compile(r"s3://.*/async/inputs/(?P<id>[^/]+)\.json")
# What request ids are made of. No slash: an id can only lead to a file of its own.
_RESULT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Results:
    """The answers that came later, in one deployment's bucket."""

    def __init__(self, environment: Environment, contract: Contract, bucket: Bucket) -> None:
        self._environment = environment
        self._contract = contract
        self._bucket = bucket
        self._keeper = keeper_for(environment, bucket)

    def find(self, result_id: str, invocation: Invocation) -> Answer | Pending:
        """What became of a request that was accepted for later.

        Raises NotFoundError for an id that nobody was given, and the HandlerError that the request
        ended with.
        """
        with only_handler_errors():
            if _RESULT_ID.fullmatch(result_id) is None:
                raise _unknown(result_id)
            try:
                if self._environment.mode is ASYNC:
                    return self._find_async(result_id, invocation)
                return self._find_queued(result_id, invocation)
            except BucketError as error:
                raise error.condition from error

    def complete(self, notice: Mapping[str, object], invocation: Invocation) -> str | None:
        """Join SageMaker's notice that an asynchronous request is done into the request's record.

        Returns the record's S3 URI, or None when there is no such record.
        Raises the HandlerError that says what S3 did.
        """
        result_id = _request_id(notice)
        if self._environment.records == "off" or result_id is None:
            return None
        with only_handler_errors():
            try:
                return self._complete(result_id, notice, invocation)
            except BucketError as error:
                raise error.condition from error

    def _find_queued(self, result_id: str, invocation: Invocation) -> Answer | Pending:
        key = queued_result_key(result_id)
        content = self._get(key, invocation)
        if content is None:
            return self._pending(result_id, queued_key(result_id), invocation)
        record = cast("Record", json.loads(content))
        return answer_of(record, self._bucket.uri(key), warnings=[])

    def _find_async(self, result_id: str, invocation: Invocation) -> Answer | Pending:
        content = self._async_content(result_id, invocation)
        if content is None:
            return self._pending(result_id, payload_key(result_id), invocation)
        return Answer(
            outcome=self._contract.read_reply(content),
            model=self._model(),
            model_milliseconds=0,
            attempts=1,
            record_uri=None,
            warnings=[],
        )

    def _async_content(self, result_id: str, invocation: Invocation) -> bytes | None:
        """What the container answered, or None when it has not yet.

        Raises ModelFailedError with what SageMaker wrote instead.
        """
        name = result_name(result_id)
        content = self._get(f"async/results/{name}", invocation)
        if content is not None:
            return content
        # What SageMaker adds to the name of a failure is not written down anywhere.
        stem = name.removesuffix(".out")
        failures = self._bucket.list_keys(f"async/failures/{stem}", self._seconds(invocation))
        if not failures:
            return None
        said = (self._get(failures[0], invocation) or b"").decode(errors="replace")
        error = ModelFailedError(
            f"The endpoint could not answer the request: {words_of_container(said)}"
        )
        error.retryable = False  # asking for the result again changes nothing
        raise error

    def _pending(self, result_id: str, waits_at: str, invocation: Invocation) -> Pending:
        if self._bucket.exists(waits_at, self._seconds(invocation)):
            return Pending(result_id)
        raise _unknown(result_id)

    def _complete(
        self, result_id: str, notice: Mapping[str, object], invocation: Invocation
    ) -> str | None:
        found = self._record(result_id, notice, invocation)
        if found is None:
            return None
        key, record = found
        try:
            outcome = self._contract.read_reply(
                self._noticed_content(result_id, notice, invocation)
            )
        except HandlerError as error:
            joined: Record = {**record, "status": error.status, "error": error_entry(error)}
        else:
            joined = {**record, "status": HTTPStatus.OK.value, "reply": reply_entry(outcome)}
        milliseconds = _milliseconds(notice)
        if milliseconds is not None:
            joined["latency_ms"] = {**record["latency_ms"], "model": milliseconds}
        # The rest of the record was made fit to be kept when it was stored.
        kept = self._keeper.kept(joined, invocation.deadline).record
        kept = {**joined, "reply": kept["reply"], "error": kept["error"]}
        return self._bucket.put(key, json_bytes(kept), self._seconds(invocation))

    def _noticed_content(
        self, result_id: str, notice: Mapping[str, object], invocation: Invocation
    ) -> bytes:
        content = self._async_content(result_id, invocation)
        if content is None:
            reason = printable(str(notice.get("failureReason", "the notice gives no reason")))
            raise ModelFailedError(f"The endpoint could not answer the request: {reason}")
        return content

    def _record(
        self, result_id: str, notice: Mapping[str, object], invocation: Invocation
    ) -> tuple[str, Record] | None:
        """The record of the request, with its key, which has the day in it."""
        received = _moment(notice.get("receivedTime")) or invocation.created_at
        for day in (received, received - timedelta(days=1)):
            key = record_key(day, result_id)
            content = self._get(key, invocation)
            if content is not None:
                return key, cast("Record", json.loads(content))
        return None

    def _model(self) -> ModelEntry:
        return {
            "endpoint": self._environment.endpoint_name,
            "variant": None,
            "uri": self._environment.model_uri,
        }

    def _get(self, key: str, invocation: Invocation) -> bytes | None:
        return self._bucket.get(key, self._seconds(invocation))

    @staticmethod
    def _seconds(invocation: Invocation) -> float:
        return invocation.deadline.record_seconds_left()


def _unknown(result_id: str) -> NotFoundError:
    return NotFoundError(
        f"No request is known under the id {printable(result_id, 64)!r}. Send the id that the reply gave"
        " when the request was accepted; results are kept for a limited time."
    )


def _request_id(notice: Mapping[str, object]) -> str | None:
    """The request that a notice is about. Its inferenceId may be a name that the caller chose."""
    asked = notice.get("requestParameters")
    location = asked.get("inputLocation") if is_object(asked) else None
    found = _INPUT_LOCATION.fullmatch(location) if isinstance(location, str) else None
    result_id = found["id"] if found else notice.get("inferenceId")
    if not isinstance(result_id, str) or _RESULT_ID.fullmatch(result_id) is None:
        return None
    return result_id


def _moment(value: object) -> datetime | None:
    """A time as SageMaker writes it, in UTC."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment and moment.astimezone(UTC)


def _milliseconds(notice: Mapping[str, object]) -> int | None:
    """From SageMaker's taking the request to the notice that it is done."""
    received, done = _moment(notice.get("receivedTime")), _moment(notice.get("eventTime"))
    if received is None or done is None:
        return None
    return round((done - received).total_seconds() * 1000)
