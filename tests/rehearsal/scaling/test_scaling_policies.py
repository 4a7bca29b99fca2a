"""Policies that act on alarms, as a stranger sets them up with boto3."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.rehearsal.tenant import ECHO, Tenant, on_instances, poll, refusal, unique

INSTANCES = "sagemaker:variant:DesiredInstanceCount"
NAMESPACE = {"ServiceNamespace": "sagemaker"}
INVOCATIONS = {
    "PredefinedMetricSpecification": {
        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
    }
}


class Scaled:
    """A variant of its own, with what scales it."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.endpoint = tenant.in_service(tenant.configured(on_instances(tenant.model(ECHO))))
        self.client = tenant.client("application-autoscaling")
        self.cloudwatch = tenant.client("cloudwatch")
        self.resource = {
            "ResourceId": f"endpoint/{self.endpoint}/variant/AllTraffic",
            "ScalableDimension": INSTANCES,
            **NAMESPACE,
        }
        self.metric = unique("metric")

    def register(self, least: int, most: int, **more: Any) -> None:
        self.client.register_scalable_target(
            **self.resource, MinCapacity=least, MaxCapacity=most, **more
        )

    def track(self, **members: Any) -> dict[str, Any]:
        return self.client.put_scaling_policy(
            **self.resource,
            PolicyName="track",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={"TargetValue": 10.0, **members},
        )

    def customized(self) -> dict[str, Any]:
        metric = {"MetricName": self.metric, "Namespace": "tests", "Statistic": "Average"}
        return {"CustomizedMetricSpecification": metric}

    def step(self, adjustment: int = 1, **members: Any) -> str:
        step = {
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": adjustment}],
            **members,
        }
        answer = self.client.put_scaling_policy(
            **self.resource,
            PolicyName="step",
            PolicyType="StepScaling",
            StepScalingPolicyConfiguration=step,
        )
        return answer["PolicyARN"]

    def alarm(self, policy_arn: str) -> str:
        name = unique("alarm")
        self.cloudwatch.put_metric_alarm(
            AlarmName=name,
            MetricName=self.metric,
            Namespace="tests",
            Statistic="Average",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
            AlarmActions=[policy_arn],
        )
        return name

    def feed(self, value: float) -> None:
        data = [{"MetricName": self.metric, "Value": value}]
        self.cloudwatch.put_metric_data(Namespace="tests", MetricData=data)

    @property
    def count(self) -> int:
        described = self.tenant.client("sagemaker").describe_endpoint(EndpointName=self.endpoint)
        return described["ProductionVariants"][0]["DesiredInstanceCount"]

    def comes_to(self, count: int, meanwhile: Callable[[], Any] = lambda: None) -> None:
        def has() -> bool:
            meanwhile()
            return self.count == count

        poll(has, f"{count} instances")

    def causes(self) -> list[str]:
        answer = self.client.describe_scaling_activities(
            **NAMESPACE, ResourceId=self.resource["ResourceId"]
        )
        return [each["Cause"] for each in answer["ScalingActivities"]]

    def alarms(self, prefix: str = "") -> list[dict[str, Any]]:
        prefix = f"TargetTracking-{self.resource['ResourceId']}{prefix}"
        return self.cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]


@pytest.fixture
def scaled(tenant: Tenant) -> Scaled:
    return Scaled(tenant)


@pytest.mark.fact("§9 registering a target with bounds that its capacity is out of scales it")
def test_a_target_is_brought_into_its_bounds_as_it_is_registered(scaled: Scaled) -> None:
    scaled.register(3, 5)
    scaled.comes_to(3)
    scaled.register(1, 2)
    scaled.comes_to(2)

    assert scaled.causes() == ["maximum capacity was set to 2", "minimum capacity was set to 3"]


@pytest.mark.fact("§9 step policy and alarm with alarm_actions=[policy.arn]")
def test_an_alarm_lets_a_step_policy_add_an_instance(scaled: Scaled) -> None:
    scaled.register(1, 3)
    alarm = scaled.alarm(scaled.step())

    scaled.feed(1)

    scaled.comes_to(2)
    assert scaled.causes()[0] == f"monitor alarm {alarm} in state ALARM triggered policy step"


