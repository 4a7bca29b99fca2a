"""What happened to an alarm, as DescribeAlarmHistory tells it; moto has no such operation.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_AlarmHistoryItem.html. The wording of the summaries is
what AWS's are in published examples, which differ.
"""

import json
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import Alarm
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

_MOST_ITEMS = 100  # of one alarm; AWS keeps them for 30 days
_DEFAULT_RECORDS = 100
Members = dict[str, Any]


def note_in_history(alarm: Alarm, kind: str, summary: str, data: Members) -> None:
    """Keep one item; `kind` is `StateUpdate`, `Action` or `ConfigurationUpdate`."""
    alarm.history.append(
        {
            "AlarmName": alarm.name,
            "AlarmType": "MetricAlarm" if alarm.rule is None else "CompositeAlarm",
            "Timestamp": datetime.now(UTC),
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": json.dumps({"version": "1.0", **data}),
        }
    )
    del alarm.history[:-_MOST_ITEMS]


def went_off_since(alarm: Alarm, since: datetime) -> bool:
    """Whether an alarm changed to ALARM at that time or later."""
    return any(
        item["HistoryItemType"] == "StateUpdate"
        and item["Timestamp"] >= since
        and json.loads(item["HistoryData"])["newState"]["stateValue"] == "ALARM"
        for item in tuple(alarm.history)
    )


def describe_histories() -> None:
    """Give moto the operation, for the whole process."""

    def describe_alarm_history(self: CloudWatchResponse) -> ActionResult:
        asked: Members = self._get_params()  # pyright: ignore[reportPrivateUsage] - as every operation of moto's
        name = asked.get("AlarmName")
        items = [
            item
            for alarm in self.cloudwatch_backend.alarms.values()
            if name in {None, alarm.name}
            for item in alarm.history
            if _is_asked_for(item, asked)
        ]
        items.sort(
            key=lambda item: item["Timestamp"],
            reverse=asked.get("ScanBy") != "TimestampAscending",
        )
        most = int(asked.get("MaxRecords") or _DEFAULT_RECORDS)
        start = int(asked.get("NextToken") or 0)
        more = {"NextToken": str(start + most)} if start + most < len(items) else {}
        return ActionResult({"AlarmHistoryItems": items[start : start + most], **more})

    CloudWatchResponse.describe_alarm_history = describe_alarm_history  # pyright: ignore[reportAttributeAccessIssue] - moto looks operations up by name


def _is_asked_for(item: Members, asked: Members) -> bool:
    return (
        asked.get("HistoryItemType") in {None, item["HistoryItemType"]}
        and item["AlarmType"] in asked.get("AlarmTypes", [item["AlarmType"]])
        and _aware(asked.get("StartDate"), item) <= item["Timestamp"]
        and item["Timestamp"] <= _aware(asked.get("EndDate"), item)
    )


def _aware(at: datetime | None, item: Members) -> datetime:
    return item["Timestamp"] if at is None else at.replace(tzinfo=at.tzinfo or UTC)
