"""Read the records of a deployed stack from its bucket: docs/records.md."""

import json
import math
import re
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from operations.asking import FIRST_FAILED_STATUS
from operations.deployment import Deployment
from operations.errors import NotFoundError, OperationError
from operations.failures import plainly
from operations.side_by_side import in_order

RECORDS_PREFIX = "records/"
READERS = 16
FOLLOW_SECONDS = 3.0
_QUEUED_RESULT = "results/queued/{}.jsonl"
_DAY = re.compile(r"dt=(\d{4}-\d\d-\d\d)/$")
_ID = re.compile(r"[\w.-]{4,200}", re.ASCII)
_NO_OBJECT = frozenset({"NoSuchKey", "404"})
_READ_AHEAD = 256
# S3 tells when an object was stored in whole seconds and by its own clock, a record by the function's.
_CLOCKS_APART = timedelta(seconds=60)
# A day's last records may be stored, and an asynchronous endpoint's completed, on the next.
_DAY_ENDS_LATE = timedelta(hours=1)


@dataclass(frozen=True)
class StoredRecord:
    """A record, and where it lies."""

    uri: str
    content: dict[str, Any] = field(repr=False)

    @property
    def request_id(self) -> str:
        """The request's id."""
        return str(self.content.get("request_id", ""))

    @property
    def created_at(self) -> datetime:
        """When the request arrived, in UTC."""
        return datetime.fromisoformat(self.content["created_at"]).astimezone(UTC)

    @property
    def is_failed(self) -> bool:
        """Whether the request was not answered as it should have been."""
        return self.content["status"] >= FIRST_FAILED_STATUS


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which records are wanted."""

    since: datetime | None = None
    """Not those of requests that arrived before."""
    until: datetime | None = None
    """Not those of requests that arrived then or later."""
    only_failed: bool = False
    limit: int | None = None

    def has(self, record: StoredRecord) -> bool:
        """Whether a record is wanted, whatever the limit."""
        return (
            (self.since is None or record.created_at >= self.since)
            and (self.until is None or record.created_at < self.until)
            and (record.is_failed or not self.only_failed)
        )

    def has_day(self, day: date) -> bool:
        """Whether a day's records may be wanted. A day is that of the requests' arrival, in UTC."""
        return (self.since is None or day >= self.since.date()) and (
            self.until is None or day <= self.until.date()
        )


class _Listed(NamedTuple):
    stored_at: datetime
    key: str
    etag: str


class Records:
    """The records of a stack. Objects that vanish while they are read are left out."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._bucket = deployment.bucket_name
        self._s3 = deployment.client("s3")
        self.unreadable: list[str] = []
        """The URIs of objects that were found among the records and are none."""

    def newest(self, selection: Selection) -> list[StoredRecord]:
        """Return the records that are wanted, the newest first; with a limit those that were stored last.

        Only the days that may hold some are listed, newest first, and no more is read than the limit asks for.

        Raises:
            OperationError: the bucket cannot be read.
        """
        found: list[StoredRecord] = []
        wanted = selection.limit or math.inf
        with plainly():
            for day in filter(selection.has_day, self._days()):
                found += self._of_day(day, selection, wanted - len(found))
                if len(found) >= wanted:
                    break
        found.sort(key=lambda record: record.created_at, reverse=True)
        return found[: selection.limit]

    def find(self, name: str) -> StoredRecord:
        """Return one record by its id, by the first characters of it, or by its URI.

        Raises:
            NotFoundError: there is no such record.
            OperationError: there are several, or it is no id.
        """
        with plainly():
            prefix = f"s3://{self._bucket}/"
            keys = [name.removeprefix(prefix)] if name.startswith(prefix) else self._keys_of(name)
            found = [record for key in keys if (record := self._read(key))]
        if not found:
            raise NotFoundError(
                f"{self._deployment.stack} has no record of {name}",
                "genai results lists them; they expire after genai:bucket.recordDays",
            )
        return found[0]

    def follow(
        self, selection: Selection, sleep: Callable[[float], object] = time.sleep
    ) -> Generator[list[StoredRecord]]:
        """Yield what is new, again and again, oldest first: nothing at first, then all that is stored from there on.

        A record that is completed later comes again.
        """
        known = {each[1:] for each in self._listed_lately()}
        yield []
        while True:
            sleep(FOLLOW_SECONDS)
            with plainly():
                new = [each for each in self._listed_lately() if each[1:] not in known]
                known.update(each[1:] for each in new)
                records = [r for r in self._read_each(new) if r and selection.has(r)]
            yield sorted(records, key=lambda record: record.created_at)

    def _listed_lately(self) -> list[_Listed]:
        now = datetime.now(UTC)
        days = {now.date(), (now - _DAY_ENDS_LATE).date()}
        return [each for day in sorted(days) for each in self._listed(day)]

    def _of_day(self, day: date, selection: Selection, wanted: float) -> list[StoredRecord]:
        """Return a day's records, those that were stored last first: as many as are wanted, or a few more."""
        found: list[StoredRecord] = []
        stored = sorted(self._listed(day), reverse=True)
        if selection.since is not None:
            # A record is stored after its request arrived.
            stored = [x for x in stored if x.stored_at >= selection.since - _CLOCKS_APART]
        at_once = int(min(wanted, _READ_AHEAD))
        last: datetime | None = None
        for start in range(0, len(stored), at_once):
            some = stored[start : start + at_once]
            # S3 knows seconds only: of those that were stored in the last one, any may be the newest.
            if len(found) >= wanted and some[0].stored_at != last:
                break
            found += [r for r in self._read_each(some) if r and selection.has(r)]
            last = some[-1].stored_at
        return found

    def _days(self) -> list[date]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=RECORDS_PREFIX, Delimiter="/"
        )
        folders = [found["Prefix"] for page in pages for found in page.get("CommonPrefixes", [])]
        return sorted((d for folder in folders if (d := _day_of(folder))), reverse=True)

    def _listed(self, day: date, start: str = "") -> list[_Listed]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=f"{RECORDS_PREFIX}dt={day}/{start}"
        )
        return [
            _Listed(item["LastModified"], item["Key"], item["ETag"])
            for page in pages
            for item in page.get("Contents", [])
        ]

    def _keys_of(self, request_id: str) -> list[str]:
        if not _ID.fullmatch(request_id):
            raise OperationError(
                f"{request_id!r} is no request's id",
                "give at least the first four characters of an id that genai results lists, or a record's URI",
            )
        found = in_order(lambda day: self._listed(day, request_id), self._days(), READERS)
        keys = [listed.key for day in found for listed in day]
        if len(keys) > 1:
            ids = ", ".join(key.rpartition("/")[2].removesuffix(".json") for key in keys[:5])
            raise OperationError(
                f"{len(keys)} records begin with {request_id}: {ids}", "give more of the id"
            )
        # What was asked for later has its answer for its record.
        return keys or [_QUEUED_RESULT.format(request_id)]

    def _read_each(self, listed: Iterable[_Listed]) -> Iterator[StoredRecord | None]:
        return in_order(lambda each: self._read(each.key), listed, READERS)

    def _read(self, key: str) -> StoredRecord | None:
        uri = f"s3://{self._bucket}/{key}"
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as failure:
            if failure.response.get("Error", {}).get("Code") in _NO_OBJECT:
                return None
            raise
        try:
            record = StoredRecord(uri, json.loads(body))
            _ = record.created_at, record.is_failed  # what is no record has none
        except (ValueError, KeyError, TypeError, AttributeError):
            self.unreadable.append(uri)
            return None
        return record


def _day_of(folder: str) -> date | None:
    found = _DAY.search(folder)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None