def test_an_alarm_that_somebody_sets_counts_as_one_at_its_threshold(scaled: Scaled) -> None:
    scaled.register(1, 3)
    alarm = scaled.alarm(scaled.step(adjustment=2))

    scaled.cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test")

    assert scaled.count == 3


@pytest.mark.fact("§9 an alarm asks a policy again each minute for as long as it stays")
def test_a_policy_acts_again_while_its_alarm_lasts(scaled: Scaled) -> None:
    scaled.register(1, 4)
    scaled.alarm(scaled.step(Cooldown=60))

    scaled.comes_to(4, meanwhile=lambda: scaled.feed(5))


def test_an_alarm_of_a_policy_that_is_gone_says_so(scaled: Scaled) -> None:
    scaled.register(1, 3)
    alarm = scaled.alarm(scaled.step())
    scaled.client.delete_scaling_policy(**scaled.resource, PolicyName="step")

    scaled.cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test")

    (item,) = scaled.cloudwatch.describe_alarm_history(AlarmName=alarm, HistoryItemType="Action")[
        "AlarmHistoryItems"
    ]
    assert item["HistorySummary"].startswith("Failed to execute action arn:aws:autoscaling:")
    assert " found." in item["HistoryData"]
    assert scaled.count == 1


@pytest.mark.fact("§9 target tracking makes two alarms: 3 minutes above the target, 15 below it")
def test_target_tracking_makes_its_alarms_and_takes_them_along(scaled: Scaled) -> None:
    scaled.register(1, 3)

    answered = scaled.track(**INVOCATIONS)["Alarms"]

    high, low = sorted(scaled.alarms(), key=lambda each: each["AlarmName"])
    assert [each["AlarmName"] for each in answered] == [high["AlarmName"], low["AlarmName"]]
    assert "-AlarmHigh-" in high["AlarmName"]
    assert "-AlarmLow-" in low["AlarmName"]
    assert (high["Threshold"], high["EvaluationPeriods"], high["ComparisonOperator"]) == (
        *(10, 3),
        "GreaterThanThreshold",
    )
    assert (low["Threshold"], low["EvaluationPeriods"], low["ComparisonOperator"]) == (
        *(9, 15),
        "LessThanThreshold",
    )
    assert (high["Namespace"], high["MetricName"], high["Statistic"], high["Period"]) == (
        *("AWS/SageMaker", "InvocationsPerInstance", "Sum", 60),
    )
    assert high["Dimensions"] == [
        {"Name": "EndpointName", "Value": scaled.endpoint},
        {"Name": "VariantName", "Value": "AllTraffic"},
    ]
    (policy,) = scaled.client.describe_scaling_policies(
        **NAMESPACE, ResourceId=scaled.resource["ResourceId"]
    )["ScalingPolicies"]
    assert policy["Alarms"] == answered
    assert scaled.track(**INVOCATIONS, ScaleInCooldown=1)["Alarms"] == answered

    scaled.client.delete_scaling_policy(**scaled.resource, PolicyName="track")
    assert scaled.alarms() == []
    scaled.track(**INVOCATIONS)
    scaled.client.deregister_scalable_target(**scaled.resource)
    assert scaled.alarms() == []


def test_an_endpoint_that_is_deleted_takes_its_alarms_along(scaled: Scaled) -> None:
    scaled.register(1, 3)
    scaled.track(**INVOCATIONS)

    scaled.tenant.client("sagemaker").delete_endpoint(EndpointName=scaled.endpoint)

    def is_gone() -> bool:
        listed = scaled.tenant.client("sagemaker").list_endpoints(NameContains=scaled.endpoint)
        return not listed["Endpoints"]

    poll(is_gone, "the endpoint is gone")
    assert scaled.alarms() == []


@pytest.mark.fact("§9 target tracking scales out to ceil(current * metric / target), and in again")
def test_target_tracking_follows_a_metric_of_ones_own(scaled: Scaled) -> None:
    scaled.register(1, 5)
    scaled.track(**scaled.customized(), ScaleOutCooldown=0, ScaleInCooldown=0)

    scaled.comes_to(3, meanwhile=lambda: scaled.feed(25))
    scaled.comes_to(1, meanwhile=lambda: scaled.feed(1))


