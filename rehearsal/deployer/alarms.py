"""CloudWatch alarms and dashboards."""

from typing import Any

from rehearsal.account import ACCOUNT_ID
from rehearsal.deployer.kind import (
    Created,
    Inputs,
    Kind,
    physical_name,
    put_again,
    tag_list,
    tags_by,
)
from rehearsal.deployer.requests import checked_request
from rehearsal.deployer.state import Deployed
from rehearsal.local_account import LocalAccount

_RENAMED = {"evaluateLowSampleCountPercentiles": "evaluateLowSampleCountPercentile"}
_OF_THE_METRIC = ("metricName", "namespace", "dimensions")


def _metric_alarm(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    alarm_name = physical_name(name, inputs)
    members = {
        _RENAMED.get(key, key): value
        for key, value in inputs.items()
        if key not in {"name", "tags", "metricQueries"}
    }
    if "dimensions" in members:
        members["dimensions"] = _dimensions(members["dimensions"])
    if queries := inputs.get("metricQueries"):
        members["metrics"] = [_query(query) for query in queries]
    request = checked_request("cloudwatch", "PutMetricAlarm", {**members, "alarmName": alarm_name})
    account.client("cloudwatch").put_metric_alarm(**request, Tags=tag_list(inputs))
    return Created(alarm_name, {"name": alarm_name, "arn": _arn(account, alarm_name)})


def _composite_alarm(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    alarm_name = inputs["alarmName"]
    members = {key: value for key, value in inputs.items() if key != "tags"}
    request = checked_request("cloudwatch", "PutCompositeAlarm", members)
    account.client("cloudwatch").put_composite_alarm(**request, Tags=tag_list(inputs))
    return Created(alarm_name, {"arn": _arn(account, alarm_name)})


def _dashboard(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    name = inputs["dashboardName"]
    request = checked_request("cloudwatch", "PutDashboard", inputs)
    account.client("cloudwatch").put_dashboard(**request)
    arn = f"arn:{account.partition}:cloudwatch::{ACCOUNT_ID}:dashboard/{name}"
    return Created(name, {"dashboardArn": arn})


def _delete_dashboard(account: LocalAccount, dashboard: Deployed) -> None:
    account.client("cloudwatch").delete_dashboards(DashboardNames=[dashboard.id])


def _arn(account: LocalAccount, alarm_name: str) -> str:
    return f"arn:{account.partition}:cloudwatch:{account.region}:{ACCOUNT_ID}:alarm:{alarm_name}"


def _query(query: dict[str, Any]) -> dict[str, Any]:
    """The provider's `metric` is flat; the API tells the metric from what is made of it."""
    known = {key: value for key, value in query.items() if key != "metric"}
    if not (flat := query.get("metric")):
        return known
    metric = {key: value for key, value in flat.items() if key in _OF_THE_METRIC}
    if "dimensions" in metric:
        metric["dimensions"] = _dimensions(metric["dimensions"])
    statistic = {key: value for key, value in flat.items() if key not in _OF_THE_METRIC}
    return {**known, "metricStat": {**statistic, "metric": metric}}


def _delete(account: LocalAccount, alarm: Deployed) -> None:
    account.client("cloudwatch").delete_alarms(AlarmNames=[alarm.id])


def _dimensions(by_name: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in sorted(by_name.items())]


KINDS = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": Kind(
        create=_metric_alarm,
        update=put_again(_metric_alarm, "name"),
        delete=_delete,
        tag=tags_by("cloudwatch", "ResourceARN"),
    ),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": Kind(
        create=_composite_alarm,
        update=put_again(_composite_alarm),
        delete=_delete,
        tag=tags_by("cloudwatch", "ResourceARN"),
    ),
    "aws:cloudwatch/dashboard:Dashboard": Kind(
        create=_dashboard, update=put_again(_dashboard), delete=_delete_dashboard
    ),
}
