"""What an alarm tells a topic or a function of its new state.

Members and spelling after messages that people have published, of 2022 to 2024; for functions,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html.
"""

import json
from functools import cache
from typing import Any

from botocore.loaders import Loader
from moto.cloudwatch.models import Alarm, MetricDataQuery

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.partitions import partition_of

Members = dict[str, Any]


def subject_of(alarm: Alarm) -> str:
    """`ALARM: "name" in US East (N. Virginia)`, cut to what a topic takes."""
    return f'{alarm.state_value}: "{alarm.name}" in {_region_in_words(alarm.region_name)}'[:100]


def message_of(alarm: Alarm, was: str) -> str:
    """Return the JSON that a topic gets."""
    return json.dumps(
        {
            "AlarmName": alarm.name,
            "AlarmDescription": alarm.description,
            "AWSAccountId": ACCOUNT_ID,
            "AlarmConfigurationUpdatedTimestamp": _time(alarm.configuration_updated_timestamp),
            "NewStateValue": alarm.state_value,
            "NewStateReason": alarm.state_reason,
            "StateChangeTime": _time(alarm.state_updated_timestamp),
            "Region": _region_in_words(alarm.region_name),
            "AlarmArn": alarm.alarm_arn,
            "OldStateValue": was,
            "OKActions": alarm.ok_actions,
            "AlarmActions": alarm.alarm_actions,
            "InsufficientDataActions": alarm.insufficient_data_actions,
            "Trigger": _trigger(alarm),
        }
    )


def event_of(alarm: Alarm, was: str) -> Members:
    """Return the event that a function gets."""
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm.alarm_arn,
        "accountId": ACCOUNT_ID,
        "time": _time(alarm.state_updated_timestamp),
        "region": alarm.region_name,
        "alarmData": {
            "alarmName": alarm.name,
            "state": {
                "value": alarm.state_value,
                "reason": alarm.state_reason,
                "reasonData": alarm.state_reason_data,
                "timestamp": _time(alarm.state_updated_timestamp),
            },
            "previousState": {"value": was},
            "configuration": {"description": alarm.description},
        },
    }


def _trigger(alarm: Alarm) -> Members:
    told: Members = {
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "missing",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }
    if alarm.metric_data_queries:
        return {**told, "Metrics": [_query(each) for each in alarm.metric_data_queries]}
    of_statistic = (
        {"StatisticType": "Statistic", "Statistic": alarm.statistic.upper()}
        if alarm.statistic
        else {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": alarm.extended_statistic}
    )
    return {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        **of_statistic,
        "Unit": alarm.unit,
        "Dimensions": _dimensions(alarm.dimensions),
        **told,
    }


def _query(query: MetricDataQuery) -> Members:
    told: Members = {"Id": query.id, "Label": query.label, "ReturnData": query.return_data}
    if not query.metric_stat:
        return {**told, "Expression": query.expression}
    metric = query.metric_stat.metric
    return {
        **told,
        "MetricStat": {
            "Metric": {
                "Dimensions": _dimensions(metric.dimensions),
                "MetricName": metric.metric_name,
                "Namespace": metric.namespace,
            },
            "Period": query.metric_stat.period,
            "Stat": query.metric_stat.stat,
        },
    }


def _dimensions(dimensions: list[Any]) -> list[Members]:
    return [{"value": each.value, "name": each.name} for each in dimensions]


def _time(at: Any) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


@cache
def _region_in_words(region: str) -> str:
    for partition in Loader().load_data("endpoints")["partitions"]:
        if partition["partition"] == partition_of(region) and region in partition["regions"]:
            return partition["regions"][region]["description"]
    return region