def test_target_tracking_follows_math_on_metrics(scaled: Scaled) -> None:
    scaled.register(1, 5)
    metric = {"MetricName": scaled.metric, "Namespace": "tests"}
    queries = [
        {"Id": "m", "MetricStat": {"Metric": metric, "Stat": "Average"}, "ReturnData": False},
        {"Id": "e", "Expression": "m*2"},
    ]
    scaled.track(CustomizedMetricSpecification={"Metrics": queries})

    scaled.comes_to(4, meanwhile=lambda: scaled.feed(20))
    for alarm in scaled.alarms():
        assert [each["Id"] for each in alarm["Metrics"]][:2] == ["m", "e"]
        assert alarm.keys().isdisjoint({"Namespace", "MetricName", "Statistic", "Period"})


@pytest.mark.fact("§9 DisableScaleIn: the policy only adds")
def test_target_tracking_takes_nothing_away_if_it_may_not(scaled: Scaled) -> None:
    scaled.register(1, 5)
    scaled.track(**scaled.customized(), ScaleOutCooldown=0, ScaleInCooldown=0, DisableScaleIn=True)
    scaled.comes_to(2, meanwhile=lambda: scaled.feed(20))

    def is_low() -> bool:
        scaled.feed(1)
        return [each["StateValue"] for each in scaled.alarms("-AlarmLow")] == ["ALARM"]

    poll(is_low, "the lower alarm is on")

    assert scaled.count == 2


@pytest.mark.fact("§9 a variant without traffic publishes zeros, and scales in to its minimum")
def test_a_variant_that_nobody_asks_scales_in(scaled: Scaled) -> None:
    scaled.register(2, 3)
    scaled.comes_to(2)
    scaled.register(1, 3)
    scaled.track(**INVOCATIONS)

    scaled.comes_to(1)

    assert "-AlarmLow-" in scaled.causes()[0]


@pytest.mark.fact("§9 ScheduledAction sets the bounds when it is due")
def test_a_scheduled_action_sets_the_bounds(scaled: Scaled) -> None:
    scaled.register(1, 5)
    soon = datetime.now(UTC) + timedelta(seconds=1.2)

    scaled.client.put_scheduled_action(
        **scaled.resource,
        ScheduledActionName="soon",
        Schedule=f"at({soon.strftime('%Y-%m-%dT%H:%M:%S')})",
        ScalableTargetAction={"MinCapacity": 2, "MaxCapacity": 4},
    )

    scaled.comes_to(2)
    (target,) = scaled.client.describe_scalable_targets(
        **NAMESPACE, ResourceIds=[scaled.resource["ResourceId"]]
    )["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)


def test_a_suspended_schedule_changes_nothing_until_it_goes_on(scaled: Scaled) -> None:
    scaled.register(1, 5, SuspendedState={"ScheduledScalingSuspended": True})
    due = time.time() + 0.05
    scaled.client.put_scheduled_action(
        **scaled.resource,
        ScheduledActionName="soon",
        Schedule="rate(1 minute)",
        StartTime=due,
        ScalableTargetAction={"MinCapacity": 2},
    )
    poll(lambda: time.time() > due + 0.25, "the schedule was due")

    (target,) = scaled.client.describe_scalable_targets(
        **NAMESPACE, ResourceIds=[scaled.resource["ResourceId"]]
    )["ScalableTargets"]
    assert (scaled.count, target["MinCapacity"]) == (1, 1)
    assert target["SuspendedState"] == {
        "DynamicScalingInSuspended": False,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": True,
    }


@pytest.mark.fact("§9 ScheduledAction: a time that is past is refused")
def test_a_schedule_in_the_past_is_refused(scaled: Scaled) -> None:
    scaled.register(1, 5)

    code, message = refusal(
        lambda: scaled.client.put_scheduled_action(
            **scaled.resource,
            ScheduledActionName="late",
            Schedule="at(2020-01-01T00:00:00)",
            ScalableTargetAction={"MinCapacity": 2},
        )
    )

    assert code == "ValidationException"
    assert message == "The schedule at(2020-01-01T00:00:00) is never due: the time is in the past."
