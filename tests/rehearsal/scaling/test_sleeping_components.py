"""An inference component that nobody asks has no copies, and gets one when somebody asks in vain.

https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
"""

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.scaling.waking import wake_up
from tests.rehearsal.tenant import Tenant, poll

COPIES = "sagemaker:inference-component:DesiredCopyCount"


@pytest.mark.fact(
    "§9 real-time scale to zero: target tracking on copies, a step policy and an alarm on "
    "NoCapacityInvocationFailures >= 1 by InferenceComponentName"
)
def test_a_component_sleeps_and_wakes_up(tenant: Tenant) -> None:
    sagemaker, scaling = tenant.client("sagemaker"), tenant.client("application-autoscaling")
    endpoint = tenant.place_for_components()
    component = tenant.component(endpoint)

    def has(copies: int) -> bool:
        found = sagemaker.describe_inference_component(InferenceComponentName=component)
        is_settled = found["InferenceComponentStatus"] == "InService"
        return is_settled and found["RuntimeConfig"]["CurrentCopyCount"] == copies

    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"inference-component/{component}",
        "ScalableDimension": COPIES,
    }
    scaling.register_scalable_target(**target, MinCapacity=0, MaxCapacity=2)
    scaling.put_scaling_policy(
        **target,
        PolicyName="load",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 5.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerInferenceComponentInvocationsPerCopy"
            },
        },
    )
    failures = {
        "MetricName": "NoCapacityInvocationFailures",
        "Dimensions": [{"Name": "InferenceComponentName", "Value": component}],
        "Statistic": "Sum",
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "TreatMissingData": "notBreaching",
    }
    wake_up(tenant, target, failures, "Maximum", cooldown=60)
    poll(lambda: has(0), "it sleeps")

    def answer() -> object:
        try:
            return tenant.ask(endpoint, "awake", InferenceComponentName=component)
        except ClientError:
            return None

    assert answer() is None
    assert poll(answer, "it answers") == "awake"
    causes = [
        each["Cause"]
        for each in scaling.describe_scaling_activities(
            ServiceNamespace="sagemaker", ResourceId=target["ResourceId"]
        )["ScalingActivities"]
    ]
    assert "triggered policy load" in causes[-1]
    assert any("triggered policy wake-up" in cause for cause in causes)
