"""An asynchronous endpoint falls asleep and is woken by a request, all with what a stranger sets up on AWS.

https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html
"""

from typing import Any

import pytest

from tests.rehearsal.scaling.waking import wake_up
from tests.rehearsal.tenant import (
    ECHO,
    EXECUTION,
    Tenant,
    allow,
    on_instances,
    poll,
    trust,
)

INSTANCES = "sagemaker:variant:DesiredInstanceCount"
NAMESPACE = "AWS/SageMaker"


class SleepingQueue:
    """An asynchronous endpoint with the policies and the alarm of AWS's documentation."""

    def __init__(self, tenant: Tenant, most: int = 3) -> None:
        self.tenant = tenant
        self.bucket = tenant.bucket()
        role = tenant.role(trust("sagemaker"), *EXECUTION, allow("s3:PutObject", "arn:aws:s3:::*"))
        self.endpoint = tenant.in_service(
            tenant.configured(
                on_instances(tenant.model(ECHO, role)),
                AsyncInferenceConfig={
                    "OutputConfig": {"S3OutputPath": f"s3://{self.bucket}/results/"}
                },
            )
        )
        scaling = tenant.client("application-autoscaling")
        self.resource = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{self.endpoint}/variant/AllTraffic",
            "ScalableDimension": INSTANCES,
        }
        scaling.register_scalable_target(**self.resource, MinCapacity=0, MaxCapacity=most)
        dimensions = [{"Name": "EndpointName", "Value": self.endpoint}]
        scaling.put_scaling_policy(
            **self.resource,
            PolicyName="backlog",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 5.0,
                "CustomizedMetricSpecification": {
                    "MetricName": "ApproximateBacklogSizePerInstance",
                    "Namespace": NAMESPACE,
                    "Dimensions": dimensions,
                    "Statistic": "Average",
                },
                "ScaleInCooldown": 300,
                "ScaleOutCooldown": 300,
            },
        )
        backlog = {
            "MetricName": "HasBacklogWithoutCapacity",
            "Dimensions": dimensions,
            "Statistic": "Average",
            "EvaluationPeriods": 2,
            "DatapointsToAlarm": 2,
            "TreatMissingData": "missing",
        }
        wake_up(tenant, self.resource, backlog, "Average", cooldown=300)

    def has(self, count: int) -> bool:
        described = self.tenant.client("sagemaker").describe_endpoint(EndpointName=self.endpoint)
        (variant,) = described["ProductionVariants"]
        return variant["DesiredInstanceCount"] == variant["CurrentInstanceCount"] == count

    def ask(self, text: str) -> str:
        answer = self.tenant.client("sagemaker-runtime").invoke_endpoint_async(
            EndpointName=self.endpoint, Body=text, ContentType="text/plain"
        )
        return answer["OutputLocation"].partition(f"s3://{self.bucket}/")[2]

    def answered(self, key: str) -> bytes | None:
        s3 = self.tenant.client("s3")
        if not s3.list_objects_v2(Bucket=self.bucket, Prefix=key)["KeyCount"]:
            return None
        return s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def activities(self) -> list[dict[str, Any]]:
        answer = self.tenant.client("application-autoscaling").describe_scaling_activities(
            ServiceNamespace="sagemaker", ResourceId=self.resource["ResourceId"]
        )
        return answer["ScalingActivities"]


@pytest.mark.fact("§9 async: target tracking on ApproximateBacklogSizePerInstance scales in to 0")
def test_an_endpoint_without_requests_is_wanted_to_sleep(tenant: Tenant) -> None:
    queue = SleepingQueue(tenant)

    poll(lambda: queue.has(0), "it sleeps")

    (slept,) = queue.activities()
    assert slept["Description"] == "Setting desired instance count to 0."
    assert "-AlarmLow-" in slept["Cause"]
    assert slept["StatusCode"] == "Successful"


@pytest.mark.fact(
    "§9 async: a step policy on HasBacklogWithoutCapacity (2 of 2 minutes) wakes it from zero"
)
def test_a_request_wakes_an_endpoint_that_sleeps_and_it_falls_asleep_again(tenant: Tenant) -> None:
    queue = SleepingQueue(tenant)
    poll(lambda: queue.has(0), "it sleeps")

    key = queue.ask("are you awake")

    assert poll(lambda: queue.answered(key), "the request is answered") == b"are you awake"
    poll(lambda: queue.has(0), "it sleeps again")
    again, *woken, slept = _since_it_slept_before(queue.activities())
    # A busy machine may answer late, and be given a second instance meanwhile.
    assert all("triggered policy wake-up" in each["Cause"] for each in woken)
    assert woken[-1]["Description"] == "Setting desired instance count to 1."
    assert all("to 0." in each["Description"] for each in (slept, again))


def _since_it_slept_before(activities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those from the last but one that the backlog's policy took, newest first."""
    slept = [i for i, each in enumerate(activities) if "triggered policy backlog" in each["Cause"]]
    return activities[: slept[1] + 1]
