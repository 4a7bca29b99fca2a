"""Target tracking: the two alarms that AWS makes for a policy, and the capacity that it aims at.

https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html (copy of 2026).
The alarms' names and texts are those seen in published answers of AWS; that the lower one's threshold is a tenth
below the target is seen there too and promised nowhere.
"""

import math
import uuid
from typing import Any

from moto.cloudwatch.models import (
    Dimension,
    Metric,
    MetricDataQuery,
    MetricStat,
    cloudwatch_backends,
)

from rehearsal.account import ACCOUNT_ID

Members = dict[str, Any]
_PERIOD_SECONDS = 60
_HIGH_PERIODS = 3
_LOW_PERIODS = 15
_LOW_SHARE = 0.9
_VARIANT = ("EndpointName", "VariantName")
_COMPONENT = ("InferenceComponentName",)
# Metric, statistic and dimensions; https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html names
# the metrics. Which statistic AWS takes of those that are not a sum is not told.
_PREDEFINED = {
    "SageMakerVariantInvocationsPerInstance": ("InvocationsPerInstance", "Sum", _VARIANT),
    "SageMakerVariantConcurrentRequestsPerModelHighResolution": (
        "ConcurrentRequestsPerModel",
        "Maximum",
        _VARIANT,
    ),
    "SageMakerVariantProvisionedConcurrencyUtilization": (
        "ServerlessProvisionedConcurrencyUtilization",
        "Maximum",
        _VARIANT,
    ),
    "SageMakerInferenceComponentInvocationsPerCopy": ("InvocationsPerCopy", "Sum", _COMPONENT),
    "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution": (
        "ConcurrentRequestsPerCopy",
        "Maximum",
        _COMPONENT,
    ),
}
NAMESPACE = "AWS/SageMaker"


def aimed_at(target: float, capacity: int, value: float, *, is_above: bool) -> int:
    """Return the capacity with which a metric of `value` would come to its target."""
    # A metric by the instance is one by the first of them where there is none yet.
    divided_by = max(1, capacity) if is_above else capacity
    return math.ceil(divided_by * value / target)


def summed_metric(policy: Members) -> tuple[str, dict[str, str]] | None:
    """Return name and dimensions of a predefined metric that counts requests; None for another."""
    kind = _predefined_type(policy)
    metric, statistic, _ = _PREDEFINED.get(kind or "", ("", "", ()))
    return (
        (metric, _dimensions(kind, policy["ResourceId"])) if statistic == "Sum" and kind else None
    )


def put_alarms(policy: Members, region: str) -> list[Members]:
    """Make the alarms of a policy, or put them anew; return them as the policy lists them."""
    named = {each["AlarmName"]: each for each in policy.get("Alarms", [])}
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    target, backend = float(tracking["TargetValue"]), cloudwatch_backends[ACCOUNT_ID][region]
    alarms: list[Members] = []
    for kind, comparison, periods, threshold in (
        ("AlarmHigh", "GreaterThanThreshold", _HIGH_PERIODS, target),
        ("AlarmLow", "LessThanThreshold", _LOW_PERIODS, target * _LOW_SHARE),
    ):
        name = next((name for name in named if f"-{kind}-" in name), None)
        alarm = backend.put_metric_alarm(
            name=name or f"TargetTracking-{policy['ResourceId']}-{kind}-{uuid.uuid4()}",
            description=(
                f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy['PolicyARN']}."
            ),
            comparison_operator=comparison,
            evaluation_periods=periods,
            threshold=threshold,
            alarm_actions=[policy["PolicyARN"]],
            **_watched(policy),
        )
        alarms.append({"AlarmName": alarm.name, "AlarmARN": alarm.alarm_arn})
    return alarms


def delete_alarms(policy: Members, region: str) -> None:
    """Take the alarms of a policy away."""
    names = [each["AlarmName"] for each in policy.get("Alarms", [])]
    cloudwatch_backends[ACCOUNT_ID][region].delete_alarms(names)


def _watched(policy: Members) -> Members:
    """What moto's alarm is to look at, in moto's names."""
    kind = _predefined_type(policy)
    if kind is not None:
        metric, statistic, _ = _PREDEFINED[kind]
        return _simple(
            NAMESPACE, metric, statistic, _named(_dimensions(kind, policy["ResourceId"]))
        )
    customized = policy["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]
    if queries := customized.get("Metrics"):
        several = [_query(each) for each in queries]
        of_one_metric = ("namespace", "metric_name", "statistic", "period")
        return {**dict.fromkeys(of_one_metric), "dimensions": [], "metric_data_queries": several}
    return {
        **_simple(
            customized["Namespace"],
            customized["MetricName"],
            customized["Statistic"],
            customized.get("Dimensions", []),
        ),
        "unit": customized.get("Unit"),
    }


def _predefined_type(policy: Members) -> str | None:
    tracking = policy.get("TargetTrackingScalingPolicyConfiguration", {})
    return tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")


def _dimensions(kind: str | None, resource_id: str) -> dict[str, str]:
    """`endpoint/E/variant/V` and `inference-component/C` hold the values in the dimensions' order."""
    names = _PREDEFINED[str(kind)][2]
    return dict(zip(names, resource_id.split("/")[1::2], strict=True))


def _named(dimensions: dict[str, str]) -> list[Members]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def _simple(namespace: str, name: str, statistic: str, dimensions: list[Members]) -> Members:
    return {
        "namespace": namespace,
        "metric_name": name,
        "statistic": statistic,
        "dimensions": dimensions,
        "period": _PERIOD_SECONDS,
    }


def _query(query: Members) -> MetricDataQuery:
    stat = query.get("MetricStat")
    return MetricDataQuery(
        query_id=query["Id"],
        label=query.get("Label", ""),
        period=None,  # pyright: ignore[reportArgumentType] - optional, whatever moto's type says
        return_data=query.get("ReturnData", True),
        expression=query.get("Expression"),
        metric_stat=stat
        and MetricStat(
            Metric(
                stat["Metric"]["MetricName"],
                stat["Metric"]["Namespace"],
                [Dimension(d["Name"], d["Value"]) for d in stat["Metric"].get("Dimensions", [])],
            ),
            str(_PERIOD_SECONDS),
            stat["Stat"],
            stat.get("Unit"),
        ),
    )
